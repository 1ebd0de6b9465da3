"""The console in a real browser, against a real daemon.

    cargo build -p codeid && python3 -m unittest discover --start-directory cli/tests/console

Screenshots of the views are left in target/console.
"""

import atexit
import functools
import json
import unittest

from browser import ENTER, Browser
from daemon import OPERATOR, ROOT, RULES, Daemon

PICTURES = ROOT / "target" / "console"
DESKTOP, PHONE = (1280, 900), (360, 740)
VIEWS = ["overview", "rules", "try", "change", "history", "control"]

# Chromium logs each response that is not a success; the page shows these to the operator itself.
FAILED_RESPONSE = "Failed to load resource"

BROKEN = json.dumps(RULES, indent=2).replace("281\\\\d{3}", "281(\\\\d{3}").replace('"/m"', '"/m?"')


def change_three_rules(rules):
    rules[2]["canary"]["percentage"] = 50
    del rules[0]
    rules.append({"id": "tickets", "match": {"prefix": "TICKET:"}, "action": {"type": "DECODE"}})


class Console(unittest.TestCase):
    """A test case with its own daemon, and one browser for all tests."""

    rules = RULES
    settings = ()

    def setUp(self):
        self.browser = _browser()
        self.daemon = Daemon(self.rules, self.settings)
        self.addCleanup(self.daemon.close)
        self.browser.resize(*DESKTOP)

    def tearDown(self):
        messages = [line for line in self.browser.console_messages() if FAILED_RESPONSE not in line]
        self.assertEqual(messages, [])
        self.browser.go("about:blank")

    def open(self, view="overview", token=OPERATOR):
        """Opens the page over TCP and signs in."""
        self.browser.go(f"{self.daemon.console}#{view}")
        self.browser.run("sessionStorage.clear()")
        self.browser.reload()
        self.browser.type("#token", token)
        self.browser.press(ENTER)
        self.browser.wait_for_text("#readiness", "ready")

    def view(self, name):
        self.browser.click(f"nav a[href='#{name}']")
        self.browser.wait("!$(arguments[0]).hidden", f"#view-{name}")

    def open_details(self):
        """Opens the details of the overview, which are closed at first."""
        self.browser.click("#details > summary")
        self.browser.wait("$('#sources').children.length === 3")

    def picture(self, name):
        self.browser.screenshot(PICTURES / f"{name}.png")

    def check(self, config):
        """Pastes a candidate and checks it."""
        self.view("change")
        self.browser.paste("#candidate", config if isinstance(config, str) else json.dumps(config, indent=2))
        self.browser.click("#check")
        self.browser.wait("$('#verdict')")

    def apply(self, config):
        self.check(config)
        self.browser.click("#apply")
        self.browser.click("#confirm-yes")
        self.browser.wait_for_text("#change-notice", "is live now as generation")


@functools.cache
def _browser():
    browser = Browser()
    atexit.register(browser.close)
    return browser
