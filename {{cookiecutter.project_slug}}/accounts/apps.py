from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Users, authentication and profiles."""

    name = "accounts"
