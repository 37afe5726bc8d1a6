"""What the post hook makes of a project that did not come out right: a sentence, and no project."""

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import TEMPLATE, TREE, Rendering, hook, tracked
from tests.known_settings import known_to_all

SETTINGS = "config/settings.py"


@pytest.fixture
def broken(render, tmp_path) -> Callable[..., Rendering]:
    """Return a function that renders the template with something added to a file of its tree, or without its folder."""

    def rendered(name: str, added: str | bytes | None) -> Rendering:
        for path in tracked():
            copy = tmp_path / path.relative_to(TEMPLATE)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, copy)
        file = tmp_path / TREE.name / name
        if added is None:
            shutil.rmtree(tmp_path / TREE.name / Path(name).parts[0])
        else:
            file.write_bytes(file.read_bytes() + (added if isinstance(added, bytes) else added.encode()))
        return render(template=tmp_path)

    return rendered


@pytest.mark.parametrize(
    ("name", "added", "sentence"),
    [
        ("accounts/models.py", "def :\n", "accounts/models.py does not parse"),
        ("accounts/models.py", "return 1\n", "accounts/models.py does not parse"),
        ("pyproject.toml", "a = \n", "pyproject.toml does not parse"),
        (".pre-commit-config.yaml", "a: [\n", ".pre-commit-config.yaml does not parse"),
        ("accounts/models.py", b"\xe4", "accounts/models.py does not parse"),
        (".github/workflows/checks.yml", None, ".github/workflows/checks.yml is missing: ci is github."),
        ("config/settings.py", None, f"{SETTINGS} is missing"),
        ("accounts/models.py", "# {{ cookiecutter.project_name }}\n", "accounts/models.py has a marker left over"),
        ("docs/errors.md", "{{ '{{' }} cookiecutter.name }}\n", "docs/errors.md has a marker left over"),
        (SETTINGS, 'DEFAULT_FILE_STORAGE = "x"\n', f"{SETTINGS} sets DEFAULT_FILE_STORAGE, which nothing reads."),
        (SETTINGS, "ALOWED_HOSTS = []\n", f"{SETTINGS} sets ALOWED_HOSTS, which nothing reads."),
        (SETTINGS, "if DEBUG:\n    STATICFILES_STORAGE = 1\n", f"{SETTINGS} sets STATICFILES_STORAGE"),
        (SETTINGS, 'REST_FRAMEWORK["PAGINATE_BY"] = 1\n', f"{SETTINGS} sets REST_FRAMEWORK['PAGINATE_BY']"),
        (SETTINGS, 'REST_KNOX = {"TTL": 1}\n', f"{SETTINGS} sets REST_KNOX['TTL']"),
        (SETTINGS, 'SPECTACULAR_SETTINGS["NAME"] = 1\n', f"{SETTINGS} sets SPECTACULAR_SETTINGS['NAME']"),
        (SETTINGS, 'DEBUG = env.bool("DEBUGGING")\n', f"{SETTINGS} reads DEBUGGING, which .env.example does not list."),
        ("gunicorn.conf.py", 'x = os.environ["THREADS"]\n', "gunicorn.conf.py reads THREADS, which .env.example"),
        ("manage.py", 'os.getenv("COLOUR")\n', "manage.py reads COLOUR, which .env.example does not list."),
        (".env.example", "\nSENTRY_DSN=\n", ".env.example lists SENTRY_DSN, which nothing reads."),
        (".env.example", "\n# OLD_NAME=\n", ".env.example lists OLD_NAME, which nothing reads."),
    ],
)
def test_a_file_that_came_out_wrong_is_named_and_no_project_is_left(broken, name, added, sentence):
    rendering = broken(name, added)

    assert rendering.status == 1
    assert sentence in rendering.said
    assert rendering.project is None


def test_the_settings_that_the_hook_knows_are_those_of_every_django_that_is_offered(project_61):
    interpreters = [sys.executable, str(project_61 / ".venv" / "bin" / "python")]

    assert known_to_all(interpreters) == hook("post_gen_project").KNOWN
