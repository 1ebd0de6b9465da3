"""Prints the measurements of benches/compare/run as Markdown: report.py DIRECTORY RATE"""

import csv
import json
import pathlib
import statistics
import sys

GROUPS = [
    ("tcp", "HTTP on TCP, closed loop"),
    ("unix", "HTTP on a Unix socket, closed loop"),
    ("resp1", "RESP on a Unix socket, one request in flight on each connection"),
    ("resp16", "RESP on a Unix socket, 16 in flight"),
    ("open", "HTTP on a Unix socket, open loop at {rate} requests/s: latency counts from when a request was due"),
]
RULES = (10, 100, 1000, 5000)
# The columns of `server_cells`.
SERVER = ("server busy", "CPU ns per response")


def main():
    directory, rate = pathlib.Path(sys.argv[1]), int(sys.argv[2])
    served = {group: codeid_bench_runs(directory, group) for group, _ in GROUPS}
    tools = {group: tool_runs(directory, group) for group in ("wrk", "redis1", "redis16", "redis100")}
    path = directory / "workload.json"
    in_process = InProcess(json.loads(path.read_text())) if path.exists() else None
    path = directory / "families.json"
    families = Families(json.loads(path.read_text())) if path.exists() else None
    path = directory / "ratios.md"
    ratios = path.read_text() if path.exists() else ""

    print("## Targets\n")
    print("A ratio is the median of those of all rounds, with the minimum and the maximum in brackets.\n")
    print("| | target | measured | met |\n|---|---|---|---|")
    if in_process:
        in_process_targets(in_process, ratios)
    if families:
        families.targets()
    if served["tcp"]:
        served_targets(served, tools)
    print("\nReloading under load has its own bench: [benches/README.md](README.md#reloading-under-load).\n")
    if in_process:
        in_process.tables()
        print("### In one process, and adversarial sets\n")
        print("Nanoseconds, best of several rounds. `RegexSet` and the loop are those of the `regex` crate. Each engine goes through all codes")
        print("once and then waits for the others, so that it finds the caches as they left them.\n")
        print(ratios)
    if families:
        families.tables()
    if served["tcp"]:
        print("## Served, driven by `codeid bench`\n")
        for group, title in GROUPS:
            print(f"### {title.format(rate=f'{rate:,}')}\n")
            served_table(list(served[group].values()))
            print(f"\n![latency by percentile](plots/{group}.svg)\n")
        tool_tables(tools)


def target(name, kind, wanted, ratios):
    """Prints a row of the table of targets, which is met if the median is `kind` (`≤` or `≥`) `wanted`."""
    median = statistics.median(ratios)
    is_met = median <= wanted if kind == "≤" else median >= wanted
    spread = f" ({min(ratios):.2f} to {max(ratios):.2f})" if len(ratios) > 1 else ""
    print(f"| {name} | {kind} {wanted:g} | {median:.2f}{spread} | {met(is_met)} |")


def in_process_targets(figures, ratios):
    rows = {cells[0]: cells for cells in (split_row(line) for line in ratios.splitlines())}
    targets = list(zip(RULES, (2.2, 2.6, 3.3, 4.2), (3.5, 4.5, 14, 35), (16, 64, 1024, 4096)))

    def shared(name, kind, wanted, row, column):
        target(name, kind, wanted, [float(rows[row][column])])

    for rules, floor, _, _ in targets:
        shared(f"one lookup, times the floor, {rules} rules", "≤", floor, f"Patterns, {rules}", 5)
    for rules, floor, _, _ in targets:
        measured = figures.slower("codeid", "read every byte", rules)
        target(f"the same in separate processes, {rules} rules", "≤", floor, measured)
    for rules, floor, _, _ in targets:
        name = f"one lookup, times the floor, 5 % of {rules} rules needing an automaton"
        shared(name, "≤", 2 * floor, f"WithAutomata, {rules}", 5)
    for rules, floor, _, _ in targets:
        measured = figures.slower("codeid", "read every byte", rules, "automata")
        target(f"the same in separate processes, 5 % of {rules} rules", "≤", 2 * floor, measured)
    for rules, _, faster, _ in targets:
        shared(f"times faster than `RegexSet` of whole codes, {rules} rules", "≥", faster, f"Patterns, {rules}", 7)
    for rules, _, faster, _ in targets:
        shared(f"times faster than `RegexSet` that stops early, {rules} rules", "≥", faster, f"Patterns, {rules}", 9)
    for rules, _, faster, _ in targets:
        measured = figures.slower("RegexSet", "codeid", rules)
        target(f"the same in separate processes, {rules} rules", "≥", faster, measured)
    for rules, _, _, _ in targets:
        measured = figures.slower("codeid, 16 at a time", "codeid", rules)
        target(f"one of 16 lookups at a time, relative to a single one, {rules} rules", "≤", 1, measured)
    for rules, _, _, _ in targets:
        measured = figures.figure("RegexSet", rules, "compile_ms") / figures.figure("codeid", rules, "compile_ms")
        target(f"compiled, times faster than `RegexSet`, {rules} rules", "≥", 2, [measured])
    for rules, _, _, kilobytes in targets:
        target(f"table of {rules} rules, KB", "≤", kilobytes, [figures.figure("codeid", rules, "bytes") / 1024])
    for row in ("8000 bytes", "8192-byte codes that almost match", "prefixes nested a thousand deep"):
        shared(f"{row}, ns per byte", "≤", 5, row, 3)
    refused = "the same, all but one refused"
    shared("prefixes nested a thousand deep, all but one refused, ns per byte", "≤", 5, refused, 3)


def split_row(line):
    """Returns the cells of a row of a Markdown table."""
    return [cell.strip() for cell in line.strip("|").split("|")]


def served_targets(served, tools):
    for group, name in (("tcp", "HTTP on TCP"), ("unix", "HTTP on a Unix socket")):
        runs = served[group]
        target(f"{name}, share of the floor's throughput", "≥", 0.9, quotients(runs["1-codeid"], runs["0-floor"], throughput))
    if tools["wrk"]:
        runs = tools["wrk"]
        target("HTTP on TCP, share of the floor's throughput, by `wrk`", "≥", 0.9, quotients(runs["1-codeid"], runs["0-floor"], throughput))
        batch = [1 / (16 * ratio) for ratio in quotients(runs["2-codeid-batch"], runs["1-codeid"], throughput)]
        target("one lookup of a batch of 16 by HTTP, relative to a single one", "≤", 1, batch)
    for depth, wanted in ((1, 1), (16, 1.5)):
        runs = served[f"resp{depth}"]
        if "1-redis" in runs:
            for run, command in (("2-codeid", ""), ("3-codeid-json", "`AS JSON`, ")):
                measured = quotients(runs[run], runs["1-redis"], throughput)
                target(f"RESP, {command}relative to the throughput of Redis GET, depth {depth}", "≥", wanted, measured)
        runs = tools[f"redis{depth}"]
        if "0-redis" in runs:
            for run, command in (("1-codeid", ""), ("2-codeid-json", "`AS JSON`, ")):
                measured = quotients(runs[run], runs["0-redis"], throughput)
                name = f"RESP, {command}relative to the throughput of Redis GET, depth {depth}, by `redis-benchmark`"
                target(name, "≥", wanted, measured)
    if "3-codeid-batch" in tools["redis1"]:
        runs = tools["redis1"]
        batch = [1 / (16 * ratio) for ratio in quotients(runs["3-codeid-batch"], runs["1-codeid"], throughput)]
        target("one lookup of a `MIDENTIFY` of 16, relative to one `IDENTIFY`", "≤", 1, batch)
    runs = served["resp16"]
    target("RESP, share of the echo's throughput, depth 16", "≥", 0.5, quotients(runs["2-codeid"], runs["0-floor"], throughput))
    for group, name in (("tcp", "TCP"), ("unix", "Unix socket")):
        runs = served[group]
        target(f"p99 relative to the floor's, HTTP on {name}", "≤", 1.2, quotients(runs["1-codeid"], runs["0-floor"], p99))
    # Other work on the machine dominates: the same server has a p99 of 100 and of 3,000 µs in two rounds.
    runs = served["open"]
    least = [min(map(p99, runs[name])) for name in ("1-codeid", "0-floor")]
    name = "p99 relative to the floor's, HTTP on Unix socket, open loop, least of all rounds"
    target(name, "≤", 1.2, [least[0] / least[1]])


class InProcess:
    """The measurements of in_process.py with the workload."""

    def __init__(self, document):
        self.document = document
        self.rows = {(row["kind"], row["rules"], row["name"]): row for row in document["results"]}

    def figure(self, name, rules, key, kind="usual"):
        return self.rows[kind, rules, name][key]

    def slower(self, name, other, rules, kind="usual"):
        """Returns the time of `name` divided by that of `other`, for each turn."""
        return [a / b for a, b in zip(self.figure(name, rules, "ns", kind), self.figure(other, rules, "ns", kind))]

    def tables(self):
        document = self.document
        print("## In process\n")
        print(f"One thread, one lookup after the other, {document['codes']:,} codes. Nanoseconds: the median of {document['rounds']} turns, which")
        print("alternate with those of all others, with the minimum and the maximum in brackets. All peers found the same rule for every code.")
        print("Each has its own process, in which it goes through the codes again and again, so that caches and prefetchers know them.")
        print("codeid borrows its live table for each code, as a server does.")
        print(f"{'; '.join(document['versions'])}.")
        if document["missing"]:
            print(f"Not installed, so not measured: {', '.join(document['missing'])}.")
        for kind, title in (
            ("usual", "Half hits, two fifths near misses, the rest unrelated"),
            ("near-misses", "Near misses only: a hit with one character more"),
            ("automata", "Like the first, but 5 % of the rules need an automaton"),
        ):
            print(f"\n### {title}\n\n| | " + " | ".join(f"{rules} rules" for rules in RULES) + " |")
            print("|---" * (len(RULES) + 1) + "|")
            for name in self.names(kind):
                print(f"| {name} | " + " | ".join(self.cell(kind, rules, name) for rules in RULES) + " |")
        print("\n### Compiling, milliseconds, and the size of the result where it is known, KB\n")
        print("| | " + " | ".join(f"{rules} rules" for rules in RULES) + " |")
        print("|---" * (len(RULES) + 1) + "|")
        for name in self.names("usual"):
            rows = [self.rows["usual", rules, name] for rules in RULES]
            if rows[0]["compile_ms"] > 0 and "16" not in name:
                sizes = [f", {row['bytes'] / 1024:,.0f} KB" if row["bytes"] else "" for row in rows]
                print(f"| {name} | " + " | ".join(f"{row['compile_ms']:.2f}{size}" for row, size in zip(rows, sizes)) + " |")
        print()

    def names(self, kind):
        return [name for row_kind, rules, name in self.rows if row_kind == kind and rules == RULES[0]]

    def cell(self, kind, rules, name):
        nanoseconds = self.rows[kind, rules, name]["ns"]
        return f"{statistics.median(nanoseconds):,.0f} ({min(nanoseconds):,.0f} to {max(nanoseconds):,.0f})"


class Families:
    """The measurements of in_process.py with families of rules."""

    def __init__(self, document):
        self.document = document
        self.rows = {}
        for row in document["results"]:
            self.rows.setdefault((row["kind"], row["rules"]), {})[row["name"]] = row
        self.peers = list(dict.fromkeys(row["name"] for row in document["results"] if row["name"] != "codeid"))

    def targets(self):
        """Prints the targets, each for all numbers of rules."""
        for rules in sorted({rules for _, rules in self.rows}):
            rows = {family: row for (family, count), row in self.rows.items() if count == rules}
            fast = sum(self.of_fastest(row) <= 1 for row in rows.values())
            print(f"| families where codeid is the fastest, {rules} rules | ≥ {len(rows)} | {fast} | {met(fast >= len(rows))} |")
            wanted = -(-3 * len(rows) // 4)
            thrice = sum(nanoseconds(row["codeid"]) * 3 <= nanoseconds(row["RegexSet"]) for row in rows.values())
            name = f"families where codeid is 3 times faster than `RegexSet`, {rules} rules"
            print(f"| {name} | ≥ {wanted} | {thrice} | {met(thrice >= wanted)} |")

    def of_fastest(self, row):
        """Returns codeid's time, divided by that of the fastest peer."""
        return nanoseconds(row["codeid"]) / min(nanoseconds(row[name]) for name in self.peers if name in row)

    def tables(self):
        document = self.document
        print("## Families\n")
        print(f"Rules of one shape each, {document['codes']:,} codes: half hits, half hits with one character changed. Nanoseconds, medians of")
        print(f"{document['rounds']} turns; each peer has its own process. \"Of the fastest\" is codeid's time, divided by that of the fastest peer.")
        print(f"{'; '.join(document['versions'])}.")
        if document["missing"]:
            print(f"Not installed, so not measured: {', '.join(document['missing'])}.")
        print(f"\n| | rules | codeid | {' | '.join(self.peers)} | of the fastest |")
        print("|---" * (len(self.peers) + 4) + "|")
        for (family, rules), row in self.rows.items():
            cells = [cell(row[name]) if name in row else "" for name in ("codeid", *self.peers)]
            of_fastest = f"{self.of_fastest(row):.2f}" if "ns" in row["codeid"] else ""
            print(f"| {family} | {rules} | {' | '.join(cells)} | {of_fastest} |")
        compiled = ["codeid", *self.peers]
        print(f"\n### Compiling the families, milliseconds\n\n| | rules | {' | '.join(compiled)} | codeid's table, KB |")
        print("|---" * (len(compiled) + 3) + "|")
        for (family, rules), row in self.rows.items():
            times = [row.get(name, {}).get("compile_ms") for name in compiled]
            cells = ["" if time is None else f"{time:.1f}" for time in times]
            cells.append(f"{row['codeid']['bytes'] / 1024:,.0f}" if "bytes" in row["codeid"] else "")
            print(f"| {family} | {rules} | {' | '.join(cells)} |")
        refusals = [(key, row) for key, rows in self.rows.items() for row in rows.values() if "refused" in row]
        for (family, rules), row in refusals:
            print(f"\n{row['name']} refused {family} with {rules} rules: {row['refused']}")
        print()


def met(is_met):
    return "yes" if is_met else "**no**"


def nanoseconds(row):
    """Returns the median of the turns; infinity if the peer refused the rules."""
    return statistics.median(row["ns"]) if "ns" in row else float("inf")


def cell(row):
    return f"{nanoseconds(row):,.0f}" if "ns" in row else "refused"


def codeid_bench_runs(directory, group):
    """Returns the runs of each target of a group, driven by `codeid bench`."""
    targets = {}
    for file in sorted(directory.glob(f"{group}-*.json")):
        run = json.loads(file.read_text())["runs"][0]
        run |= read_busy(file)
        targets.setdefault(file.name.split(".")[0].removeprefix(f"{group}-"), []).append(run)
    return targets


def tool_runs(directory, group):
    """Returns the runs of each target of a group, driven by wrk (JSON of its script) or redis-benchmark (a name, then CSV)."""
    targets = {}
    for file in sorted(directory.glob(f"{group}-*.*.json")) + sorted(directory.glob(f"{group}-*.*.csv")):
        if file.suffix == ".json":
            run = json.loads(file.read_text())
        else:
            name, line = file.read_text().splitlines()
            cells = next(csv.reader([line]))
            run = {"name": name, "requestsPerSecond": float(cells[1])}
            run["p50"], run["p99"] = float(cells[4]) * 1000, float(cells[6]) * 1000
        run |= read_busy(file)
        targets.setdefault(file.name.split(".")[0].removeprefix(f"{group}-"), []).append(run)
    return targets


def read_busy(file):
    """Returns the share of the client's time for which the server had a core."""
    client, server = map(int, file.with_suffix(".busy").read_text().split())
    return {"busy": server / client}


def served_table(targets):
    floor = targets[0]
    redis = next((runs for runs in targets if runs[0]["protocol"] == "Redis GET" and runs is not floor), None)
    heads = ["", "requests/s", "least to most", "of the floor", *SERVER, "p50, µs", "p99, µs", "p99 relative to the floor's", "p99.9, µs"]
    if redis:
        heads.insert(4, "of Redis")
    print("| " + " | ".join(heads) + " |")
    print("|---" * len(heads) + "|")
    for runs in targets:
        cells = [runs[0]["name"], *rate_cells(runs), ratio_cell(runs, floor, throughput)]
        if redis:
            cells.append(ratio_cell(runs, redis, throughput))
        cells += [*server_cells(runs), latency_cell(runs, "p50"), latency_cell(runs, "p99")]
        cells += [ratio_cell(runs, floor, p99), latency_cell(runs, "p99.9")]
        print("| " + " | ".join(cells) + " |")


def tool_tables(tools):
    titles = {"wrk": ("HTTP on TCP, driven by `wrk`", "floor")}
    for depth in (1, 16, 100):
        titles[f"redis{depth}"] = (f"RESP on a Unix socket, driven by `redis-benchmark -P {depth}`, one code", "Redis GET")
    for group, (title, base) in titles.items():
        targets = list(tools[group].values())
        if not targets:
            continue
        heads = ["", "requests/s", "least to most", f"of {base}", *SERVER, "p50, µs", "p99, µs"]
        print(f"## {title}\n\n| " + " | ".join(heads) + " |\n" + "|---" * len(heads) + "|")
        for runs in targets:
            cells = [runs[0]["name"], *rate_cells(runs), ratio_cell(runs, targets[0], throughput), *server_cells(runs)]
            cells += [f"{statistics.median(run[key] for run in runs):,.0f}" for key in ("p50", "p99")]
            print("| " + " | ".join(cells) + " |")
        print()


def server_cells(runs):
    """Returns the share of time for which the server was busy and its CPU time per response."""
    return f"{statistics.median(run['busy'] for run in runs):.0%}", f"{statistics.median(map(busy_time, runs)):,.0f}"


def busy_time(run):
    return 1e9 * run["busy"] / throughput(run)


def rate_cells(runs):
    rates = [throughput(run) for run in runs]
    return f"{statistics.median(rates):,.0f}", f"{min(rates):,.0f} to {max(rates):,.0f}"


def ratio_cell(runs, others, figure):
    return f"{statistics.median(quotients(runs, others, figure)):.2f}"


def quotients(runs, others, figure):
    """Returns the ratio of each round, because the machine drifts from one round to the next."""
    return [figure(run) / figure(other) for run, other in zip(runs, others)]


def throughput(run):
    return run["requestsPerSecond"]


def p99(run):
    return run["latency"]["microseconds"]["p99"]


def latency_cell(runs, name):
    return f"{statistics.median(run['latency']['microseconds'][name] for run in runs):,.0f}"


main()
