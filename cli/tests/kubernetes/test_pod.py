"""The daemon of each variant, run as its pod runs it."""

import unittest

from manifests import OVERLAYS, of_kind, render
from pod import Pod, wait_for

ORDER_CODE = "28100104df2342342"


class Running(unittest.TestCase):
    def each(self):
        for overlay in OVERLAYS:
            with self.subTest(overlay):
                resources = render(overlay)
                pod = Pod(resources)
                try:
                    yield resources, pod
                finally:
                    pod.close()

    def test_a_gateway_is_served_and_every_probe_succeeds(self):
        for _, pod in self.each():
            self.assertIn('"isSupported":true', pod.identify(ORDER_CODE))
            for probe in ["startupProbe", "readinessProbe", "livenessProbe"]:
                self.assertEqual(pod.probe(probe), 0, probe)

    def test_a_change_of_the_config_map_becomes_live_without_a_restart(self):
        for _, pod in self.each():
            for generation, prefix in [(2, "NEW:"), (3, "NEWER:")]:
                pod.change_rules(lambda rules: rules["rules"][1].update(match={"prefix": prefix}))
                wait_for(lambda: f"x-codeid-generation: {generation}\n" in pod.identify(ORDER_CODE).lower())
                self.assertIn('"isSupported":true', pod.identify(f"{prefix}1"))
                self.assertIn('"isSupported":false', pod.identify(ORDER_CODE))

    def test_prometheus_gets_the_metrics_with_its_token(self):
        for resources, pod in self.each():
            server_name = of_kind(resources, "ServiceMonitor")[0]["spec"]["endpoints"][0]["tlsConfig"]["serverName"]
            self.assertIn("codeid_ready 1\n", pod.metrics(server_name))


if __name__ == "__main__":
    unittest.main()
