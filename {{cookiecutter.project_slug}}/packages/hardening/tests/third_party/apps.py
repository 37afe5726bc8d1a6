from typing import Any

from django.apps import AppConfig
from django.contrib.postgres.signals import get_hstore_oids, register_type_handlers
from django.db import connections
from django.db.models.signals import pre_migrate


class ThirdPartyConfig(AppConfig):
    """The models that the tests of this folder define, each in its own module; they have no migrations."""

    name = "third_party"
    label = "third_party"

    def ready(self) -> None:
        pre_migrate.connect(_create_hstore, sender=self)


def _create_hstore(using: str, **_kwargs: Any) -> None:
    """Do what `HStoreExtension` does in a migration."""
    connection = connections[using]
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("CREATE EXTENSION IF NOT EXISTS hstore")
        get_hstore_oids.cache_clear()
        register_type_handlers(connection)
