from django.apps import AppConfig


class PurchasesConfig(AppConfig):
    """The example app: copy it, rename it, or delete it."""

    name = "purchases"
