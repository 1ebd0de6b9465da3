// The first screen: health, what is live, traffic, the last changes; then the details.

import { byId, element, facts, renew, row, setText } from "./dom.js";
import { bytes, clock, count, counted, duration, since } from "./format.js";
import { describeFreeze } from "./freeze.js";
import * as live from "./live.js";
import * as recent from "./recent.js";
import * as traffic from "./traffic.js";

const SOURCE_COLUMNS = [
  { label: "Level" },
  { label: "URI", class: "long" },
  { label: "Last check" },
  { label: "Last good check" },
];

/** Shows one status and its metrics. */
export function update({ status, metrics }) {
  live.update(status);
  traffic.draw();
  recent.draw();
  if (byId("details").open) drawDetails(status, metrics);
}

function drawDetails(status, metrics) {
  facts(byId("table-facts"), tableFacts(status));
  facts(byId("daemon-facts"), daemonFacts(status));
  renew(
    byId("sources"),
    ["remote", "local", "preset"].map((level) => sourceRow(level, status)),
  );
  facts(byId("source-facts"), sourceFacts(status));
  renew(
    byId("results"),
    traffic.results().map(([name, n]) => element("li", {}, element("b", {}, count(n)), ` ${name}`)),
  );
  raw("raw-status", status);
  raw("raw-metrics", metrics);
}

function tableFacts({ table, freeze }) {
  if (!table) return [["Route table", "none"]];
  return [
    ["Generation", count(table.generation)],
    ["Version", table.version],
    ["Rules", count(table.ruleCount)],
    ["Level", table.level],
    ["From", table.uri],
    ["Since", since(table.loadedAt)],
    ["Digest", element("code", {}, table.sha256)],
    ["Compiled in", compileTime(table.compileUs)],
    ["Memory", bytes(table.memoryBytes)],
    ["Frozen", freeze ? describeFreeze(freeze) : "no: the rules follow the sources"],
  ];
}

const compileTime = (us) => (us < 1e6 ? `${(us / 1000).toFixed(1)} ms` : `${(us / 1e6).toFixed(1)} s`);

function daemonFacts({ daemon, ready, notReadyBecause, save }) {
  const listeners = Object.entries(daemon.listeners).filter(([, where]) => where);
  return [
    ["Ready", ready ? "yes" : `no: ${notReadyBecause.map(({ detail }) => detail).join(" ")}`],
    ["Draining", daemon.draining ? "yes" : null],
    ["Lame duck", daemon.state === "lameDuck" ? `since ${clock(daemon.stateSince)}` : null],
    ["Stopping", daemon.stopping ? "yes" : null],
    ["Version", daemon.version],
    ["Process", `${daemon.pid}`],
    ["Up", `${duration(daemon.uptimeMs)}, since ${clock(daemon.startedAt)}`],
    ["Log level", daemon.logLevel],
    [
      "Listens on",
      element(
        "ul",
        {},
        listeners.map(([name, where]) => element("li", {}, `${name} ${where}`)),
      ),
    ],
    [
      "Local copy",
      save.failure
        ? `not saved: ${save.failure}`
        : save.lastGoodAt
          ? `saved ${since(save.lastGoodAt)}`
          : "nothing saved yet",
    ],
  ];
}

function sourceRow(level, { sources, table }) {
  const source = sources[level];
  const name = element(
    "span",
    {},
    level.toUpperCase(),
    table?.level === level.toUpperCase() && table.uri === sources[level]?.uri
      ? element("span", { class: "badge" }, "live")
      : null,
  );
  if (!source) return row(SOURCE_COLUMNS, [name, "none", "–", "–"]);
  return row(SOURCE_COLUMNS, [
    name,
    source.uri,
    checkOf(source),
    source.lastGoodCheckAt ? since(source.lastGoodCheckAt) : "never",
  ]);
}

const OUTCOMES = { absent: "nothing there yet" };

function checkOf({ lastCheck, refusal }) {
  if (!lastCheck) return "never";
  const { outcome, good, at, why, failures } = lastCheck;
  const often = failures > 1 && outcome !== "absent" ? ` (${count(failures)} times in a row)` : "";
  // A source that does not exist, or holds nothing yet, is not a failure.
  const kind = outcome === "absent" ? "dim" : good ? "good" : "bad";
  return [
    element("span", { class: kind }, (OUTCOMES[outcome] ?? outcome) + often),
    ` ${since(at)}`,
    why && outcome !== "absent" ? element("p", { class: "why" }, why) : null,
    refusal && refusalOf(refusal),
  ];
}

/** The refusal of a source's config: the number of its problems, and the first of them. */
function refusalOf({ at, problemCount, problems }) {
  const items = problems.map(({ rule, pointer, message }) =>
    element("li", {}, `${rule ?? pointer}: ${message}`),
  );
  return element(
    "div",
    { class: "why" },
    `Refused since ${clock(at)}: ${counted(problemCount, "problem")}.`,
    element("ul", {}, items),
  );
}

function sourceFacts({ freeze, nextPullAt, staleness, lastActivationAt, counters, sources }) {
  const { pulls, reloads, restarts } = counters;
  const restarted = Object.entries(restarts).map(([task, n]) => `${task} ${counted(n, "time")}`);
  return [
    ["Next pull", nextPullAt ? clock(nextPullAt) : sources.remote ? (freeze ? "none while frozen" : "pulling now") : "no remote"],
    ["Confirmed", `${duration(staleness.ageMs)} ago${staleness.stale ? ": stale" : ""}`],
    ["Last activation", lastActivationAt ? since(lastActivationAt) : "never"],
    [
      "Pulls",
      `${count(pulls.downloaded)} downloaded, ${count(pulls.notModified)} not modified, ${count(pulls.failed)} failed`,
    ],
    [
      "Reloads",
      `${count(reloads.activated)} activated, ${count(reloads.unchanged)} unchanged, ${count(reloads.refused)} refused`,
    ],
    ["Saves", `${count(counters.saves)} saved, ${count(counters.savesFailed)} failed`],
    ["Restarts after faults", restarted.length ? restarted.join(", ") : null],
  ];
}

/** Shows a document as received. It is not updated while it has the focus, so that text can be selected. */
function raw(id, content) {
  const target = byId(id);
  if (target.parentElement.open && document.activeElement !== target)
    setText(target, JSON.stringify(content, null, 2));
}
