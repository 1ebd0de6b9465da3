"""The manifests of config/kubernetes, as Kustomize renders them."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
TOOLS = ROOT / "target" / "tools"
# scripts/test installs it there.
sys.path.insert(0, str(TOOLS / "kubernetes-validate"))

import yaml  # noqa: E402

KUBERNETES = ROOT / "config" / "kubernetes"
OVERLAYS = ["sidecar", "node-local"]
PROGRAM = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "debug" / "codeid"


def render(overlay):
    """Returns the resources of an overlay."""
    kubectl = shutil.which("kubectl") or TOOLS / "kubectl" / "bin" / "kubectl"
    rendered = subprocess.run(
        [kubectl, "kustomize", KUBERNETES / "overlays" / overlay], check=True, stdout=subprocess.PIPE, text=True
    )
    return list(yaml.safe_load_all(rendered.stdout))


def of_kind(resources, kind):
    return [resource for resource in resources if resource["kind"] == kind]


def pods(resources):
    """Returns the pod template of each workload, by the name of the workload."""
    workloads = of_kind(resources, "Deployment") + of_kind(resources, "DaemonSet")
    return {workload["metadata"]["name"]: workload["spec"]["template"] for workload in workloads}


def containers(pod):
    return pod["spec"].get("initContainers", []) + pod["spec"]["containers"]


def container_of_codeid(resources):
    """Returns the pod that runs codeid, and its container."""
    found = [
        (pod, container)
        for pod in pods(resources).values()
        for container in containers(pod)
        if container["name"] == "codeid"
    ]
    assert len(found) == 1, found
    return found[0]


def config_map(resources, volume):
    """Returns the content of the config map that a volume has."""
    name = volume["configMap"]["name"]
    return next(map_["data"] for map_ in of_kind(resources, "ConfigMap") if map_["metadata"]["name"] == name)


def secrets(volume):
    """Returns the secrets that a projected volume has."""
    return [source["secret"] for source in volume.get("projected", {}).get("sources", [])]


def volume_of(pod, name):
    return next(volume for volume in pod["spec"]["volumes"] if volume["name"] == name)
