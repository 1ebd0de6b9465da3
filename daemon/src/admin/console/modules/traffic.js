// Traffic, speed and errors: large figures of the last seconds, and charts of the last hour.
//
// The daemon keeps the hour; the page adds the seconds since, from the metrics that it reads each second.

import { drawChart, highest, linear, logarithmic, mean } from "./chart.js";
import { byId, element, renew, row, setText } from "./dom.js";
import { bytes, count, latency, minute, percent, rate } from "./format.js";
import { points, ratesOf, rows } from "./figures.js";
import { between, quantile, totals } from "./snapshot.js";

/** The time that large figures cover. */
const WINDOW_MS = 10_000;
/** With less time between two snapshots, no rate is computed. */
const LEAST_MS = 800;
/** The spans that the charts can show: the shortest that has all points. */
const SPANS_MIN = [10, 20, 30, 60];
/** The minutes of a row of the table. */
const ROW_MIN = 5;
/** The share of failed requests from which the daemon reports a problem. */
const TOO_MANY_FAILED = 0.01;

const COLUMNS = [
  { label: "From" },
  { label: "Lookups/s", class: "number" },
  { label: "Median", class: "number" },
  { label: "p99", class: "number" },
  { label: "Failed/s", class: "number" },
  { label: "Illegal/s", class: "number" },
];

/** The snapshots of the last seconds, the newest last. */
let snapshots = [];
/** The points of the last hour, and the newest sample. */
let hour = [];
let newest = null;
let refusedInHour = 0;
/** The tables that were live, and when each became so. */
let marks = [];

/** Takes the metrics that were received now. */
export function take(metrics) {
  const now = totals(metrics);
  const last = snapshots.at(-1);
  if (last && now.at >= last.at && now.at - last.at < LEAST_MS) return;
  if (last && !between(last, now)) snapshots = [];
  snapshots.push(now);
  while (snapshots[1] && snapshots[1].at <= now.at - WINDOW_MS) snapshots.shift();
}

/** Takes the figures of the last hour that were received now. */
export function takeHour(figures) {
  hour = points(figures, Date.now());
  const samples = figures.samples.filter(Boolean);
  newest = samples.at(-1) ?? null;
  refusedInHour = samples.reduce((sum, { refusedConnections }) => sum + refusedConnections, 0);
}

/** Takes the history: the charts mark when each table became live. */
export function takeHistory(entries) {
  marks = entries.map(({ generation, loadedAt }) => ({ at: loadedAt, text: `gen. ${generation}` }));
}

/** Forgets the last seconds, for a missing response. */
export function miss() {
  snapshots = [];
}

/** Draws figures, charts and the table. */
export function draw() {
  const now = ofNow();
  renew(byId("tiles"), tiles(now));
  const to = Date.now();
  const shown = now.lookups === null ? hour : [...hour, { at: to, ...now }];
  const first = shown[0]?.at ?? to;
  const span = SPANS_MIN.find((minutes) => first >= to - minutes * 60_000) ?? SPANS_MIN.at(-1);
  setText(byId("charts-span"), span === 60 ? "the last hour" : `the last ${span} minutes`);
  const from = to - span * 60_000;
  const chart = (id, names, scale, format, words) => {
    const series = seriesOf(shown, names, scale === linear ? mean : highest, from);
    const inside = marks.filter(({ at }) => at > from);
    drawChart(byId(id), { series, marks: inside, from, to, scale, format, ...words });
  };
  legend("lookups-legend", []);
  legend("latency-legend", [["p50", "median"], ["p99", "p99"]]);
  legend("errors-legend", [["failed", "failed"], ["illegal", "illegal"], ["refused", "refused"]]);
  chart("lookups-chart", ["lookups"], linear, rate, {
    title: "Lookups a second",
    description: `Now ${words(now.lookups, rate)} a second.`,
  });
  chart("latency-chart", ["p99", "p50"], logarithmic, latency, {
    title: "Time for a lookup",
    description: `Now the median is ${words(now.p50, latency)}, the 99th percentile ${words(now.p99, latency)}.`,
  });
  chart("errors-chart", ["refused", "illegal", "failed"], linear, rate, {
    title: "Errors a second",
    description: `Now ${words(now.failed, rate)} requests a second fail, ${words(now.illegal, rate)} are illegal, and ${words(now.refused, rate)} connections are refused.`,
  });
  if (byId("hour").open) drawTable(to);
}

/** The figures of the last seconds; those of the daemon's newest sample until the page has its own. */
function ofNow() {
  const moved = snapshots.length > 1 ? between(snapshots[0], snapshots.at(-1)) : null;
  if (!moved) return { ...ratesOf(newest), requests: null };
  const each = (n) => n / moved.seconds;
  return {
    lookups: each(moved.lookups),
    p50: quantile(moved, 0.5),
    p99: quantile(moved, 0.99),
    requests: each(moved.requests),
    failed: each(moved.failed),
    illegal: each(moved.illegal),
    refused: each(moved.refused),
    proxyFailed: ratesOf(newest).proxyFailed,
  };
}

const words = (value, format) => (value === null ? "unknown" : format(value));

function tiles({ lookups, p50, p99, requests, failed, illegal }) {
  const last = snapshots.at(-1);
  const share = requests ? failed / requests : failed === null ? null : 0;
  return [
    tile("Lookups", lookups, (n) => [rate(n), "/s"], newest ? supportedOf(newest) : ""),
    tile("Lookup time, p99", p99, (n) => latency(n).split(" "), `median ${p50 === null ? "–" : latency(p50)}`),
    tile(
      "Failed requests",
      share,
      (n) => percent(n < 0.1 ? n : Math.round(n * 1000) / 1000).split(" "),
      illegal === null ? "" : `${rate(failed)}/s; illegal ${rate(illegal)}/s`,
      share > TOO_MANY_FAILED ? "bad" : null,
    ),
    tile(
      "Connections",
      last?.open ?? null,
      (n) => [count(n), "open"],
      refusedInHour ? `${count(refusedInHour)} refused in the hour` : "none refused",
      refusedInHour ? "wait" : null,
    ),
    last?.proxyRequests ? proxyTile() : null,
    tile("Memory", newest?.residentBytes ?? null, (n) => bytes(n).split(" "), "in use by the process"),
  ].filter(Boolean);
}

function supportedOf({ lookups, supported }) {
  return lookups ? `${percent(Math.round((supported / lookups) * 100) / 100)} supported` : "none at present";
}

function proxyTile() {
  const per = newest ? (newest.sdkProxyRequests * 1000) / newest.ms : null;
  const failed = newest?.sdkProxyFailures ?? 0;
  return tile("sdkProxy", per, (n) => [rate(n), "/s"], failed ? `${count(failed)} failed` : "none failed", failed ? "wait" : null);
}

/** A large figure with its unit, and a line below it. `value` is null if it is not known. */
function tile(term, value, format, more, kind = null) {
  const [figure, unit] = value === null ? ["–", ""] : format(value);
  return element(
    "div",
    { class: kind },
    element("dt", {}, term),
    element("dd", { class: "figure" }, figure, element("span", { class: "unit" }, unit ? `\u00a0${unit}` : "")),
    element("dd", { class: "more" }, more),
  );
}

function seriesOf(shown, names, join, from) {
  const within = shown.filter(({ at }) => at >= from);
  return names.map((name) => ({
    name,
    join,
    points: within.map((point) => ({ at: point.at, value: point[name] })),
  }));
}

function legend(id, entries) {
  renew(
    byId(id),
    entries.map(([name, text]) => element("span", { class: `key ${name}` }, text)),
  );
}

function drawTable(now) {
  renew(
    byId("hour-head"),
    COLUMNS.map(({ label, class: kind }) => element("th", { role: "columnheader", scope: "col", class: kind }, label)),
  );
  const show = (value, format) => (value === null ? "–" : format(value));
  renew(
    byId("hour-body"),
    rows(hour, ROW_MIN, now).map(({ at, lookups, p50, p99, failed, illegal }) =>
      row(COLUMNS, [
        minute(at),
        show(lookups, rate),
        show(p50, latency),
        show(p99, latency),
        show(failed, rate),
        show(illegal, rate),
      ]),
    ),
  );
}

/** The counts since the start, for the details. */
export const results = () => snapshots.at(-1)?.results ?? [];
