"""Tools for testing an API: clients, a throwaway PostgreSQL, and the contract of every route.

The pytest plugin is `hardening.testing.plugin`.
"""

import pytest

# Before the first import of these modules, so that pytest explains their assertions.
pytest.register_assert_rewrite("hardening.testing.client", "hardening.testing.contract", "hardening.testing.rows")
