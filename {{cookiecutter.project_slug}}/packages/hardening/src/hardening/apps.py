from django.apps import AppConfig
from django.contrib.admin import apps as admin
from django.contrib.auth.signals import user_logged_in
from django.core.checks import Tags, register


class HardeningConfig(AppConfig):
    """Connect the signals, and register the system checks."""

    name = "hardening"
    default = True

    def ready(self) -> None:
        # Imported here, because these modules need the models or load DRF's settings.
        from django.contrib.auth.base_user import AbstractBaseUser  # noqa: PLC0415  # needs the models

        from hardening.authentication import record_last_login  # noqa: PLC0415  # needs the models
        from hardening.checks.filtersets import check_filtersets  # noqa: PLC0415  # needs the models
        from hardening.checks.guard import guard_check  # noqa: PLC0415  # needs the models
        from hardening.checks.indexes import check_indexes  # noqa: PLC0415  # needs the models
        from hardening.checks.parsers import check_parsers  # noqa: PLC0415  # needs the models
        from hardening.checks.patterns import check_patterns  # noqa: PLC0415  # needs the models
        from hardening.checks.serializers import check_serializers  # noqa: PLC0415  # needs the models
        from hardening.checks.settings import check_deployment, check_settings  # noqa: PLC0415  # loads DRF's settings
        from hardening.checks.views import check_deployed_views, check_views  # noqa: PLC0415  # needs the models
        from hardening.integrity.files import watch_field_files  # noqa: PLC0415  # needs the models
        from hardening.integrity.writes import writes_as_given  # noqa: PLC0415  # needs the models
        from hardening.operations import security_events  # noqa: PLC0415  # loads DRF's settings
        from hardening.throttling import remember_address  # noqa: PLC0415  # loads DRF's settings

        security_events.listen()
        watch_field_files()
        # Not where it is used: its module can be imported only once all apps are loaded.
        writes_as_given(AbstractBaseUser.save)
        user_logged_in.connect(remember_address, dispatch_uid="hardening.throttling")
        # With the uid of Django's own receiver, which is therefore not connected.
        user_logged_in.connect(record_last_login, dispatch_uid="update_last_login")
        register(guard_check(check_serializers), Tags.urls)
        register(guard_check(check_views), Tags.urls)
        register(guard_check(check_indexes), Tags.urls)
        register(guard_check(check_patterns), Tags.urls)
        register(guard_check(check_parsers), Tags.urls)
        register(guard_check(check_filtersets), Tags.urls)
        register(guard_check(check_settings), Tags.security)
        register(guard_check(check_deployment), Tags.security, deploy=True)
        register(guard_check(check_deployed_views), Tags.security, deploy=True)


class AdminConfig(admin.AdminConfig):
    """Django's admin with `AdminSite`, whose log-ins are throttled."""

    default = False
    default_site = "hardening.admin.AdminSite"
