// The errors and warnings of a config, each with its position, its line, and a hint.

import { button, element } from "./dom.js";
import { counted } from "./format.js";
import { paged } from "./paged.js";

/** The number of characters of a line that are shown on either side of the position. */
const AROUND = 60;

/** A list with a title; empty without problems. A click on a position calls `goTo` with it. */
export function problemList(noun, kind, problems, text, goTo) {
  if (!problems.length) return [];
  const lines = text?.split("\n");
  const items = problems.map((problem) => () => item(problem, kind, lines, goTo));
  return [
    element("h3", {}, counted(problems.length, noun)),
    paged(element("ul", { class: "problems" }), items),
  ];
}

function item({ rule, pointer, position, message, hint }, kind, lines, goTo) {
  const excerpt = position && lines && excerptOf(lines, position);
  const where = [
    positionView(position, goTo),
    rule && element("span", {}, `rule ${rule}`),
    pointer && element("code", {}, pointer),
  ].filter(Boolean);
  return element(
    "li",
    { class: `box ${kind}` },
    element("p", {}, element("strong", {}, message)),
    where.length ? element("p", { class: "where" }, where) : null,
    excerpt,
    hint && element("p", {}, hint),
  );
}

function positionView(position, goTo) {
  if (!position) return null;
  const words = `line ${position.line}, column ${position.column}`;
  return goTo ? button(words, () => goTo(position), { class: "link" }) : element("span", {}, words);
}

function excerptOf(lines, { line, column }) {
  const characters = [...(lines[line - 1] ?? "")];
  if (!characters.length) return null;
  const at = Math.min(column, characters.length) - 1;
  const from = Math.max(0, at - AROUND);
  const to = Math.min(characters.length, at + AROUND);
  const part = (start, end) => characters.slice(start, end).join("");
  return element(
    "pre",
    { tabindex: "0" },
    from > 0 ? "… " : "",
    part(from, at),
    element("mark", {}, part(at, at + 1)),
    part(at + 1, to),
    to < characters.length ? " …" : "",
  );
}
