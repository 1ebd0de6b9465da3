"""Measures the engine beside its peers, one lookup after the other on one thread:

    in_process.py DIRECTORY ROUNDS workload|families

Writes DIRECTORY/workload.json or DIRECTORY/families.json, which report.py reads. A peer is a program in peers/ that

- compiles the rules of a directory that served_workload wrote,
- finds the first rule for every code there (for the first 20,000 codes if it tries one rule after the other), and exits with
  an error at the first unexpected one,
- prints `ready MILLISECONDS BYTES`: the time to compile, and the size of the result, or 0 if it is not known;
  if it cannot compile the rules, it prints `refused MESSAGE` instead and ends,
- then, for each line of its standard input, looks up the next codes for a tenth of a second, and prints the nanoseconds of
  one lookup: the median over chunks of 160 codes, which are short enough that few are interrupted by other work.

All peers of a workload run at the same time and take turns: the machine drifts, and in one round all meet about the same
conditions.
"""

import json
import os
import pathlib
import select
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).parent
BIN = pathlib.Path("target/release")
CODES = {"workload": "100000", "families": "20000"}
# The time in which a peer has to compile the rules and to find the winners. Hyperscan takes minutes for some families.
READY_SECONDS = 120
WORKLOADS = [(kind, rules) for kind in ("usual", "near-misses", "automata") for rules in (10, 100, 1000, 5000)]


def main():
    directory, rounds, part = pathlib.Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    peers, missing, versions = build_peers(directory / f"peers-{part}")
    results = []
    for kind, rules in WORKLOADS if part == "workload" else families():
        print(f"in process: {rules} rules, {kind}", file=sys.stderr)
        workload = directory / f"{kind}-{rules}"
        workload.mkdir()
        subprocess.run([BIN / "served_workload", workload, str(rules), CODES[part], kind], check=True)
        for figures in measure(workload, chosen(peers, part, kind), rounds):
            results.append({"kind": kind, "rules": rules, **figures})
    document = {"results": results, "missing": missing, "versions": versions, "codes": int(CODES[part]), "rounds": rounds}
    (directory / f"{part}.json").write_text(json.dumps(document))


def families():
    """Returns each family with each number of rules."""
    names = subprocess.run([BIN / "served_workload", "families"], capture_output=True, text=True, check=True).stdout.split()
    # A pattern from a real code may have a newline, which cannot stand in a line of patterns.txt.
    return [(name, rules) for name in names if name != "corpus" for rules in (30, 300, 1000)]


def chosen(peers, part, kind):
    """Returns the peers that are measured with a workload."""
    if part == "families":
        left_out = ("16 at a time", "one after the other", "read every byte")
    elif kind == "automata":
        left_out = ("one after the other", "lazy DFA")
    else:
        left_out = ("lazy DFA",)
    return {name: peer for name, peer in peers.items() if not any(text in name for text in left_out)}


def build_peers(directory):
    """Builds the peers. Returns the commands of those that can be built here, the names of the others, and versions."""
    directory.mkdir()
    rust = {
        "codeid": "codeid",
        "codeid, 16 at a time": "batch",
        "RegexSet": "regex-set",
        "lazy DFA": "lazy-dfa",
        "regex, one after the other": "regex-loop",
        "read every byte": "floor",
    }
    peers = {name: [BIN / "peer", kind] for name, kind in rust.items()}
    missing, versions = [], []
    for name, source, library in (("RE2::Set", "re2_set", "re2"), ("Hyperscan", "hyperscan", "hs")):
        command = ["g++", "-std=c++17", "-O3", "-march=native", "-o", directory / source, HERE / f"peers/{source}.cc"]
        if shutil.which("g++") and succeeds([*command, f"-l{library}"]):
            peers[name] = [directory / source]
            versions += package_versions(f"lib{library}-dev", "libhyperscan-dev", "libvectorscan-dev", "libre2-dev")
        else:
            missing.append(name)
    if shutil.which("javac") and succeeds(["javac", "-d", directory, HERE / "peers/Loop.java"]):
        peers["java.util.regex, one after the other"] = ["java", "-XX:+UseSerialGC", "-cp", directory, "Loop"]
        version = subprocess.run(["java", "-version"], capture_output=True, text=True, check=True).stderr
        versions.append(version.splitlines()[0])
    else:
        missing.append("java.util.regex")
    return peers, missing, list(dict.fromkeys(versions))


def succeeds(command):
    return subprocess.run(command, capture_output=True).returncode == 0


def package_versions(*packages):
    """Returns the name and the version of each package that is installed."""
    if not shutil.which("dpkg-query"):
        return []
    query = ["dpkg-query", "--show", "--showformat=${db:Status-Abbrev}${Package} ${Version}\n", *packages]
    lines = subprocess.run(query, capture_output=True, text=True).stdout.splitlines()
    return [line[3:].strip() for line in lines if line.startswith("ii")]


def measure(workload, peers, rounds):
    """Returns the figures of each peer on this workload, or its refusal."""
    pin = ["taskset", "-c", str(os.cpu_count() - 1)] if shutil.which("taskset") else []
    started, refused = {}, []
    # Start one after the other, so that no peer compiles while another is timed.
    for name, command in peers.items():
        process = subprocess.Popen(
            [*pin, *command, workload], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )
        if not select.select([process.stdout], [], [], READY_SECONDS)[0]:
            process.kill()
            process.wait()
            refused.append({"name": name, "refused": f"not ready after {READY_SECONDS} s"})
            continue
        ready = process.stdout.readline().split()
        if ready and ready[0] == "refused":
            refused.append({"name": name, "refused": " ".join(ready[1:])})
            process.wait()
            continue
        if not ready or ready[0] != "ready":
            sys.exit(f"{name} does not find the expected rules in {workload.name}")
        started[name] = process, {"name": name, "compile_ms": float(ready[1]), "bytes": int(ready[2]), "ns": []}
    for _ in range(rounds):
        for process, figures in started.values():
            process.stdin.write("\n")
            figures["ns"].append(float(process.stdout.readline()))
    for process, _ in started.values():
        process.stdin.close()
        process.wait()
    return [figures for _, figures in started.values()] + refused


main()
