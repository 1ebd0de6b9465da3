"""The engine beside its peers, one lookup after the other on one thread: in_process.py DIRECTORY ROUNDS

Writes DIRECTORY/in_process.json, for report.py. A peer is a program in peers/ that

- compiles the rules of a directory that served_workload wrote,
- finds the first rule for every code there, one that asks one rule after the other for the first 20,000 of them, and ends
  with an error where it is not the expected one,
- prints `ready MILLISECONDS BYTES`: how long compiling took, and how large the result is, if it can tell,
- then, for each line that it reads, goes on through the codes for a tenth of a second, and prints the nanoseconds for one
  lookup: the median of those of chunks of 160 codes, few of which are interrupted by whatever else the machine does.

All peers of a workload run at the same time, and take turns: the machine drifts, and in a round all see about the same.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).parent
BIN = pathlib.Path("target/release")
CODES = "100000"
WORKLOADS = [(kind, rules) for kind in ("usual", "near-misses", "automata") for rules in (10, 100, 1000, 5000)]


def main():
    directory, rounds = pathlib.Path(sys.argv[1]), int(sys.argv[2])
    peers, missing, versions = build(directory / "peers")
    results = []
    for kind, rules in WORKLOADS:
        print(f"in process: {rules} rules, {kind}", file=sys.stderr)
        workload = directory / f"{kind}-{rules}"
        workload.mkdir()
        subprocess.run([BIN / "served_workload", workload, str(rules), CODES, kind], check=True)
        chosen = peers if kind != "automata" else {n: p for n, p in peers.items() if "one after the other" not in n}
        for figures in measure(workload, chosen, rounds):
            results.append({"kind": kind, "rules": rules, **figures})
    document = {"results": results, "missing": missing, "versions": versions, "codes": int(CODES), "rounds": rounds}
    (directory / "in_process.json").write_text(json.dumps(document))


def build(directory):
    """The commands of the peers that can be built here, the names of the others, and versions."""
    directory.mkdir()
    rust = {
        "codeid": "codeid",
        "codeid, 16 at a time": "batch",
        "RegexSet": "regex-set",
        "regex, one after the other": "regex-loop",
        "read every byte": "floor",
    }
    peers = {name: [BIN / "peer", kind] for name, kind in rust.items()}
    missing, versions = [], []
    for name, source, library in (("RE2::Set", "re2_set", "re2"), ("Hyperscan", "hyperscan", "hs")):
        command = ["g++", "-std=c++17", "-O3", "-march=native", "-o", directory / source, HERE / f"peers/{source}.cc"]
        if shutil.which("g++") and runs([*command, f"-l{library}"]):
            peers[name] = [directory / source]
            versions += package_versions(f"lib{library}-dev", "libhyperscan-dev", "libvectorscan-dev", "libre2-dev")
        else:
            missing.append(name)
    if shutil.which("javac") and runs(["javac", "-d", directory, HERE / "peers/Loop.java"]):
        peers["java.util.regex, one after the other"] = ["java", "-XX:+UseSerialGC", "-cp", directory, "Loop"]
        version = subprocess.run(["java", "-version"], capture_output=True, text=True, check=True).stderr
        versions.append(version.splitlines()[0])
    else:
        missing.append("java.util.regex")
    return peers, missing, list(dict.fromkeys(versions))


def runs(command):
    return subprocess.run(command, capture_output=True).returncode == 0


def package_versions(*packages):
    if not shutil.which("dpkg-query"):
        return []
    query = ["dpkg-query", "--show", "--showformat=${db:Status-Abbrev}${Package} ${Version}\n", *packages]
    lines = subprocess.run(query, capture_output=True, text=True).stdout.splitlines()
    return [line[3:].strip() for line in lines if line.startswith("ii")]


def measure(workload, peers, rounds):
    """Figures of each peer on this workload."""
    pin = ["taskset", "-c", str(os.cpu_count() - 1)] if shutil.which("taskset") else []
    started = {}
    # One by one: another that compiles would be in the way.
    for name, command in peers.items():
        process = subprocess.Popen(
            [*pin, *command, workload], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )
        ready = process.stdout.readline().split()
        if not ready or ready[0] != "ready":
            sys.exit(f"{name} does not give the expected answers to {workload.name}")
        started[name] = process, {"name": name, "compile_ms": float(ready[1]), "bytes": int(ready[2]), "ns": []}
    for _ in range(rounds):
        for process, figures in started.values():
            process.stdin.write("\n")
            figures["ns"].append(float(process.stdout.readline()))
    for process, _ in started.values():
        process.stdin.close()
        process.wait()
    return [figures for _, figures in started.values()]


main()
