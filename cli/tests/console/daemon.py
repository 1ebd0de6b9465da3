"""A daemon as a process in a directory of its own, and requests to it that bypass the console."""

import hashlib
import http.client
import json
import os
import shutil
import socket
import subprocess
import tempfile
import threading
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
PROGRAM = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "debug" / "codeid"
TIMEOUT_S = 60

OPERATOR, READER, SCRAPER = "token-of-an-operator", "token-of-a-reader", "token-of-a-scraper"

RULES = {
    "format": "codeid/1",
    "version": "shift-1",
    "rules": [
        {"id": "carve-out", "description": "Retired order codes.", "match": {"prefix": "2810000"}, "action": {"type": "UNSUPPORTED"}},
        {"id": "order-codes", "description": "Order codes of all acquirers.", "match": {"regex": "281\\d{3}04[0-9A-Za-z]{1,24}"}, "action": {"type": "DECODE"}},
        {
            "id": "new-cashier",
            "description": "The new cashier, for some users.",
            "match": {"url": {"host": "qr.example.com", "path": "/m"}},
            "action": {"type": "OPEN_URL", "redirectUrl": "https://new.example.com/open?code={code:url}", "userAgent": "-/AlipayConnect"},
            "canary": {"percentage": 12.5, "allowlist": ["user-42"]},
        },
        {"id": "cashier", "description": "The cashier for all other users.", "match": {"url": {"host": "qr.example.com"}}, "action": {"type": "OPEN_URL", "userAgent": "-/AlipayConnect"}},
        {"id": "emv", "description": "Merchant-presented payloads.", "match": {"emv": {"guid": "A000000677010111", "tags": {"53": "764"}}}, "action": {"type": "DECODE"}},
    ],
}


def changed(version, change=lambda rules: None, of=RULES):
    """Returns a copy of the rules with another version and the changes that `change` makes."""
    config = json.loads(json.dumps(of))
    config["version"] = version
    change(config["rules"])
    return config


class Daemon:
    """A running daemon. `close` kills it and removes its directory. `rules` is live at the start."""

    def __init__(self, rules=RULES, settings=()):
        self.directory = Path(tempfile.mkdtemp(prefix="codeid-console-"))
        self._settings = settings
        self._process = None
        self.log = []
        self.write("routes.json", json.dumps(rules))
        tokens = [("alice", "operate", OPERATOR), ("bob", "read", READER), ("grafana", "metrics", SCRAPER)]
        lines = [f"{name} {role} {hashlib.sha256(token.encode()).hexdigest()}" for name, role, token in tokens]
        self.write("tokens", "\n".join(lines) + "\n").chmod(0o600)
        try:
            self.start()
        except BaseException:
            self.close()
            raise

    def write(self, name, content):
        path = self.directory / name
        path.write_text(content)
        return path

    def start(self):
        """Starts the daemon and waits until it serves."""
        settings = [
            "listen.http=127.0.0.1:0",
            "listen.unix=off",
            "listen.resp=off",
            "admin.http=127.0.0.1:0",
            "admin.tokens-path=tokens",
            "ac.route.preset-route-config-path=routes.json",
            *self._settings,
        ]
        arguments = [argument for setting in settings for argument in ("--set", setting)]
        self._process = subprocess.Popen(
            [PROGRAM, "serve", *arguments], cwd=self.directory, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
        started = threading.Event()
        self._reading = threading.Thread(target=self._read_log, args=(self._process.stderr, started))
        self._reading.start()
        if not started.wait(TIMEOUT_S) or self._process.poll() is not None:
            raise AssertionError("the daemon did not start:\n" + "".join(self.log))

    def stop(self):
        """Stops the daemon and leaves its directory."""
        self._process.terminate()
        self._process.wait(TIMEOUT_S)
        self._read_to_the_end()

    def close(self):
        if self._process:
            self._process.kill()
            self._process.wait()
            self._read_to_the_end()
        shutil.rmtree(self.directory)

    @property
    def socket(self):
        return self.directory / "run" / "codeid.admin.sock"

    @property
    def console(self):
        """The URL of the page, over TCP."""
        return f"http://{self.status()['daemon']['listeners']['adminHttp']}/"

    def status(self):
        return self.ask("GET", "/v1/status")

    def ask(self, method, path, body=None, headers=()):
        """Sends a request on the admin plane's Unix socket and returns the response's document."""
        response, content = self.request(method, path, body, headers)
        assert response.status == 200, (path, response.status, content)
        return json.loads(content)

    def request(self, method, path, body=None, headers=()):
        """Sends a request on the admin plane's Unix socket and returns the response and its content."""
        connection = _UnixConnection(self.socket)
        content = None if body is None else json.dumps(body)
        connection.request(method, path, content, {"Content-Type": "application/json", **dict(headers)})
        response = connection.getresponse()
        content = response.read()
        connection.close()
        return response, content

    def identify(self, code_value, open_id, times=1):
        """Identifies a code value over the serving listener."""
        connection = http.client.HTTPConnection(self.status()["daemon"]["listeners"]["http"], timeout=TIMEOUT_S)
        for _ in range(times):
            body = json.dumps({"codeValue": code_value, "openId": open_id})
            connection.request("POST", "/v1/identifyCode", body, {"Content-Type": "application/json"})
            connection.getresponse().read()
        connection.close()

    def everything_written(self):
        """Returns the log and the contents of all files that the daemon wrote."""
        files = [path.read_text() for path in self.directory.rglob("*") if path.is_file() and path.name != "routes.json"]
        return "".join(self.log) + "".join(files)

    def _read_to_the_end(self):
        self._reading.join()
        self._process.stderr.close()
        self._process = None

    def _read_log(self, lines, started):
        for line in lines:
            self.log.append(line)
            if "serving" in line:
                started.set()
        started.set()


class Tunnel:
    """A TCP port that leads to a Unix socket, as with `ssh -L`. It outlives the daemon."""

    def __init__(self, path):
        self._path = str(path)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.console = "http://localhost:%d/" % self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        # Wakes the accepting thread, which closing alone does not.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self):
        while True:
            try:
                inside, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._connect, args=(inside,), daemon=True).start()

    def _connect(self, inside):
        with inside, socket.socket(socket.AF_UNIX) as outside:
            try:
                outside.connect(self._path)
            except OSError:
                return
            back = threading.Thread(target=_pump, args=(outside, inside), daemon=True)
            back.start()
            _pump(inside, outside)
            back.join()


def _pump(source, target):
    try:
        while content := source.recv(65536):
            target.sendall(content)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=TIMEOUT_S)
        self._path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(TIMEOUT_S)
        self.sock.connect(self._path)
