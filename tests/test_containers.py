"""The Dockerfile and compose.yaml, tested without a container engine."""

import hashlib
import json
import re
import shutil
import sys
from pathlib import Path

import pytest
import yaml

from tests.builds import Build, list_build_context, parse_instructions
from tests.conftest import run

TOOLS = Path(sys.executable).parent


@pytest.fixture
def services(project):
    return yaml.safe_load((project / "compose.yaml").read_text())["services"]


def test_the_dockerfile_passes_its_linter(project):
    run([str(TOOLS / "hadolint"), "Dockerfile"], project)


def test_the_compose_file_is_valid_against_its_schema(project):
    run([str(TOOLS / "check-jsonschema"), "--builtin-schema", "vendor.compose-spec", "compose.yaml"], project)


def test_the_api_starts_after_its_database_is_healthy_and_migrated(services):
    assert services["migrate"]["depends_on"] == {"postgres": {"condition": "service_healthy"}}
    assert services["api"]["depends_on"] == {
        "migrate": {"condition": "service_completed_successfully"},
        "valkey": {"condition": "service_healthy"},
    }
    assert all("healthcheck" in services[name] for name in ("postgres", "valkey"))


def test_every_service_is_read_only_and_limited_and_cannot_gain_privileges(services):
    for service in services.values():
        limits = service["deploy"]["resources"]["limits"]
        assert service["read_only"] is True
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert limits.keys() == {"cpus", "memory", "pids"}


def test_every_variable_of_the_project_can_be_set_for_the_containers(project, services):
    listed = set(re.findall(r"^(?:# ?)?([A-Z][A-Z0-9_]*)=", (project / ".env.example").read_text(), re.MULTILINE))

    assert listed - services["api"]["environment"].keys() == {"DEBUG", "ENV_FILE", "PORT", "POSTGRES_PASSWORD"}
    assert services["api"]["environment"] == services["migrate"]["environment"]


def test_the_container_is_stopped_after_gunicorn_has_finished_its_requests(project, services):
    [seconds] = re.findall(r"^graceful_timeout = (\d+)", (project / "gunicorn.conf.py").read_text(), re.MULTILINE)

    assert int(services["api"]["stop_grace_period"].removesuffix("s")) > int(seconds)


def test_the_container_runs_without_root_and_without_a_shell(project):
    last = dict(parse_instructions(project / "Dockerfile"))

    assert last["USER"] == "10001:10001"
    assert json.loads(last["ENTRYPOINT"]) == ["gunicorn", "config.wsgi"]
    assert json.loads(last["CMD"]) == ["--bind", "0.0.0.0:8000"]
    assert last["HEALTHCHECK"].partition("CMD ")[2].startswith('["python", ')


def list_images(project: Path) -> list[str]:
    """Return the images that the project pulls."""
    instructions = parse_instructions(project / "Dockerfile")
    services = yaml.safe_load((project / "compose.yaml").read_text())["services"].values()
    pulled = [service["image"] for service in services if "build" not in service]
    return [arguments.split()[0] for name, arguments in instructions if name == "FROM"] + pulled


def test_every_image_has_an_exact_tag_and_no_digest_that_nobody_verified(project):
    images = list_images(project)

    assert len(images) == 5
    assert [image for image in images if not re.fullmatch(r"[\w./-]+:\d+\.\d+(\.\d+)?(-[\w.]+)*", image)] == []


def test_make_pin_images_adds_the_digest_of_each_image(project, tmp_path):
    for name in ("Dockerfile", "compose.yaml", "Makefile", "pyproject.toml"):
        shutil.copy2(project / name, tmp_path)
    docker = tmp_path / "bin" / "docker"
    docker.parent.mkdir()
    docker.write_text(
        '#!/bin/sh -e\ntest "$1 $2 $3" = "buildx imagetools inspect"\nprintf %s sha256:\n'
        'printf %s "$4" | sha256sum | cut -c1-64\n'
    )
    docker.chmod(0o755)
    before = list_images(tmp_path)

    for _attempt in range(2):  # the second run has nothing to add
        run(["make", "pin-images"], tmp_path, PATH=f"{docker.parent}:/usr/bin:/bin")

    assert list_images(tmp_path) == [f"{each}@sha256:{hashlib.sha256(each.encode()).hexdigest()}" for each in before]


def test_the_build_context_contains_neither_secrets_nor_tests(project):
    names = {path.as_posix() for path in list_build_context(project)}

    assert {"manage.py", "pyproject.toml", "packages/hardening/src/hardening/views.py"} <= names
    assert not {name for name in names if name.startswith(".") or {"tests", "docs"} & set(Path(name).parts[:-1])}


@pytest.mark.deep
def test_an_api_built_by_the_steps_of_the_dockerfile_serves_with_the_environment_of_the_manifests(project, tmp_path):
    run(["make", ".venv/ready"], project)  # writes the lock file
    build = Build(project, tmp_path)
    for name, arguments in parse_instructions(project / "Dockerfile"):
        build.execute(name, arguments)
    build.configure(project / "deploy", WEB_CONCURRENCY="3")

    assert {"uv", "pip", "gcc", "cc"} & build.list_commands() == set()
    assert {"gunicorn", "python"} <= build.list_commands()
    assert {"packages", "tests", ".env", "uv.lock"} & build.list_files("app") == set()
    build.check(yaml.safe_load((project / "deploy/base/migrate.yaml").read_text()))
    before = build.take_snapshot()
    with build.serve() as server:
        assert server.is_healthy()
        assert server.get_status("/readyz") == 200
        assert server.count_workers() == 3
    assert server.process.returncode == 0
    assert build.take_snapshot() == before
