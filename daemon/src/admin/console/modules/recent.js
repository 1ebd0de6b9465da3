// The last changes of the rules, from the history.

import { byId, element, renew, row } from "./dom.js";
import { clock, count, passed } from "./format.js";

const COLUMNS = [
  { label: "Live since" },
  { label: "Version", class: "long" },
  { label: "By", class: "long" },
  { label: "Changes" },
];

/** The most changes that are shown. */
const MOST = 4;

let entries = [];

/** Takes the history, the newest entry first. */
export function take(history) {
  entries = history;
}

/** Shows the newest entries. */
export function draw() {
  renew(byId("recent-body"), entries.slice(0, MOST).map(rowOf));
}

function rowOf({ generation, version, loadedAt, by, level, changes, live }) {
  return row(COLUMNS, [
    [clock(loadedAt), element("div", { class: "dim" }, passed(Date.now() - loadedAt))],
    [
      element("span", { class: "strong" }, version),
      live ? element("span", { class: "badge" }, "live") : null,
      element("div", { class: "dim" }, `generation ${count(generation)}`),
    ],
    by ?? `source ${level}`,
    changes ? changesOf(changes) : element("span", { class: "dim" }, "the first known table"),
  ]);
}

function changesOf(changes) {
  const happened = ["added", "removed", "changed", "moved"].filter((kind) => changes[kind] > 0);
  if (!happened.length) return element("span", { class: "dim" }, "no rule");
  return element(
    "div",
    { class: "badges" },
    happened.map((kind) => element("span", { class: `badge ${kind}` }, `${count(changes[kind])} ${kind}`)),
  );
}
