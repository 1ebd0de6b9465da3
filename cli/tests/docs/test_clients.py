"""The clients of docs/examples: what each does when the daemon is replaced, is silent, or is gone."""

import contextlib
import http.client
import os
import select
import shutil
import socket
import subprocess
import threading
import unittest
from urllib.parse import quote

from workplace import TIMEOUT_S, Workplace

TCP, UNIX, RESP = "127.0.0.1:8080", "run/codeid.sock", "run/codeid.resp.sock"
# Where the daemon is if something else is at its address.
BEHIND = {TCP: "127.0.0.1:8081", UNIX: "run/behind.sock", RESP: "run/behind.resp.sock"}
JACKSON = ":".join(f"/usr/share/java/jackson-{part}.jar" for part in ("annotations", "core", "databind"))
EXAMPLES = "docs/examples"
# By default the worker is another user, who has no access to the directory of the test.
AS_ROOT = " user root;" if os.geteuid() == 0 else ""

# A client: the command that builds it, if there is one, the command that runs it, and the addresses that it takes.
CLIENTS = {
    "c": ("cc -Wall -Wextra -Werror -o identify docs/examples/c/identify.c -lhiredis", "./identify", [RESP]),
    "go": ("go build -o identify docs/examples/go/identify.go", "./identify", [TCP, UNIX]),
    "java, HTTP": (f"javac -Xlint:all -cp {JACKSON} -d . {EXAMPLES}/java/OverHttp.java", f"java -cp {JACKSON}:. OverHttp", [TCP]),
    "java, RESP": (f"javac -Xlint:all -cp {JACKSON} -d . {EXAMPLES}/java/OverResp.java", f"java -cp {JACKSON}:. OverResp", [RESP]),
    "node, HTTP": (None, f"node {EXAMPLES}/node/over_http.js", [TCP, UNIX]),
    "node, RESP": (None, f"node {EXAMPLES}/node/over_resp.js", [RESP]),
    "php, HTTP": (None, f"php {EXAMPLES}/php/over_http.php", [TCP, UNIX]),
    "php, RESP": (None, f"php {EXAMPLES}/php/over_resp.php", [RESP]),
    "python, HTTP": (None, f"python3 {EXAMPLES}/python/over_http.py", [TCP, UNIX]),
    "python, RESP": (None, f"python3 {EXAMPLES}/python/over_resp.py", [RESP]),
}

ORDER = ("user-42 28100104df2342342", "DECODE 28100104df2342342")
PAGE = (
    "user-42 https://qr.paypay.ne.jp/28180105 a%?&",
    "OPEN_URL https://qr.paypay.ne.jp/28180105%20a%?&",
)
OTHER = ('user-42 "é" 支付', "UNSUPPORTED")
REFUSED = ("u 28100104df2342342", "PARAM_ILLEGAL openId must have 3 to 256 characters but has 1.")


class Client:
    """A running client, which gets lines and prints a line for each."""

    def __init__(self, workplace, command, address):
        self._process = subprocess.Popen(
            [*command.split(), workplace.directory / address if "/" in address else workplace.inside(address)],
            cwd=workplace.directory,
            env=workplace.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        # So that a client that hangs ends, and the test with it.
        self._watch = threading.Timer(TIMEOUT_S, self._process.kill)
        self._watch.start()

    def ask(self, line):
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        return self._process.stdout.readline().rstrip("\n")

    def close(self):
        """Ends its input. Returns its exit status, and what it wrote to standard error."""
        _, errors = self._process.communicate()
        return self._process.returncode, errors

    def end(self):
        self._watch.cancel()
        self._process.kill()
        self._process.communicate()


class Gateway:
    """The gateway of `nginx.conf`, which gets HTTP requests; asked with lines as the clients are."""

    def __init__(self, workplace):
        command = ["nginx", "-p", workplace.directory, "-c", f"{EXAMPLES}/nginx/nginx.conf", "-g", "daemon off;" + AS_ROOT]
        self._socket = workplace.directory / "run" / "gateway.sock"
        self._process = subprocess.Popen(
            command, cwd=workplace.directory, env=workplace.environment, stderr=subprocess.PIPE, text=True
        )
        self._log, started = [], threading.Event()

        def read():
            for line in self._process.stderr:
                self._log.append(line)
                if "start worker process" in line:
                    started.set()
            started.set()

        self._reading = threading.Thread(target=read)
        self._reading.start()
        if not started.wait(TIMEOUT_S) or self._process.poll() is not None:
            self.end()
            raise AssertionError("nginx did not start:\n" + "".join(self._log))

    def ask(self, line):
        open_id, code_value = line.split(" ", 1)
        return self.request("GET", "/scan?code=" + quote(code_value, safe=""), {"X-Open-Id": open_id})

    def request(self, method, path, headers, body=None):
        connection = http.client.HTTPConnection("gateway", timeout=TIMEOUT_S)
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.settimeout(TIMEOUT_S)
        connection.sock.connect(str(self._socket))
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        text = response.read().decode()
        connection.close()
        return text if response.status == 200 else f"failed: {response.status} {text}"

    def close(self):
        self._process.terminate()
        self._process.wait(TIMEOUT_S)
        self._reading.join()
        return self._process.returncode, "".join(self._log)

    def end(self):
        # Its worker ends with it only if it can stop.
        self.close()
        self._process.stderr.close()


class Server:
    """A server at an address of the daemon. It accepts connections and is silent."""

    def __init__(self, workplace, address):
        if "/" in address:
            path = workplace.directory / address
            path.unlink(missing_ok=True)
            self._listener = socket.socket(socket.AF_UNIX)
            self._listener.bind(str(path))
            self._listener.listen()
        else:
            self._listener = socket.create_server(_host_and_port(workplace.inside(address)))
        self._connections = []
        self._thread = threading.Thread(target=self._accept)
        self._thread.start()

    def _accept(self):
        while True:
            try:
                self._connections.append(self._listener.accept()[0])
            except OSError:
                return
            self.serve(self._connections[-1])

    def serve(self, connection):
        pass

    def close(self):
        # Wakes the accepting thread, which closing alone does not.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        for open_socket in [*self._connections, self._listener]:
            open_socket.close()


def _host_and_port(address):
    host, port = address.split(":")
    return host, int(port)


class ClosingRelay(Server):
    """A relay to a daemon at the address `behind`. It closes each connection at the second request on it, and drops that request."""

    def __init__(self, workplace, address, behind):
        self.requests = 0
        self._behind = str(workplace.directory / behind) if "/" in behind else _host_and_port(workplace.inside(behind))
        super().__init__(workplace, address)

    def serve(self, connection):
        threading.Thread(target=self._relay, args=(connection,), daemon=True).start()

    def _relay(self, client):
        # The sockets may be closed here, by the end of the test.
        with contextlib.suppress(OSError, ValueError):
            self._relay_to_the_end(client)

    def _relay_to_the_end(self, client):
        is_path = isinstance(self._behind, str)
        with client, socket.socket(socket.AF_UNIX if is_path else socket.AF_INET) as daemon:
            daemon.connect(self._behind)
            is_second = False
            while True:
                ready, _, _ = select.select([client, daemon], [], [])
                for source, other in ((client, daemon), (daemon, client)):
                    if source not in ready:
                        continue
                    content = source.recv(65536)
                    # The path of a request, or the command.
                    if source is client and b"identify" in content.lower():
                        self.requests += 1
                        if is_second:
                            return
                        is_second = True
                    if not content:
                        return
                    other.sendall(content)


class Behaviour:
    """What every client has to do."""

    def setUp(self):
        self.workplace = Workplace()
        self.addCleanup(self.workplace.close)
        (self.workplace.directory / "run").mkdir(mode=0o750)

    def check_replacement(self, start):
        """A daemon decides; it is replaced while the client keeps connections open, and the new one decides."""
        self.workplace.serve()
        client = start(self.workplace)
        self.addCleanup(client.end)
        for line, decision in [ORDER, PAGE, OTHER, REFUSED, ORDER]:
            self.assert_decision(client, line, decision)
        self.workplace.stop_last()
        self.workplace.serve()
        for line, decision in [PAGE, ORDER]:
            self.assert_decision(client, line, decision)
        self.assert_end(client)

    def check_silence_and_absence(self, start, address):
        """Without a response in time, and without a daemon, the client reports a failure and goes on."""
        client = start(self.workplace)
        self.addCleanup(client.end)
        self.assert_failure(client)
        silent = Server(self.workplace, address)
        try:
            self.assert_failure(client)
        finally:
            silent.close()
        self.workplace.serve()
        self.assert_decision(client, *ORDER)
        self.assert_end(client)

    def check_closed_connection(self, start, address):
        """A request whose connection is closed without a response is sent once more, on another connection."""
        client = start(self.workplace)
        self.addCleanup(client.end)
        with self.relay(address) as relay:
            self.assert_decision(client, *ORDER)
            self.assert_decision(client, *PAGE)
            self.assertEqual(3, relay.requests)
            self.assert_end(client)

    @contextlib.contextmanager
    def relay(self, address):
        behind = BEHIND[address]
        self.workplace.serve(f"--set listen.{'http' if address == TCP else 'unix' if address == UNIX else 'resp'}={behind}")
        relay = ClosingRelay(self.workplace, address, behind)
        try:
            yield relay
        finally:
            relay.close()

    def assert_decision(self, client, line, decision):
        self.assertEqual(decision, client.ask(line))

    def assert_end(self, client):
        self.assertEqual((0, ""), client.close())

    def assert_failure(self, client):
        answer = client.ask(ORDER[0])
        self.assertTrue(answer.startswith("failed: "), answer)


class Clients(Behaviour, unittest.TestCase):
    """Tests for each client and address, made below."""


class Nginx(Behaviour, unittest.TestCase):
    """The same of the gateway, whose responses are those of codeid."""

    def assert_decision(self, client, line, decision):
        response = client.ask(line)
        for part in decision.split(" ", 1)[1:]:
            self.assertIn(part, response)
        self.assertIn(decision.split(" ", 1)[0].replace("UNSUPPORTED", '"isSupported":false'), response)

    def assert_end(self, client):
        self.assertEqual(0, client.close()[0])

    def start(self, workplace):
        self.assertTrue(shutil.which("nginx", path=workplace.environment["PATH"]), "nginx is not installed")
        return Gateway(workplace)

    def test_a_daemon_is_replaced(self):
        self.check_replacement(self.start)

    def test_a_daemon_is_silent_or_absent(self):
        self.check_silence_and_absence(self.start, RESP)

    def test_a_connection_on_which_requests_are_passed_on_is_closed(self):
        gateway = self.start(self.workplace)
        self.addCleanup(gateway.end)
        body = '{"codeValue": "28100104df2342342", "openId": "user-42"}'
        with self.relay(UNIX) as relay:
            for _ in range(2):
                response = gateway.request("POST", "/v1/identifyCode", {"Content-Type": "application/json"}, body)
                self.assertIn('"DECODE"', response)
            self.assertEqual(3, relay.requests)

    def test_a_connection_is_closed(self):
        self.check_closed_connection(self.start, RESP)


def _add_tests():
    for name, (build, command, addresses) in CLIENTS.items():
        for address in addresses:

            def start(workplace, build=build, command=command, address=address):
                if build:
                    [(status, output)] = workplace.run([build])
                    assert (status, output) == (0, ""), f"{build}\n{output}"
                return Client(workplace, command, address)

            words = "".join(letter if letter.isalnum() else "_" for letter in f"{name} {address}".lower())
            setattr(Clients, f"test_a_daemon_is_replaced_{words}", lambda self, start=start: self.check_replacement(start))
            setattr(
                Clients,
                f"test_a_connection_is_closed_{words}",
                lambda self, start=start, address=address: self.check_closed_connection(start, address),
            )
            setattr(
                Clients,
                f"test_a_daemon_is_silent_or_absent_{words}",
                lambda self, start=start, address=address: self.check_silence_and_absence(start, address),
            )


_add_tests()

if __name__ == "__main__":
    unittest.main()
