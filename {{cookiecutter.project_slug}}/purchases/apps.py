from django.apps import AppConfig


class PurchasesConfig(AppConfig):
    """The example: copy it, rename it, delete it."""

    name = "purchases"
