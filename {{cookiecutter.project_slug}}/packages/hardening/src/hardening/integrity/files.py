"""Delete the files of a write that was rolled back, because a storage takes part in no transaction.

A FileField stores its file before the row is written, so that every rejected write would leave a file behind. Django's
`on_commit` hooks know which savepoints are rolled back; a file is kept if its hook has run, or may still run.
"""

import functools
import logging
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from django.db import connections, router, transaction
from django.db.models import Model
from django.db.models.fields.files import FieldFile

from hardening.integrity.selects import savepoint

logger = logging.getLogger(__name__)


@dataclass(eq=False)
class StoredFile:
    """A file that did not exist before a field of *instance* stored it."""

    storage: Any
    name: str
    field: Any
    instance: Model
    committed: bool = False

    def __post_init__(self) -> None:
        self.using = str(router.db_for_write(type(self.instance), instance=self.instance))
        self.in_transaction = connections[self.using].in_atomic_block
        if self.in_transaction:
            transaction.on_commit(self.commit, using=self.using)

    def commit(self) -> None:
        """Note that the row of the file is stored."""
        self.committed = True

    def is_orphan(self, *, failed: bool) -> bool:
        """Tell whether no row has the file; *failed* is whether an exception ended the write.

        Without one, a savepoint was rolled back, and the file may be that of a row that was written after it.
        """
        was_saved = not self.instance._state.adding
        if self.committed or (self._may_be_committed() and (was_saved or not failed)):
            return False
        if not failed and not self.in_transaction and was_saved:
            return False
        return not self._has_row(self.instance.pk if failed else _ANY)

    def _may_be_committed(self) -> bool:
        return any(hook[1] == self.commit for hook in connections[self.using].run_on_commit)

    def _has_row(self, pk: Any) -> bool:
        if pk is None:
            return False
        lookups = {self.field.name: self.name} if pk is _ANY else {self.field.name: self.name, "pk": pk}
        for using in {self.using, self.instance._state.db or self.using}:
            with savepoint(using):
                if type(self.instance)._base_manager.using(using).filter(**lookups).exists():
                    return True
        return False


class StoredFiles(list[StoredFile]):
    """The files that the fields of models store while a handler or a write runs."""

    failed = False

    def delete_orphans(self) -> None:
        """Delete each file that was stored for a row that is not there."""
        for file in self:
            _delete_orphan(file, failed=self.failed)


_ANY = object()
stored_files: ContextVar[StoredFiles | None] = ContextVar("stored_files", default=None)


def _delete_orphan(file: StoredFile, *, failed: bool) -> None:
    """Delete *file* if no row has it; log a failure, which must not hide why the write was rejected."""
    try:
        if file.is_orphan(failed=failed):
            file.storage.delete(file.name)
    except Exception:  # whatever a storage or a database raises
        logger.exception("The file of a rejected write could not be deleted: %s", file.field)


class _WatchedStorage:
    """The storage of a field while it saves a file: it notes each file whose name did not exist before."""

    def __init__(self, storage: Any, files: StoredFiles, field: Any, instance: Model) -> None:
        self._storage = storage
        self._files = files
        self._of = (field, instance)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._storage, name)

    def save(self, name: str, content: Any, max_length: int | None = None) -> str:
        """Save *content* as the storage does, and note its name if it is new."""
        available, is_new = self._find_name(name, max_length)
        stored: str = self._storage.save(available, content, max_length=max_length)
        if is_new and stored == available:
            self._files.append(StoredFile(self._storage, stored, *self._of))
        return stored

    def _find_name(self, name: str, max_length: int | None) -> tuple[str, bool]:
        """Return the name that the storage will choose, and whether there is no such file yet.

        A storage that overwrites files may choose an existing name, or delete its file while it chooses.
        """
        try:
            existed = self._storage.exists(name)
            available: str = self._storage.get_available_name(name, max_length=max_length)
            return available, not (existed if available == name else self._storage.exists(available))
        except Exception:  # a storage that cannot tell: its file is never deleted
            logger.warning("A storage could not tell whether a file exists.", exc_info=True)
            return name, False


def watch_field_files() -> None:
    """Have Django's `FieldFile.save()`, which every FileField calls, note its files while a unit runs."""
    save_file = FieldFile.save
    if hasattr(save_file, "__wrapped__"):
        return

    @functools.wraps(save_file)
    def save(self: FieldFile, name: Any, content: Any, save: bool = True) -> None:
        files = stored_files.get()
        if files is None:
            save_file(self, name, content, save)
            return
        storage: Any = self.storage
        self.storage = _WatchedStorage(storage, files, self.field, self.instance)  # type: ignore[assignment]  # its part that is used
        try:
            save_file(self, name, content, save=False)
        finally:
            self.storage = storage
        if save:
            self.instance.save()

    FieldFile.save = save  # type: ignore[method-assign]  # no signal and no setting tells of a stored file
