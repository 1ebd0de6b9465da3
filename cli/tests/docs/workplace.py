"""A directory in which the commands of one page run, with a daemon of its own."""

import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
from pathlib import Path

from pages import ROOT, is_as_shown

TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
PROGRAM = TARGET / "debug" / "codeid"
TOOLS = ROOT / "target" / "tools"
# The time after which a test that waits fails. A page may build programs, on a machine that builds others.
TIMEOUT_S = 180
# What `codeid serve` and `codeid mock-gateway` write once they can be reached.
READY = re.compile(r"serving|listening")
LOOPBACK_PORT = re.compile(r"\b(127\.0\.0\.1|localhost):(\d{4,5})\b")
# So that no output of a command is taken for the end of one.
END = "--end-of-the-command--"


class Workplace:
    """A directory with copies of `config/` and `docs/examples/`. `close` ends what runs there, and removes it.

    A port of the loopback address that a page names may be in use here. Each stands for a free one: in commands and written
    files it is replaced by that, and in outputs the reverse.
    """

    def __init__(self):
        self.directory = Path(tempfile.mkdtemp(prefix="codeid-docs-"))
        for folder in ("config", "docs/examples"):
            shutil.copytree(ROOT / folder, self.directory / folder)
        self._ports = {}
        self._running = []
        here = {
            "CODEID_LISTEN__HTTP": self.inside("127.0.0.1:8080"),
            # redis-cli formats its replies as on a terminal.
            "FAKETTY": "1",
            "GOCACHE": str(TARGET / "go-cache"),
            "HOME": str(self.directory),
            "LANG": "C.UTF-8",
            "NODE_PATH": str(TOOLS / "node" / "node_modules"),
            "PATH": f"{PROGRAM.parent}:{os.environ['PATH']}",
            "PYTHONPATH": str(TOOLS / "python"),
        }
        hidden = re.compile(r"CODEID_|.*_proxy$", re.IGNORECASE)
        self.environment = {name: value for name, value in os.environ.items() if not hidden.match(name)} | here

    def inside(self, text):
        """Returns a text of a page with the ports that are used here."""

        def used(match):
            if match[2] not in self._ports:
                self._ports[match[2]] = str(_free_port())
            return f"{match[1]}:{self._ports[match[2]]}"

        return LOOPBACK_PORT.sub(used, text)

    def outside(self, text):
        """Returns an output with the ports that the page names."""
        named = {used: port for port, used in self._ports.items()}
        return LOOPBACK_PORT.sub(lambda match: f"{match[1]}:{named.get(match[2], match[2])}", text)

    def write(self, name, text):
        path = self.directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self.inside(text))

    def serve(self, *arguments):
        """Starts a daemon with the default settings and waits until it serves."""
        self.start(" ".join(["exec codeid serve", *arguments]))

    def start(self, command, shown=()):
        """Starts a command and waits until its output has the lines that are shown, or those of a start."""
        process = subprocess.Popen(
            ["bash", "-c", self.inside(command)],
            cwd=self.directory,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        lines, ready = [], threading.Event()

        def read():
            for line in process.stdout:
                lines.append(line)
                output = self.outside("".join(lines))
                if is_as_shown([*shown, "…"], output) if shown else READY.search(line):
                    ready.set()
            ready.set()

        reading = threading.Thread(target=read)
        reading.start()
        self._running.append((process, reading))
        if not ready.wait(TIMEOUT_S) or process.poll() is not None:
            raise AssertionError(f"{command} did not start:\n{''.join(lines)}")

    def stop_last(self):
        """Stops what was started last, with SIGTERM."""
        process, reading = self._running.pop()
        _signal(process, signal.SIGTERM)
        try:
            process.wait(TIMEOUT_S)
        finally:
            _signal(process, signal.SIGKILL)
            process.wait()
            reading.join()
            process.stdout.close()

    def run(self, commands):
        """Runs commands in one shell. Yields the exit status and the output of each, up to one that ends the shell."""
        script = "".join(f"{command}\nprintf '\\n%s %s\\n' {END} $?\n" for command in commands)
        process = subprocess.Popen(
            ["bash", "-o", "pipefail", "-c", self.inside(script)],
            cwd=self.directory,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        try:
            output, _ = process.communicate(timeout=TIMEOUT_S)
        except subprocess.TimeoutExpired:
            _signal(process, signal.SIGKILL)
            output, _ = process.communicate()
            raise AssertionError(f"no end after {TIMEOUT_S} s, output:\n{output}") from None
        for part in re.finditer(rf"(.*?)\n{END} (\d+)\n", self.outside(output), re.DOTALL):
            yield int(part[2]), part[1]

    def close(self):
        try:
            while self._running:
                self.stop_last()
        finally:
            shutil.rmtree(self.directory)


def _free_port():
    # The commands need the number before anything listens.
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def _signal(process, number):
    """Sends a signal to a command and what it started."""
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        pass
