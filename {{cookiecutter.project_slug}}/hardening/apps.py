from django.apps import AppConfig
from django.core.checks import Tags, register


class HardeningConfig(AppConfig):
    """The core that every app builds on."""

    name = "hardening"

    def ready(self) -> None:
        # The views have to be importable by then.
        from hardening.checks.serializers import check_serializers  # noqa: PLC0415  # needs the models
        from hardening.checks.settings import check_deployment, check_rates  # noqa: PLC0415  # loads DRF's settings
        from hardening.checks.views import check_deployed_views, check_views  # noqa: PLC0415  # needs the models

        for check in (check_serializers, check_views):
            register(check, Tags.urls)
        register(check_rates, Tags.security)
        for check in (check_deployment, check_deployed_views):
            register(check, Tags.security, deploy=True)
