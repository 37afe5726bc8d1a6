"""Files, in two storages."""

from typing import Any

from django.core.files.storage import InMemoryStorage
from django.db import models
from django.db.models.fields.files import FieldFile

from hardening.exceptions import Code
from shapes.models.other_writes import Good
from shapes.models.rules import Shape

SECOND_STORAGE = InMemoryStorage()


def second_storage() -> InMemoryStorage:
    """Return a storage other than the default one."""
    return SECOND_STORAGE


class PreviewFile(FieldFile):
    """A field file of a package, which adds to what `save()` does, as ImageField's do."""

    def save(self, name: str, content: Any, save: bool = True) -> None:
        super().save(f"small-{name}", content, save)


class PreviewField(models.FileField):
    attr_class = PreviewFile


class Scan(Shape):
    """Two files, a column that is unique, one that is judged by a check, and a reference that is judged at COMMIT."""

    title = models.CharField(max_length=20, unique=True)
    pages = models.IntegerField(default=1)
    file = models.FileField(upload_to="scans/")
    preview = PreviewField(upload_to="previews/", storage=second_storage, blank=True)
    good = models.ForeignKey(Good, on_delete=models.DO_NOTHING, null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(pages__gt=0), name="scan_pages", violation_error_message="At least one."
            ),
            models.CheckConstraint(
                condition=models.Q(pages__lt=1000),
                name="scan_is_short",
                violation_error_message="Too long to process.",
                violation_error_code=Code("too_long", 422),
            ),
        ]


class Cover(Shape):
    """A file of a nested object."""

    scan = models.OneToOneField(Scan, on_delete=models.CASCADE)
    file = models.FileField(upload_to="covers/")
