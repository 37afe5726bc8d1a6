from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Users, how they sign in, and the profiles they show."""

    name = "accounts"
