from django.apps import AppConfig


class HardeningConfig(AppConfig):
    """The core that every app builds on."""

    name = "hardening"
