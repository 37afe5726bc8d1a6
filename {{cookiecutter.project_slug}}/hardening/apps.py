from django.apps import AppConfig
from django.contrib.admin import apps as admin
from django.core.checks import Tags, register


class HardeningConfig(AppConfig):
    """The core that every app builds on."""

    name = "hardening"
    default = True

    def ready(self) -> None:
        # The views have to be importable by then.
        from hardening import events  # noqa: PLC0415  # loads DRF's settings
        from hardening.checks.filtersets import check_filtersets  # noqa: PLC0415  # needs the models
        from hardening.checks.indexes import check_indexes  # noqa: PLC0415  # needs the models
        from hardening.checks.patterns import check_patterns  # noqa: PLC0415  # needs the models
        from hardening.checks.serializers import check_serializers  # noqa: PLC0415  # needs the models
        from hardening.checks.settings import check_deployment, check_settings  # noqa: PLC0415  # loads DRF's settings
        from hardening.checks.views import check_deployed_views, check_views  # noqa: PLC0415  # needs the models

        events.listen()
        register(check_serializers, Tags.urls)
        register(check_views, Tags.urls)
        register(check_indexes, Tags.urls)
        register(check_patterns, Tags.urls)
        register(check_filtersets, Tags.urls)
        register(check_settings, Tags.security)
        register(check_deployment, Tags.security, deploy=True)
        register(check_deployed_views, Tags.security, deploy=True)


class AdminConfig(admin.AdminConfig):
    """Django's admin with its log-in behind the throttles of ours."""

    default = False
    default_site = "hardening.admin.AdminSite"
