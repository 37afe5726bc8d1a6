from django.apps import AppConfig


class ShapesConfig(AppConfig):
    name = "tests.hardening.shapes"
    label = "shapes"
