"""Tests that hold for every route of a project."""
