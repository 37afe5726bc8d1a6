"""The settings of the tests of faults: the time limits of production, and few connections."""

from deep.limited import *  # noqa: F403  # the same, but for what follows
from deep.limited import DATABASES, env
from hardening.operations import databases

DATABASES["default"] = databases.with_limits(
    env.database("DATABASE_URL", default=""), pool_size=env.natural("DEEP_POOL_SIZE", default=5, least=1)
)
