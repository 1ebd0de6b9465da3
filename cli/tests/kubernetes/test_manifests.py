"""The manifests of config/kubernetes: rendered, checked offline and strictly, and their daemon run.

    cargo build -p codeid && python3 -m unittest discover --start-directory cli/tests/kubernetes
"""

import json
import re
import subprocess
import tempfile
import unittest
from pathlib import Path

from manifests import (
    KUBERNETES, OVERLAYS, PROGRAM, config_map, container_of_codeid, containers, of_kind, pods, render, secrets, volume_of,
)

import jsonschema  # noqa: E402
import kubernetes_validate  # noqa: E402

# The first version with sidecars, and the last one whose schemas kubernetes-validate has.
VERSIONS = ["1.29", kubernetes_validate.latest_version()]

# The parts of https://prometheus-operator.dev/docs/api-reference/api/#monitoring.coreos.com/v1.ServiceMonitor that are used.
KEY = {"type": "object", "required": ["name", "key"], "additionalProperties": False, "properties": {"name": {"type": "string"}, "key": {"type": "string"}}}


def closed(required, **properties):
    return {"type": "object", "required": required, "additionalProperties": False, "properties": properties}


TEXT = {"type": "string"}
SERVICE_MONITOR = closed(
    ["selector", "endpoints"],
    selector=closed(["matchLabels"], matchLabels={"type": "object", "additionalProperties": TEXT}),
    endpoints={
        "type": "array",
        "items": closed(
            ["port"],
            port=TEXT,
            scheme={"enum": ["http", "https"]},
            path=TEXT,
            interval={"type": "string", "pattern": "^[0-9]+(ms|s|m|h)$"},
            authorization=closed(["credentials"], credentials=KEY),
            tlsConfig=closed([], serverName=TEXT, ca=closed([], secret=KEY)),
        ),
    },
)


class Manifests(unittest.TestCase):
    def each(self):
        for overlay in OVERLAYS:
            with self.subTest(overlay):
                yield render(overlay)

    def test_resources_are_valid_for_the_first_and_the_last_version_of_kubernetes(self):
        for resources in self.each():
            for resource in resources:
                if resource["kind"] == "ServiceMonitor":
                    jsonschema.validate(resource["spec"], SERVICE_MONITOR)
                    continue
                for version in VERSIONS:
                    kubernetes_validate.validate(resource, version, strict=True)

    def test_validation_refuses_a_field_that_does_not_exist(self):
        service = of_kind(render("sidecar"), "Service")[0]
        service["spec"]["prots"] = []
        with self.assertRaises(kubernetes_validate.ValidationError):
            kubernetes_validate.validate(service, VERSIONS[0], strict=True)

    def test_each_volume_that_is_mounted_exists_and_each_config_map_is_made(self):
        for resources in self.each():
            for pod in pods(resources).values():
                volumes = {volume["name"]: volume for volume in pod["spec"].get("volumes", [])}
                mounts = {mount["name"] for container in containers(pod) for mount in container.get("volumeMounts", [])}
                self.assertEqual(mounts, set(volumes))
                for volume in volumes.values():
                    if "configMap" in volume:
                        config_map(resources, volume)

    def test_the_guide_makes_each_secret_with_the_keys_that_are_used(self):
        guide = (KUBERNETES / "README.md").read_text().replace("\\\n", " ")
        made = {}
        for name, options in re.findall(r"kubectl create secret generic (\S+)(.*)", guide):
            made[name] = set(re.findall(r"--from-file=([\w.-]+)", options))
        for resources in self.each():
            pod, _ = container_of_codeid(resources)
            used = [(secret["name"], item["key"]) for secret in secrets(volume_of(pod, "codeid-secrets")) for item in secret["items"]]
            endpoint = of_kind(resources, "ServiceMonitor")[0]["spec"]["endpoints"][0]
            for reference in [endpoint["authorization"]["credentials"], endpoint["tlsConfig"]["ca"]["secret"]]:
                used.append((reference["name"], reference["key"]))
            for name, key in used:
                self.assertIn(key, made[name])

    def test_labels_of_selectors_and_ports_fit(self):
        for resources in self.each():
            service, monitor = of_kind(resources, "Service")[0], of_kind(resources, "ServiceMonitor")[0]
            policy = of_kind(resources, "NetworkPolicy")[0]
            pod, container = container_of_codeid(resources)
            labels = pod["metadata"]["labels"].items()
            self.assertLessEqual(service["spec"]["selector"].items(), labels)
            self.assertLessEqual(policy["spec"]["podSelector"]["matchLabels"].items(), labels)
            self.assertLessEqual(monitor["spec"]["selector"]["matchLabels"].items(), service["metadata"]["labels"].items())
            self.assertEqual([port["name"] for port in service["spec"]["ports"]], [monitor["spec"]["endpoints"][0]["port"]])
            port = container["ports"][0]["containerPort"]
            self.assertEqual(service["spec"]["ports"][0]["targetPort"], port)
            self.assertEqual(policy["spec"]["ingress"][0]["ports"][0]["port"], port)
            settings = config_map(resources, volume_of(pod, "codeid-settings"))["codeid.toml"]
            self.assertIn(f':{port}"', settings)
            for budget in of_kind(resources, "PodDisruptionBudget"):
                selector = budget["spec"]["selector"]["matchLabels"].items()
                self.assertTrue(any(selector <= pod["metadata"]["labels"].items() for pod in pods(resources).values()))

    def test_codeid_has_the_least_rights(self):
        for resources in self.each():
            pod, container = container_of_codeid(resources)
            context = container["securityContext"]
            self.assertEqual(context["capabilities"], {"drop": ["ALL"]})
            self.assertIs(context["allowPrivilegeEscalation"], False)
            self.assertIs(context["readOnlyRootFilesystem"], True)
            self.assertGreater(context["runAsUser"], 0)
            self.assertIs(pod["spec"]["securityContext"]["runAsNonRoot"], True)
            self.assertEqual(pod["spec"]["securityContext"]["seccompProfile"], {"type": "RuntimeDefault"})
            self.assertIs(pod["spec"]["automountServiceAccountToken"], False)
            self.assertIn("memory", container["resources"]["limits"])

    def test_a_gateway_mounts_the_sockets_and_nothing_else_of_codeid(self):
        for resources in self.each():
            gateway = next(container for container in containers(pods(resources)["gateway"]) if container["name"] == "gateway")
            mounts = [(mount["name"], mount["readOnly"]) for mount in gateway["volumeMounts"]]
            self.assertEqual(mounts, [("codeid-sockets", True)])

    def test_each_setting_exists_and_the_rules_have_no_warning(self):
        for resources in self.each():
            pod, _ = container_of_codeid(resources)
            with tempfile.TemporaryDirectory() as directory:
                settings, rules = Path(directory, "codeid.toml"), Path(directory, "routes.json")
                text = config_map(resources, volume_of(pod, "codeid-settings"))["codeid.toml"]
                settings.write_text(text)
                rules.write_text(config_map(resources, volume_of(pod, "codeid-rules"))["routes.json"])
                shown = subprocess.run([PROGRAM, "settings", "--json", "--config", settings], check=True, stdout=subprocess.PIPE)
                set_ = [setting for setting in json.loads(shown.stdout) if setting["source"] == "file"]
                self.assertEqual(len(set_), len(re.findall("^[a-z-]+ = ", text, re.MULTILINE)))
                subprocess.run([PROGRAM, "check", "--deny-warnings", rules], check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    unittest.main()
