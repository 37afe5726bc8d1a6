"""The fixtures of `hardening.testing`: `client`, `ada`, `bob`, `sign_in`, `log` and more."""

pytest_plugins = ["hardening.testing.plugin"]
