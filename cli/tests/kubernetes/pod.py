"""codeid as its pod runs it: its command, its user, and its volumes as the kubelet lays them out, below a directory."""

import json
import os
import shutil
import ssl
import subprocess
import tempfile
import threading
import time
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path

from manifests import PROGRAM, config_map, container_of_codeid, secrets, volume_of

TIMEOUT_S = 60

# A gateway is another user than codeid, and of no group of codeid but that of the sockets.
GATEWAY = 10001


class Pod:
    """A running daemon. `close` kills it and removes its directory."""

    def __init__(self, resources):
        self._pod, self._container = container_of_codeid(resources)
        self._resources = resources
        self._volumes = {}
        self._log = []
        self._root = Path(tempfile.mkdtemp(prefix="codeid-pod-"))
        self._root.chmod(0o755)
        self._program = self._root / "codeid"
        shutil.copy(PROGRAM, self._program)
        self._process = None
        try:
            self.token = self._make_secrets()
            self._mount()
            self._start()
        except BaseException:
            self.close()
            raise

    def close(self):
        if self._process:
            self._process.kill()
            self._process.wait()
            self._reading.join()
            self._process.stderr.close()
        shutil.rmtree(self._root)

    def probe(self, kind):
        """Runs the command of a probe, and returns its exit status."""
        return self._run(self._container[kind]["exec"]["command"]).returncode

    def status(self):
        command = [*self._container["livenessProbe"]["exec"]["command"], "--json"]
        return json.loads(self._run(command).stdout)

    def identify(self, code_value):
        """Returns the response to a gateway, with its head."""
        command = ["curl", "--silent", "--show-error", "--include", "--unix-socket", self._path("/run/codeid/codeid.sock")]
        command += ["--header", "Content-Type: application/json"]
        command += ["--data", json.dumps({"codeValue": code_value, "openId": "user-42"})]
        command += ["http://codeid/v1/identifyCode"]
        return subprocess.run(
            command, check=True, stdout=subprocess.PIPE, text=True, **self._user(GATEWAY, GATEWAY)
        ).stdout

    def change_rules(self, change):
        """Changes the rules as the kubelet does once the config map has changed."""
        files = config_map(self._resources, volume_of(self._pod, "codeid-rules"))
        rules = json.loads(files["routes.json"])
        change(rules)
        self._volumes["codeid-rules"].write({"routes.json": json.dumps(rules)})

    def metrics(self, server_name):
        """Returns the metrics as Prometheus gets them, with its token and the authority of the secret."""
        address = self.status()["daemon"]["listeners"]["adminHttp"]
        host, port = address.removeprefix("https://").rsplit(":", 1)
        connection = HTTPSConnection(host, int(port), timeout=TIMEOUT_S)
        trusted = ssl.create_default_context(cafile=self._root / "tls.crt")
        connection.connect = lambda: _connect(connection, trusted, server_name)
        connection.request("GET", "/metrics", headers={"Authorization": f"Bearer {self.token}"})
        response = connection.getresponse()
        content = response.read().decode()
        connection.close()
        assert response.status == 200, (response.status, content)
        return content

    def _make_secrets(self):
        """Makes the contents of the secrets, as the commands of README.md do, and returns the token."""
        _run_quietly(
            "openssl req -x509 -newkey rsa:2048 -nodes -keyout tls.key -out tls.crt -days 1 -subj /CN=codeid-admin "
            "-addext subjectAltName=DNS:codeid-admin",
            self._root,
        )
        _run_quietly("openssl genrsa -out private-key.pem 2048", self._root)
        _run_quietly("openssl rsa -in private-key.pem -pubout -out upstream-1.pem", self._root)
        made = subprocess.run(
            [PROGRAM, "admin", "token", "prometheus", "metrics"], check=True, capture_output=True, text=True
        )
        token, line = [line.split(": ", 1)[1] for line in made.stdout.splitlines()]
        (self._root / "tokens").write_text(f"{line}\n")
        return token

    def _mount(self):
        for mount in self._container["volumeMounts"]:
            path = self._path(mount["mountPath"])
            path.mkdir(parents=True)
            volume = volume_of(self._pod, mount["name"])
            if "configMap" in volume:
                self._mount_files(mount["name"], path, 0o644).write(self._files_of(volume))
            elif "projected" in volume:
                mode = volume["projected"]["defaultMode"]
                self._mount_files(mount["name"], path, mode).write(self._files_of_secrets(volume))
            else:
                self._own_directory(path, "hostPath" in volume)

    def _own_directory(self, path, of_node):
        """Gives a directory the owner and the mode that the container `directories`, or fsGroup, gives it."""
        group = self._group()
        if _is_root():
            os.chown(path, group if of_node else 0, group)
        path.chmod(0o750 if of_node else 0o2777)

    def _mount_files(self, name, path, mode):
        self._volumes[name] = Volume(path, mode, self._group() if _is_root() else None)
        return self._volumes[name]

    def _files_of(self, volume):
        files = config_map(self._resources, volume)
        return {name: self._local(content) for name, content in files.items()}

    def _files_of_secrets(self, volume):
        items = [item for secret in secrets(volume) for item in secret["items"]]
        return {item["path"]: (self._root / item["key"]).read_text() for item in items}

    def _local(self, settings):
        """Returns the settings with paths below the directory, a free port, and sdkProxy."""
        before, of_proxy = settings.split("# sdkProxy", 1) if "# sdkProxy" in settings else (settings, "")
        of_proxy = "".join(line.removeprefix("# ") + "\n" for line in of_proxy.splitlines()[1:] if line != "#")
        settings = before + of_proxy.replace('client-id = "…"', 'client-id = "client-1"')
        for path in [mount["mountPath"] for mount in self._container["volumeMounts"]]:
            settings = settings.replace(f"{path}/", f"{self._path(path)}/")
        if not _is_root():
            settings = settings.replace(f'group = "{self._group()}"', f'group = "{os.getgid()}"')
        return settings.replace("0.0.0.0:9443", "127.0.0.1:0")

    def _path(self, path):
        return self._root / path.removeprefix("/")

    def _group(self):
        return self._pod["spec"]["securityContext"]["fsGroup"]

    def _user(self, user, group):
        if not _is_root():
            return {}
        return {"user": user, "group": group, "extra_groups": [self._group()]}

    def _command(self, words):
        words = [str(self._path(word)) if word.startswith(("/etc/", "/run/")) else word for word in words]
        return [self._program if word == "/usr/bin/codeid" else word for word in words]

    def _run(self, command):
        context = self._container["securityContext"]
        user = self._user(context["runAsUser"], context["runAsGroup"])
        return subprocess.run(self._command(command), stdout=subprocess.PIPE, text=True, **user)

    def _start(self):
        """Starts the daemon, whose file events alone are to show a change, and waits until it serves."""
        context = self._container["securityContext"]
        command = ["/usr/bin/codeid", *self._container["args"], "--set", "watch.poll-interval-ms=86400000"]
        self._process = subprocess.Popen(
            self._command(command),
            cwd="/",
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            **self._user(context["runAsUser"], context["runAsGroup"]),
        )
        started = threading.Event()
        self._reading = threading.Thread(target=self._read_log, args=(started,))
        self._reading.start()
        if not started.wait(TIMEOUT_S) or self._process.poll() is not None:
            raise AssertionError("the daemon did not start:\n" + "".join(self._log))

    def _read_log(self, started):
        for line in self._process.stderr:
            self._log.append(line)
            if "serving" in line:
                started.set()
        started.set()


class Volume:
    """Files as the kubelet mounts them: links to `..data`, itself a link to a directory for each version."""

    def __init__(self, path, mode, group):
        self._path, self._mode, self._group, self._version = path, mode, group, 0
        self._own(path, 0o3777)

    def write(self, files):
        """Writes a version, exchanges the link, and removes the version before."""
        self._version += 1
        version = self._path / f"..2026_11_30_00_00_00.{self._version}"
        version.mkdir()
        for name, content in files.items():
            (version / name).write_text(content)
            self._own(version / name, self._mode)
        self._own(version, 0o2755)
        before = os.readlink(self._path / "..data") if self._version > 1 else None
        (self._path / "..data_tmp").symlink_to(version.name)
        (self._path / "..data_tmp").rename(self._path / "..data")
        for name in files:
            if not (self._path / name).is_symlink():
                (self._path / name).symlink_to(f"..data/{name}")
        if before:
            shutil.rmtree(self._path / before)

    def _own(self, path, mode):
        if self._group is not None:
            os.chown(path, 0, self._group)
        path.chmod(mode)


def wait_for(condition):
    """Waits until the condition holds."""
    deadline = time.monotonic() + TIMEOUT_S
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError("the condition did not hold in time")
        time.sleep(0.02)


def _connect(connection, context, server_name):
    HTTPConnection.connect(connection)
    connection.sock = context.wrap_socket(connection.sock, server_hostname=server_name)


def _run_quietly(command, directory):
    subprocess.run(command.split(), cwd=directory, check=True, stderr=subprocess.DEVNULL)


def _is_root():
    return os.geteuid() == 0
