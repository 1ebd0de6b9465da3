"""A headless Chromium, driven over WebDriver: https://www.w3.org/TR/webdriver2/."""

import base64
import json
import os
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

# The time that a test waits for a condition before it fails, in milliseconds.
TIMEOUT_MS = 60_000

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"

# Keys that have no character: https://www.w3.org/TR/webdriver2/#keyboard-actions
TAB, ENTER, ESCAPE, SHIFT, SPACE = "\ue004", "\ue007", "\ue00c", "\ue008", " "

ARGUMENTS = [
    "--headless=new",
    "--disable-gpu",
    # /dev/shm is small in containers.
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--no-default-browser-check",
    "--hide-scrollbars",
    # The page comes from the daemon, on loopback.
    "--no-proxy-server",
]


class Browser:
    """One window. `console_messages` returns what its console logged."""

    def __init__(self):
        self._driver = subprocess.Popen(
            ["chromedriver", "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        self._session = ""
        try:
            self._base = f"http://127.0.0.1:{self._read_port()}"
            self._session = "/session/" + self._call("/session", _capabilities())["sessionId"]
            self._call(f"{self._session}/timeouts", {"script": TIMEOUT_MS, "pageLoad": TIMEOUT_MS})
        except BaseException:
            self.close()
            raise

    def close(self):
        if self._session:
            self._call(self._session, method="DELETE")
        self._driver.terminate()
        self._driver.communicate()

    # Location and appearance

    def go(self, url):
        self._call(f"{self._session}/url", {"url": url})

    def reload(self):
        self._call(f"{self._session}/refresh", {})

    def resize(self, width, height, dark=False):
        """Sets the size of the window, in CSS pixels, and the preferred colour scheme."""
        self.devtools(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.devtools("Emulation.setEmulatedMedia", features=[scheme])

    def screenshot(self, path):
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_bytes(base64.b64decode(self._call(f"{self._session}/screenshot")))

    # Contents of the page

    def wait(self, condition, *arguments):
        """Waits until the JavaScript expression `condition` is truthy, and returns its value.

        In the expression, `$` finds an element by a selector, and `arguments` are the `arguments` given here.
        """
        script = """
            const done = arguments[arguments.length - 1];
            const $ = (selector) => document.querySelector(selector);
            const evaluate = () => { try { return %s; } catch { return null; } };
            const poll = () => { const value = evaluate(); value ? done(value) : setTimeout(poll, 10); };
            poll();
        """
        body = {"script": script % condition, "args": list(arguments)}
        try:
            return self._call(f"{self._session}/execute/async", body)
        except DriverError as error:
            page = self.run("return document.body.innerText")
            raise AssertionError(f"not met in time: {condition} {arguments}\n{error}\nthe page:\n{page}") from error

    def wait_for_text(self, selector, text):
        self.wait("$(arguments[0]).innerText.includes(arguments[1])", selector, text)

    def run(self, script, *arguments):
        return self._call(f"{self._session}/execute/sync", {"script": script, "args": list(arguments)})

    def text(self, selector):
        return self.run("return document.querySelector(arguments[0]).innerText", selector)

    def click(self, selector):
        """Clicks an element as soon as it exists, is visible and is enabled."""
        self.wait("$(arguments[0]).checkVisibility() && !$(arguments[0]).disabled", selector)
        self._call(f"{self._session}/element/{self._find(selector)}/click", {})

    def type(self, selector, text):
        """Replaces the content of a field, key by key."""
        self.wait("$(arguments[0]).checkVisibility()", selector)
        element = f"{self._session}/element/{self._find(selector)}"
        self._call(f"{element}/clear", {})
        self._call(f"{element}/value", {"text": text})

    def paste(self, selector, text):
        """Replaces the content of a field at once, as pasting does."""
        self.run(
            "const field = document.querySelector(arguments[0]); field.value = arguments[1];"
            "field.dispatchEvent(new InputEvent('input', {bubbles: true}));",
            selector,
            text,
        )

    def upload(self, selector, path):
        self._call(f"{self._session}/element/{self._find(selector)}/value", {"text": str(path)})

    def press(self, *keys):
        """Presses keys one after the other on the focused element."""
        actions = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        self._call(f"{self._session}/actions", {"actions": [{"type": "key", "id": "keyboard", "actions": actions}]})

    def console_messages(self):
        """Returns the console's messages since the last call: errors, warnings and violations of the policy."""
        entries = self._call(f"{self._session}/se/log", {"type": "browser"})
        return [entry["message"] for entry in entries if entry["level"] in ("SEVERE", "WARNING")]

    def devtools(self, command, **parameters):
        return self._call(f"{self._session}/goog/cdp/execute", {"cmd": command, "params": parameters})

    def _find(self, selector):
        body = {"using": "css selector", "value": selector}
        return self._call(f"{self._session}/element", body)[ELEMENT]

    def _call(self, path, body=None, method=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            self._base + path, data, {"Content-Type": "application/json"}, method=method or ("GET" if data is None else "POST")
        )
        try:
            with _OPENER.open(request, timeout=2 * TIMEOUT_MS / 1000) as response:
                return json.load(response)["value"]
        except urllib.error.HTTPError as error:
            value = json.load(error)["value"]
            raise DriverError(f"{value['error']}: {value['message'].splitlines()[0]}") from None

    def _read_port(self):
        for line in self._driver.stdout:
            if "started successfully on port" in line:
                return int(line.rstrip(" .\n").rsplit(" ", 1)[1])
        raise DriverError("chromedriver did not start")


class DriverError(Exception):
    """The driver could not carry out a command."""


# Calls on loopback ignore proxies from the environment.
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def _capabilities():
    # Chromium's sandbox does not work for root, as in containers.
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    return {
        "capabilities": {
            "alwaysMatch": {
                "browserName": "chrome",
                "goog:chromeOptions": {"args": ARGUMENTS + sandbox},
                "goog:loggingPrefs": {"browser": "ALL"},
            }
        }
    }
