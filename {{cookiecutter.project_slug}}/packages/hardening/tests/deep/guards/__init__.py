"""The guards of this project: where each stands, what it is without, and the tests that have to notice."""

from deep.guards import access, inputs, integrity, outputs, violations

GUARDS = [*integrity.GUARDS, *access.GUARDS, *inputs.GUARDS, *outputs.GUARDS, *violations.GUARDS]
