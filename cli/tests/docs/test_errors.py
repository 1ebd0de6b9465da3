"""The tables of docs/errors.md have every status and result code, and no others."""

import json
import re
import unittest

from pages import ROOT

PAGE = ROOT / "docs" / "errors.md"
DOCUMENT = json.loads((ROOT / "daemon" / "openapi" / "serving.json").read_text())
RESULTS = ROOT / "daemon" / "src" / "result"

ROW = re.compile(r"\| (\d{3}) \| `([A-Z_]+)` \| `([SFU])` \|")
# A constant of an `ApiResult`, and a result that the list of an interface has in place.
CODE_AND_STATUS = re.compile(r'(?:code: |result\(\s*)"([A-Z_]+)",\s*(?:status: )?"([SFU])"')
SUCCESS = ("SUCCESS", "S")


def section(heading):
    """Returns the rows of a section: status, result code and result status."""
    text = PAGE.read_text().split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return [(int(status), code, letter) for status, code, letter in ROW.findall(text)]


def published(interface):
    """Returns the result codes of an interface, with the status of each."""
    return dict(CODE_AND_STATUS.findall((RESULTS / f"{interface}.rs").read_text()))


def codes_in(schema):
    """Returns the result codes that a response's schema allows."""
    if isinstance(schema, list):
        return {code for part in schema for code in codes_in(part)}
    if not isinstance(schema, dict):
        return set()
    own = schema.get("resultCode", {})
    named = {*own.get("enum", []), *([own["const"]] if "const" in own else [])}
    return named | codes_in(list(schema.values()))


def described(path):
    """Returns the failures with another status than 200 that the OpenAPI document has for a path."""
    for status, response in DOCUMENT["paths"][path]["post"]["responses"].items():
        name = response.get("$ref", "").rsplit("/", 1)[-1]
        for code in codes_in(DOCUMENT["components"]["responses"].get(name, response)):
            yield int(status), code


class Errors(unittest.TestCase):
    maxDiff = None

    def compare(self, heading, path, interface, with_200):
        codes = published(interface)
        wanted = [(status, code, codes[code]) for status, code in described(path)]
        wanted += [(200, code, letter) for code, letter in with_200]
        self.assertEqual(sorted(wanted), sorted(section(heading)))

    def test_identification(self):
        with_200 = [SUCCESS, *published("identify").items()]
        for path in ("/v1/identifyCode", "/v1/identifyCodes"):
            self.compare("Identification", path, "identify", with_200)

    def test_sdk_proxy(self):
        codes = published("sdk_proxy")
        self.assertEqual(12, len(codes))
        self.compare("sdkProxy", "/aps/api/v1/mobile/sdkProxy", "sdk_proxy", codes.items())

    def test_client_sdk_proxy(self):
        self.compare("clientSdkProxy", "/v1/clientSdkProxy", "sdk_proxy", [])


if __name__ == "__main__":
    unittest.main()
