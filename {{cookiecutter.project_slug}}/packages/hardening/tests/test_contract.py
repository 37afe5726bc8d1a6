"""The contract of related fields, over those of the shapes."""

from hardening.testing.contract.related_fields import *  # noqa: F403  # pytest collects the tests of a module
