"""What `startresource` knows about a field before it writes code."""

from dataclasses import dataclass, field

from django.core.management.base import CommandError


@dataclass(frozen=True)
class FieldSpecification:
    """One field of a new resource: its name, its kind, and the arguments of both the kind and the modifiers."""

    name: str
    kind: str
    arguments: tuple[str, ...] = ()
    modifiers: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def refuse(self, reason: str) -> CommandError:
        """Return the error for this field."""
        return CommandError(f"FIELDS: {self.name}: {reason}")

    @property
    def is_optional(self) -> bool:
        return "optional" in self.modifiers

    @property
    def label(self) -> str:
        """The name of the field in a sentence."""
        return self.name.replace("_", " ")
