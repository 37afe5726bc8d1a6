"""All contract tests, for a test module of the project:

from hardening.testing.contract.suite import *
"""

from hardening.testing.contract.access import *  # noqa: F403  # pytest collects the tests of a module
from hardening.testing.contract.callers import *  # noqa: F403  # see above
from hardening.testing.contract.columns import *  # noqa: F403  # see above
from hardening.testing.contract.costs import *  # noqa: F403  # see above
from hardening.testing.contract.foreign_keys import *  # noqa: F403  # see above
from hardening.testing.contract.inputs import *  # noqa: F403  # see above
from hardening.testing.contract.related_fields import *  # noqa: F403  # see above
from hardening.testing.contract.targets import *  # noqa: F403  # see above
from hardening.testing.contract.uniqueness import *  # noqa: F403  # see above
