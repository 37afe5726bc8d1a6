from django.apps import AppConfig


class ThirdPartyConfig(AppConfig):
    """The models that the tests of this folder define, each in its own module; they have no migrations."""

    name = "tests.third_party"
    label = "third_party"
