"""Test the contract of every route, with the factories of the models and each app's `contract.json`."""

from hardening.testing.contract.suite import *  # noqa: F403  # pytest collects the tests of a module
