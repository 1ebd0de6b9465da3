// Requests and latency over the last minutes: the differences of successive snapshots of the metrics.

import { drawChart, linear, logarithmic } from "./chart.js";
import { byId, element, renew } from "./dom.js";
import { count, latency, rate } from "./format.js";
import { between, quantile, totals } from "./snapshot.js";

/** The time that the charts show: a minute at first, growing to the longest. */
const SHORTEST_MS = 60_000;
const LONGEST_MS = 5 * 60_000;
/** With less time between two snapshots, no rate is computed. */
const LEAST_MS = 800;
/** With more time between two samples, the lines have a gap. */
const GAP_MS = 5000;
const NOTHING = { requests: null, p50: null, p99: null };

const samples = [];
let last = null;

/** Takes a snapshot that was received now. */
export function take(snapshot) {
  const now = totals(snapshot);
  if (last && now.at >= last.at && now.at - last.at < LEAST_MS) return;
  const moved = last && between(last, now);
  last = now;
  if (moved) {
    add({
      requests: moved.requests / moved.seconds,
      p50: quantile(moved, 0.5),
      p99: quantile(moved, 0.99),
    });
  }
}

/** Adds a gap to the lines, for a missing response. */
export function miss() {
  last = null;
  add(NOTHING);
}

function add(sample) {
  const at = Date.now();
  const generation = last?.generation ?? samples.at(-1)?.generation;
  if (samples.length && samples.at(-1).at < at - GAP_MS) samples.push({ at: at - 1, generation, ...NOTHING });
  samples.push({ at, generation, ...sample });
  while (samples[0].at < at - LONGEST_MS) samples.shift();
}

/** Draws both charts and the totals. */
export function draw() {
  const newest = samples.at(-1) ?? NOTHING;
  const show = (value, format) => (value === null ? "–" : format(value));
  const now = {
    requests: `${show(newest.requests, rate)} requests a second`,
    p50: `median ${show(newest.p50, latency)}`,
    p99: `99th percentile ${show(newest.p99, latency)}`,
  };
  legend("requests-legend", [["requests", now.requests]]);
  legend("latency-legend", [
    ["p50", now.p50],
    ["p99", now.p99],
  ]);
  chart("requests-chart", ["requests"], linear, rate, now.requests);
  chart("latency-chart", ["p50", "p99"], logarithmic, latency, `Latency: ${now.p50}, ${now.p99}`);
  if (last) drawResults(last.results);
}

function chart(id, names, scale, format, label) {
  const to = Date.now();
  const series = names.map((name) => ({
    name,
    points: samples.map((sample) => ({ at: sample.at, value: sample[name] })),
  }));
  drawChart(byId(id), {
    series,
    marks: generations(),
    from: Math.max(to - LONGEST_MS, Math.min(to - SHORTEST_MS, samples[0]?.at ?? to)),
    to,
    scale,
    format,
    label: `The last minutes. ${label}.`,
  });
}

/** The moments at which another table became live. */
function generations() {
  const begins = samples.filter(({ generation }, i) => i > 0 && generation !== samples[i - 1].generation);
  return begins.map(({ at, generation }) => ({ at, text: `gen. ${generation}` }));
}

function legend(id, entries) {
  renew(
    byId(id),
    entries.map(([name, text]) => element("span", { class: `key ${name}` }, text)),
  );
}

function drawResults(results) {
  renew(
    byId("results"),
    results.map(([name, n]) => element("li", {}, element("b", {}, count(n)), ` ${name}`)),
  );
}
