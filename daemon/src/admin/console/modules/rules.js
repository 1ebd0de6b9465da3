// The live rules, with the counts of each since the table was loaded.

import { read } from "./api.js";
import { button, byId, cell, element, setText } from "./dom.js";
import { brief, count, counted, describeAction, describeCanary, describeMatch, positionOf } from "./format.js";
import { clear, fail } from "./notice.js";

/** The number of rows shown at first, and added by the button. */
const PAGE = 200;

const COLUMNS = [
  { key: "position", label: "Position", class: "number", show: ({ position }) => count(position) },
  { key: "id", label: "Rule", class: "long", show: idOf },
  { key: "match", label: "Match", class: "long code", show: ({ match }) => brief(match) },
  { key: "action", label: "Action", class: "long code", show: actionOf },
  { key: "canary", label: "Canary", show: ({ canary }) => canary },
  { key: "decided", label: "Decided", class: "number", show: ({ decided }) => count(decided) },
  { key: "refused", label: "Refused by canary", class: "number", show: refusedBy },
];
const COUNTS = ["decided", "refused"];
const collator = new Intl.Collator("en", { numeric: true });

let rules = [];
let sort = { key: "position", down: false };
let shown = PAGE;
/** The rows by the id of their rule. A row is reused for as long as its table is live. */
let rows = new Map();
let generation = null;
let trims = false;

export function start() {
  byId("rules-head").append(...COLUMNS.map(header));
  byId("filter").addEventListener("input", () => {
    shown = PAGE;
    draw();
  });
  byId("rules-more").addEventListener("click", () => {
    shown += PAGE;
    draw();
  });
}

/** Reads the rules and their counts again. */
export async function update() {
  try {
    take(await read("v1/rules"));
    clear(byId("rules-notice"));
  } catch (error) {
    fail(byId("rules-notice"), error);
  }
}

function take(document) {
  if (document.generation !== generation) rows = new Map();
  generation = document.generation;
  trims = document.trim;
  rules = document.rules.map(summary);
  draw();
}

function summary(rule) {
  const match = describeMatch(rule.match);
  const action = describeAction(rule.action);
  const words = `${rule.id}\n${rule.description ?? ""}\n${match}\n${action}`.toLowerCase();
  const canary = describeCanary(rule.canary);
  return {
    position: rule.position,
    id: rule.id,
    match,
    action,
    canary,
    decided: rule.decided,
    refused: rule.refusedByCanary,
    words,
    rule,
  };
}

function draw() {
  const wanted = byId("filter").value.trim().toLowerCase();
  const found = rules.filter(({ words }) => words.includes(wanted)).sort(order);
  const page = found.slice(0, shown);
  setText(byId("rules-shown"), describeShown(page.length, found.length));
  arrange(byId("rules-body"), page.flatMap(rowsOf));
  const more = byId("rules-more");
  more.hidden = found.length <= shown;
  setText(more, `Show ${count(Math.min(PAGE, found.length - shown))} more`);
}

function describeShown(page, found) {
  const of =
    found === rules.length ? counted(found, "rule") : `${count(found)} of ${counted(rules.length, "rule")}`;
  const trimmed = trims ? "; code values are trimmed" : "";
  return page < found ? `${of}, the first ${count(page)} shown${trimmed}` : `${of}${trimmed}`;
}

function order(a, b) {
  const [left, right] = sort.down ? [b, a] : [a, b];
  const [x, y] = [left[sort.key], right[sort.key]];
  const compared = typeof x === "number" ? x - y : collator.compare(x, y);
  return compared || a.position - b.position;
}

/** Arranges the rows of `body` as `wanted`, touching only those that moved: focus and selection stay. */
function arrange(body, wanted) {
  wanted.forEach((row, n) => {
    if (body.children[n] !== row) body.insertBefore(row, body.children[n] ?? null);
  });
  while (body.children.length > wanted.length) body.lastChild.remove();
}

function rowsOf(rule) {
  let entry = rows.get(rule.id);
  if (!entry) rows.set(rule.id, (entry = makeRow(rule)));
  setText(entry.counts.decided, count(rule.decided));
  setText(entry.counts.refused, refusedBy(rule));
  return entry.detail ? [entry.row, entry.detail] : [entry.row];
}

function makeRow(rule) {
  const cells = COLUMNS.map((column) => cell(column, column.show(rule)));
  const counts = Object.fromEntries(
    COUNTS.map((key) => [key, cells[COLUMNS.findIndex((column) => column.key === key)]]),
  );
  return { row: element("tr", { role: "row" }, cells), counts, detail: null };
}

function idOf({ id, rule }) {
  const open = button(id, () => toggle(id, open, rule), { class: "link", "aria-expanded": "false" });
  return open;
}

/** The count of a canary; a rule without one refuses nobody. */
function refusedBy({ canary, refused }) {
  return canary ? count(refused) : "";
}

/** The action, whose type is one word. */
function actionOf({ action }) {
  const [type, ...template] = brief(action).split(/(?= )/);
  return element("span", {}, element("span", { class: "word" }, type), ...template);
}

/** Shows or hides the whole rule below its row. */
function toggle(id, control, rule) {
  const entry = rows.get(id);
  entry.detail = entry.detail ? null : detailOf(rule);
  control.setAttribute("aria-expanded", entry.detail ? "true" : "false");
  draw();
}

function detailOf({ description, match, action, canary }) {
  const text = JSON.stringify({ match, action, canary: canary ?? undefined }, null, 2);
  return element(
    "tr",
    { role: "row", class: "detail" },
    element(
      "td",
      { role: "cell", colspan: COLUMNS.length },
      element("p", {}, description ?? "This rule has no description."),
      element("pre", { tabindex: "0" }, text),
    ),
  );
}

function header(column) {
  const made = element("th", {
    role: "columnheader",
    scope: "col",
    class: column.class?.replace("code", ""),
  });
  made.append(button(column.label, () => sortBy(column), { class: "sort" }));
  column.header = made;
  if (column.key === sort.key) markSorted();
  return made;
}

function sortBy({ key }) {
  // Counts are sorted from the highest first.
  const down = sort.key === key ? !sort.down : COUNTS.includes(key);
  sort = { key, down };
  markSorted();
  draw();
}

function markSorted() {
  for (const { key, header: made } of COLUMNS) {
    if (key === sort.key) made?.setAttribute("aria-sort", sort.down ? "descending" : "ascending");
    else made?.removeAttribute("aria-sort");
  }
}
