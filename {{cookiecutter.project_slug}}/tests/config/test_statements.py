from importlib import import_module
from importlib.util import find_spec

from django.conf import settings

from hardening.checks import routes


def methods(view, callback) -> set[str]:
    actions = getattr(callback, "actions", None)
    return set(actions) if actions else {each for each in view.http_method_names if hasattr(view, each)}


def test_every_route_has_expected_statements():
    assert [app for app in settings.APPS if find_spec(f"tests.{app}.test_statements") is None] == [], (
        "see docs/resources.md"
    )
    tables = [import_module(f"tests.{app}.test_statements").STATEMENTS for app in settings.APPS]

    routed = {
        f"{method} {pattern.name}"
        for view, pattern in routes.views()
        if view.__module__.partition(".")[0] in settings.APPS
        for method in methods(view, pattern.callback) - {"head", "options"}
    }

    assert {route for table in tables for route in table} == routed, "see docs/resources.md"
