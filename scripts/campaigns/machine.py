"""A machine in namespaces: a root directory of Debian, in which systemd runs as process 1.

It shares the kernel with this machine, and nothing else: processes, mounts, the network, control groups and the host name
are its own.
"""

import os
import shlex
import shutil
import signal
import subprocess
import time
from pathlib import Path

GROUPS = Path("/sys/fs/cgroup")

# The time that systemd has to start, on a machine that is busy.
PATIENCE_SECONDS = 60


class Machine:
    def __init__(self, directory, packages):
        """Installs a minimal Debian with these packages into a directory."""
        self.root = Path(directory) / "root"
        self.group = f"codeid-{os.getpid()}"
        self.process = None
        subprocess.run(
            ["mmdebstrap", "--quiet", "--variant=minbase", f"--include={','.join(packages)}", "bookworm", str(self.root)],
            check=True,
        )
        # They would open the terminals of this machine.
        for unit in ("getty.target", "console-getty.service"):
            (self.root / "etc/systemd/system" / unit).symlink_to("/dev/null")

    def boot(self):
        """Starts systemd and waits until it has started everything."""
        self.process = subprocess.Popen(
            ["sh", "-ec", self.script()], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, start_new_session=True
        )
        deadline = time.monotonic() + PATIENCE_SECONDS
        state = ""
        while state not in ("running", "degraded"):
            if time.monotonic() > deadline:
                raise TimeoutError(f"systemd has not started after {PATIENCE_SECONDS} s: {state}")
            time.sleep(0.2)
            state = self.run("systemctl", "is-system-running", "--wait", check=False).stdout.strip()

    def script(self):
        """Returns the commands that enter control groups and namespaces of their own, and become systemd."""
        hierarchies = list(control_groups())
        enter = [
            f"mkdir {path}/{self.group}; "
            f"for part in cpus mems; do [ ! -e {path}/cpuset.$part ] || cat {path}/cpuset.$part >{path}/{self.group}/cpuset.$part; done; "
            f"echo $$ >{path}/{self.group}/cgroup.procs"
            for path, _, _ in hierarchies
        ]
        root = shlex.quote(str(self.root))
        mounts = [
            "mount --make-rprivate /",
            f"mount --bind {root} {root}",
            f"mount -t proc proc {root}/proc",
            # Read-only, so that systemd does not set what belongs to the kernel of both machines.
            f"mount --bind -o ro {root}/proc/sys {root}/proc/sys",
            f"mount -t sysfs -o ro sysfs {root}/sys",
            f"mount -t tmpfs tmpfs {root}/run",
        ]
        if len(hierarchies) > 1:
            mounts.append(f"mount -t tmpfs -o mode=755 tmpfs {root}{GROUPS}")
        for path, kind, options in hierarchies:
            if path != GROUPS:
                mounts.append(f"mkdir {root}{path}")
            mounts.append(f"mount -t {kind} -o {options} {kind} {root}{path}")
        become = (
            "ip link set lo up; hostname machine; "
            f"exec chroot {root} env -i container=machine PATH=/usr/sbin:/usr/bin:/sbin:/bin "
            "/lib/systemd/systemd --unit=multi-user.target"
        )
        namespaces = "--fork --kill-child --pid --mount --cgroup --uts --ipc --net"
        inside = shlex.quote("\n".join([*mounts, become]))
        return "\n".join([*enter, f"exec unshare {namespaces} sh -ec {inside}"])

    def run(self, *command, check=True, user=None, group=None):
        """Runs a command in the machine, as root or as another user with one group alone."""
        pid = self.first_process()
        if pid is None:
            return subprocess.CompletedProcess(command, 1, "", "the machine is off")
        if user is not None:
            command = ("setpriv", f"--reuid={user}", f"--regid={group}", "--clear-groups", *command)
        enter = ["nsenter", f"--target={pid}", "--all", f"--root=/proc/{pid}/root", f"--wd=/proc/{pid}/root"]
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND": "noninteractive"}
        ran = subprocess.run(
            [*enter, *command], env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
        if check and ran.returncode != 0:
            raise RuntimeError(f"{shlex.join(command)}: status {ran.returncode}\n{ran.stdout}{ran.stderr}")
        return ran

    def first_process(self):
        """Returns the number that systemd has outside of its namespace, or None before it runs."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        try:
            child = children.read_text().split()[0]
            return child if Path(f"/proc/{child}/comm").read_text() == "systemd\n" else None
        except (OSError, IndexError):
            return None

    def off(self):
        """Ends all processes of the machine, and removes its control groups."""
        if self.process is None:
            return
        # unshare ignores SIGTERM.
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        for path, _, _ in control_groups():
            remove_group(path / self.group)


def control_groups():
    """Yields the mount point, kind and options of each hierarchy of control groups."""
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        before, after = line.split(" - ")
        point = Path(before.split()[4])
        kind, _, options = after.split()[:3]
        if kind in ("cgroup", "cgroup2") and GROUPS in [point, *point.parents]:
            own = [word for word in options.split(",") if word not in ("rw", "nsdelegate", "memory_recursiveprot")]
            # A hierarchy that has a name only is mounted by it.
            if any(word.startswith("name=") for word in own):
                own.insert(0, "none")
            yield point, kind, ",".join(own) or "rw"


def remove_group(group):
    """Removes a control group with those below it, once their processes have ended."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while group.exists():
        for below, _, _ in os.walk(group, topdown=False):
            try:
                os.rmdir(below)
            except OSError:
                if time.monotonic() > deadline:
                    raise
        time.sleep(0.1)


def missing_tools():
    """Returns the commands that a machine needs and this one lacks."""
    return [name for name in ("mmdebstrap", "unshare", "nsenter", "ip") if shutil.which(name) is None]
