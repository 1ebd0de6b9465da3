"""The image, as far as it can be checked without a release; `scripts/image` builds and runs it."""

import json
import re
import subprocess
import unittest

from manifests import OVERLAYS, PROGRAM, ROOT, container_of_codeid, render

IMAGE = ROOT / "config" / "image"
USER = re.search(r"^USER (\d+):(\d+)$", (IMAGE / "Containerfile").read_text(), re.MULTILINE)


class Image(unittest.TestCase):
    def test_each_setting_of_the_image_exists_and_has_a_path_of_its_directories(self):
        file = IMAGE / "codeid.toml"
        shown = subprocess.run([PROGRAM, "settings", "--json", "--config", file], check=True, stdout=subprocess.PIPE)
        set_ = [setting["value"] for setting in json.loads(shown.stdout) if setting["source"] == "file"]
        self.assertEqual(len(set_), len(re.findall("^[a-z-]+ = ", file.read_text(), re.MULTILINE)))
        for value in set_:
            self.assertRegex(value, "^(/run/codeid|/var/lib/codeid)/")

    def test_pods_have_the_user_and_the_program_of_the_image(self):
        user, group = map(int, USER.groups())
        for overlay in OVERLAYS:
            pod, container = container_of_codeid(render(overlay))
            context = container["securityContext"]
            self.assertEqual((context["runAsUser"], context["runAsGroup"]), (user, group))
            self.assertEqual(pod["spec"]["securityContext"]["fsGroup"], group)
            self.assertIn('ENTRYPOINT ["/usr/bin/codeid"]', (IMAGE / "Containerfile").read_text())
            for probe in ["startupProbe", "readinessProbe", "livenessProbe"]:
                self.assertEqual(container[probe]["exec"]["command"][0], "/usr/bin/codeid")


if __name__ == "__main__":
    unittest.main()
