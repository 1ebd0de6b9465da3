"""Prints the tables of benches/compare/run from the runs in a directory: table.py DIRECTORY RATE"""

import json
import pathlib
import statistics
import sys

GROUPS = [
    ("tcp", "HTTP on TCP, closed loop"),
    ("unix", "HTTP on a Unix socket, closed loop"),
    ("resp1", "RESP on a Unix socket, one request in flight on each connection"),
    ("resp16", "RESP on a Unix socket, 16 in flight"),
    ("open", "HTTP on a Unix socket, open loop at {rate} requests/s: latency from when a request was due"),
]


def main():
    directory, rate = pathlib.Path(sys.argv[1]), int(sys.argv[2])
    for group, title in GROUPS:
        files = sorted(directory.glob(f"{group}-*.json"))
        targets = {}
        for file in files:
            run = json.loads(file.read_text())["runs"][0]
            targets.setdefault(file.name.split(".")[0], []).append(run)
        if targets:
            print(f"## {title.format(rate=f'{rate:,}')}\n")
            table(list(targets.values()))
            print(f"\n![latency by percentile](plots/{group}.svg)\n")


def table(targets):
    floor = targets[0]
    # The rounds are compared one by one, since the machine drifts from one to the next.
    redis = next((runs for runs in targets if runs[0]["protocol"] == "Redis GET" and runs is not floor), None)
    heads = ["", "requests/s", "least to most", "of the floor", "p50, µs", "p99, µs", "p99 by the floor's", "p99.9, µs"]
    if redis:
        heads.insert(4, "of Redis")
    print("| " + " | ".join(heads) + " |")
    print("|---" * len(heads) + "|")
    for runs in targets:
        rates = [run["requestsPerSecond"] for run in runs]
        cells = [
            runs[0]["name"],
            f"{statistics.median(rates):,.0f}",
            f"{min(rates):,.0f} to {max(rates):,.0f}",
            ratio(runs, floor, throughput),
        ]
        if redis:
            cells.append(ratio(runs, redis, throughput))
        cells += [latency(runs, "p50"), latency(runs, "p99"), ratio(runs, floor, p99), latency(runs, "p99.9")]
        print("| " + " | ".join(cells) + " |")


def ratio(runs, others, figure):
    """The median of the ratios of each round."""
    return f"{statistics.median(figure(run) / figure(other) for run, other in zip(runs, others)):.2f}"


def throughput(run):
    return run["requestsPerSecond"]


def p99(run):
    return run["latency"]["microseconds"]["p99"]


def latency(runs, name):
    return f"{statistics.median(run['latency']['microseconds'][name] for run in runs):,.0f}"


main()
