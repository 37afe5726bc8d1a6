"""The guards of this project: where each stands, what it is without, and the tests that have to notice."""

from deep.guards import access, contract, inputs, integrity, outputs, violations

GUARDS = [*integrity.GUARDS, *access.GUARDS, *contract.GUARDS, *inputs.GUARDS, *outputs.GUARDS, *violations.GUARDS]
