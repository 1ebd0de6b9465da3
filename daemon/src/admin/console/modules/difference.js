// The changes between the live config and a candidate, rule by rule and line by line.

import { element } from "./dom.js";
import { count, counted } from "./format.js";
import { paged } from "./paged.js";

/** With at most this many changed rules, each is shown unfolded. */
const OPEN = 8;
/** The number of unchanged lines shown around a change. */
const CONTEXT = 3;
/** With more pairs of lines than this, all of the middle counts as changed. */
const MAX_PAIRS = 1_000_000;

/** The most removed rules that are named together. */
const NAMED = 50;

const KINDS = ["added", "removed", "changed", "moved"];

/** A view of `changes`, in the form of the check report. */
export function differenceView(changes) {
  const numbers = KINDS.map((kind) =>
    element("li", { class: kind }, element("b", {}, count(changes[kind].length)), ` ${kind}`),
  );
  numbers.push(element("li", {}, element("b", {}, count(changes.unchanged)), " unchanged"));
  const items = changes.rules.map((change) => () => ruleView(change, changes.rules.length <= OPEN));
  return [
    element("h3", {}, "Changes to the live config"),
    element("ul", { class: "results" }, numbers),
    ...(changes.trim ? [trimView(changes.trim)] : []),
    ...(changes.removed.length ? [removedView(changes.removed)] : []),
    items.length
      ? paged(element("div", { class: "difference" }), items)
      : element("p", {}, "No rule changes."),
  ];
}

const trimView = ({ before, after }) =>
  element(
    "p",
    { class: "box wait" },
    after && !before
      ? "Code values are trimmed now: white space around them no longer matters to any rule."
      : "Code values are no longer trimmed: white space around them matters to every rule.",
  );

function removedView(ids) {
  const missing = ids.length === 1 ? "live rule is" : "live rules are";
  const named = ids.slice(0, NAMED).map((id) => element("span", {}, id));
  const more = ids.length - named.length;
  return element(
    "div",
    { class: "box wait" },
    element("p", {}, element("strong", {}, `${count(ids.length)} ${missing} missing from this config`)),
    element("p", { class: "where" }, named, more > 0 ? `and ${count(more)} more` : null),
    element("p", {}, "Other rules, or none, will decide their code values."),
  );
}

function ruleView({ id, change, before, after }, open) {
  return element(
    "details",
    { open },
    element("summary", {}, element("span", { class: `badge ${change}` }, change), ` ${id}`),
    element(
      "pre",
      { tabindex: "0", "aria-label": `${change}: ${id}` },
      lineViews(linesOf(before), linesOf(after)),
    ),
  );
}

/** The lines of a rule as JSON, with its members in the usual order. */
function linesOf(rule) {
  if (!rule) return [];
  const { id, description, match, action, canary, ...others } = rule;
  return JSON.stringify({ id, description, match, action, canary, ...others }, null, 2).split("\n");
}

function lineViews(before, after) {
  const lines = differenceOfLines(before, after);
  const near = lines.map((_, i) =>
    lines.slice(Math.max(0, i - CONTEXT), i + CONTEXT + 1).some(({ mark }) => mark !== " "),
  );
  const all = near.every((is) => !is);
  const views = [];
  let left = 0;
  const skip = () => {
    if (left) views.push(element("span", { class: "dim" }, `  … ${counted(left, "unchanged line")}\n`));
    left = 0;
  };
  lines.forEach(({ mark, line }, i) => {
    if (!all && !near[i]) {
      left += 1;
      return;
    }
    skip();
    views.push(element({ "+": "ins", "-": "del", " ": "span" }[mark], {}, `${mark} ${line}\n`));
  });
  skip();
  return views;
}

/** All lines, each with a mark: `-` only before, `+` only after, a space for both. */
export function differenceOfLines(before, after) {
  let begin = 0;
  while (begin < before.length && begin < after.length && before[begin] === after[begin]) begin += 1;
  let end = 0;
  while (
    end < before.length - begin &&
    end < after.length - begin &&
    before.at(-1 - end) === after.at(-1 - end)
  )
    end += 1;
  const marked = (mark) => (line) => ({ mark, line });
  return [
    ...before.slice(0, begin).map(marked(" ")),
    ...middle(before.slice(begin, before.length - end), after.slice(begin, after.length - end)),
    ...before.slice(before.length - end).map(marked(" ")),
  ];
}

function middle(before, after) {
  if (before.length * after.length > MAX_PAIRS) {
    return [...before.map((line) => ({ mark: "-", line })), ...after.map((line) => ({ mark: "+", line }))];
  }
  const longest = commonLengths(before, after);
  const lines = [];
  let [i, j] = [0, 0];
  while (i < before.length || j < after.length) {
    if (i < before.length && j < after.length && before[i] === after[j]) {
      lines.push({ mark: " ", line: before[i] });
      i += 1;
      j += 1;
    } else if (j === after.length || (i < before.length && longest[i + 1][j] >= longest[i][j + 1])) {
      lines.push({ mark: "-", line: before[i] });
      i += 1;
    } else {
      lines.push({ mark: "+", line: after[j] });
      j += 1;
    }
  }
  return lines;
}

/** A table: at `[i][j]`, the length of the longest common subsequence of `before` from `i` and `after` from `j`. */
function commonLengths(before, after) {
  const lengths = Array.from({ length: before.length + 1 }, () => new Uint16Array(after.length + 1));
  for (let i = before.length - 1; i >= 0; i -= 1) {
    for (let j = after.length - 1; j >= 0; j -= 1) {
      lengths[i][j] =
        before[i] === after[j] ? lengths[i + 1][j + 1] + 1 : Math.max(lengths[i + 1][j], lengths[i][j + 1]);
    }
  }
  return lengths;
}
