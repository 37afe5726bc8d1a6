"""The Kubernetes manifests: valid, hardened, and in agreement with the project and with PostgreSQL's defaults."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from tests.conftest import TREE

DEPLOY = TREE / "deploy"
BASE = sorted(path for path in (DEPLOY / "base").glob("*.yaml") if path.name != "kustomization.yaml")
OVERLAYS = sorted(path.name for path in (DEPLOY / "overlays").iterdir())
MAX_CONNECTIONS, RESERVED = 100, 3  # PostgreSQL's defaults


def load(path: Path) -> dict[str, Any]:
    return yaml.safe_load(path.read_text())


def find_pods() -> dict[str, dict[str, Any]]:
    """Return the specifications of all pods by the name of their resource."""
    pods = {}
    for resource in map(load, BASE):
        spec = resource["spec"].get("jobTemplate", resource)["spec"]
        if "template" in spec:
            pods[resource["metadata"]["name"]] = spec["template"]
    return pods


def read_literals(folder: str) -> dict[str, str]:
    [generator] = load(DEPLOY / folder / "kustomization.yaml")["configMapGenerator"]
    return dict(literal.split("=", 1) for literal in generator["literals"])


def find(kind: str) -> dict[str, Any]:
    [resource] = [resource for resource in map(load, BASE) if resource["kind"] == kind]
    return resource


@pytest.mark.parametrize("path", BASE, ids=lambda path: path.name)
@pytest.mark.parametrize("version", ["1.31", "1.37"])
def test_every_manifest_is_valid_against_the_schema_of_kubernetes(path, version):
    kubernetes_validate.validate(load(path), version, strict=True)


def test_the_base_lists_every_manifest():
    assert load(DEPLOY / "base" / "kustomization.yaml")["resources"] == [path.name for path in BASE]


def render(overlay: str) -> list[dict[str, Any]]:
    kustomize = shutil.which("kustomize")
    command = [kustomize, "build"] if kustomize else ["kubectl", "kustomize"]
    output = subprocess.run([*command, DEPLOY / "overlays" / overlay], capture_output=True, check=True).stdout
    return list(yaml.safe_load_all(output))


@pytest.mark.kustomize
@pytest.mark.parametrize("overlay", OVERLAYS)
def test_kustomize_renders_valid_manifests_with_the_image_and_the_variables_of_the_overlay(overlay):
    resources = render(overlay)
    for resource in resources:
        kubernetes_validate.validate(resource, "1.37", strict=True)

    [config] = [resource for resource in resources if resource["kind"] == "ConfigMap"]
    text = json.dumps(resources)
    assert config["data"] == read_literals("base") | read_literals(f"overlays/{overlay}")
    assert {resource["metadata"]["namespace"] for resource in resources} == {overlay}
    assert set(re.findall(r'"image": "([^"]+)"', text)) == {"registry.example.com/api:0.1.0"}
    assert set(re.findall(r'"configMapRef": {"name": "([^"]+)"', text)) == {config["metadata"]["name"]}


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_a_patch_changes_a_value_that_exists(overlay):
    resources = {(resource["kind"], resource["metadata"]["name"]): resource for resource in map(load, BASE)}
    for patch in load(DEPLOY / "overlays" / overlay / "kustomization.yaml").get("patches", []):
        for operation in yaml.safe_load(patch["patch"]):
            node = resources[patch["target"]["kind"], patch["target"]["name"]]
            for key in operation["path"].strip("/").split("/"):
                node = node[int(key) if isinstance(node, list) else key]


def test_every_pod_is_unprivileged_read_only_and_limited():
    pods = find_pods()

    assert pods.keys() == {"api", "migrate", "purge"}
    for template in pods.values():
        spec = template["spec"]
        [container] = spec["containers"]
        assert spec["securityContext"]["runAsNonRoot"] is True
        assert spec["securityContext"]["runAsUser"] == 10001
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert spec["automountServiceAccountToken"] is False
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert "memory" in container["resources"]["limits"]


def test_secrets_are_read_from_mounted_files_and_every_variable_is_one_of_the_project():
    known = set(re.findall(r"^(?:# ?)?([A-Z][A-Z0-9_]*)=", (TREE / ".env.example").read_text(), re.MULTILINE))
    literals = read_literals("base")
    volumes = [pod["spec"]["volumes"][0] for pod in find_pods().values()]

    assert [volume["secret"]["secretName"] for volume in volumes] == ["api"] * 3
    for overlay in OVERLAYS:
        names = (literals | read_literals(f"overlays/{overlay}")).keys()
        assert {name.removesuffix("_FILE") for name in names} <= known
    assert {name for name in literals if name.endswith("_FILE")} == {
        f"{name}_FILE" for name in ("CACHE_URL", "DATABASE_URL", "EMAIL_URL", "SECRET_KEY", "SECRET_KEY_FALLBACKS")
    }


def test_the_probes_are_those_of_the_project_and_a_pod_has_time_to_finish_its_requests():
    spec = find_pods()["api"]["spec"]
    [container] = spec["containers"]
    [seconds] = re.findall(r"^graceful_timeout = (\d+)", (TREE / "gunicorn.conf.py").read_text(), re.MULTILINE)
    paths = {name: container[f"{name}Probe"]["httpGet"]["path"] for name in ("startup", "readiness", "liveness")}

    assert paths == {"startup": "/livez", "readiness": "/readyz", "liveness": "/livez"}
    assert spec["terminationGracePeriodSeconds"] > int(seconds)


def test_all_pods_together_open_fewer_connections_than_postgresql_has():
    literals = {name: int(value) for name, value in read_literals("base").items() if value.isdigit()}
    surge = find("Deployment")["spec"]["strategy"]["rollingUpdate"]["maxSurge"]
    pods = find("HorizontalPodAutoscaler")["spec"]["maxReplicas"] + surge
    others = len(find_pods()) - 1  # a job has one process and, without threads, one connection

    assert literals["DATABASE_POOL_SIZE"] >= literals["WEB_THREADS"]
    total = pods * literals["WEB_CONCURRENCY"] * literals["DATABASE_POOL_SIZE"] + others
    assert total <= MAX_CONNECTIONS - RESERVED


def test_selectors_match_the_labels_of_the_pods():
    labels = {name: template["metadata"]["labels"] for name, template in find_pods().items()}
    policies = [load(DEPLOY / "base" / f"network{name}.yaml")["spec"]["podSelector"] for name in ("", "-ingress")]
    [expression] = policies[0]["matchExpressions"]

    assert find("Service")["spec"]["selector"] == labels["api"]
    assert find("Deployment")["spec"]["selector"]["matchLabels"] == labels["api"]
    assert find("PodDisruptionBudget")["spec"]["selector"]["matchLabels"] == labels["api"]
    assert policies[1]["matchLabels"] == labels["api"]
    assert {label[expression["key"]] for label in labels.values()} == set(expression["values"])
    assert find("HorizontalPodAutoscaler")["spec"]["scaleTargetRef"]["name"] == "api"
