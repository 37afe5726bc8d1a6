"""The guards of this project: where each stands, what it is without, and the tests that have to notice.

An app may have guards of its own in `tests/<app>/guards.py`.
"""

from runpy import run_path

from deep.guards import access, contract, deployment, faults, inputs, integrity, outputs, violations
from deep.server import PROJECT

OF_APPS = [guard for file in sorted(PROJECT.glob("tests/*/guards.py")) for guard in run_path(str(file))["GUARDS"]]
GUARDS = [
    *integrity.GUARDS,
    *access.GUARDS,
    *contract.GUARDS,
    *faults.GUARDS,
    *deployment.GUARDS,
    *inputs.GUARDS,
    *outputs.GUARDS,
    *violations.GUARDS,
    *OF_APPS,
]
