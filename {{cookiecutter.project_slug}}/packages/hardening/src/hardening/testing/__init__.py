"""Tools for testing an API: authenticated clients, a temporary PostgreSQL server, and tests of every route.

The pytest plugin is `hardening.testing.plugin`.
"""

import pytest

# Before the first import of these modules, so that pytest rewrites their assertions.
pytest.register_assert_rewrite("hardening.testing.client", "hardening.testing.contract", "hardening.testing.rows")
