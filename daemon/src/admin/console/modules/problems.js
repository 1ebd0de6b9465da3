// Errors and warnings about a config, each with its place, the line, and the way out.

import { button, element } from "./dom.js";
import { counted } from "./format.js";
import { paged } from "./paged.js";

/** Characters of a line that are shown on either side of the place. */
const AROUND = 60;

/** A titled list, or nothing without problems. `goTo` is called with a position. */
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
    placeOf(position, goTo),
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

function placeOf(position, goTo) {
  if (!position) return null;
  const words = `line ${position.line}, column ${position.column}`;
  return goTo ? button(words, () => goTo(position), { class: "link" }) : element("span", {}, words);
}

function excerptOf(lines, { line, column }) {
  const characters = [...(lines[line - 1] ?? "")];
  if (!characters.length) return null;
  const place = Math.min(column, characters.length) - 1;
  const from = Math.max(0, place - AROUND);
  const to = Math.min(characters.length, place + AROUND);
  const part = (start, end) => characters.slice(start, end).join("");
  return element(
    "pre",
    { tabindex: "0" },
    from > 0 ? "… " : "",
    part(from, place),
    element("mark", {}, part(place, place + 1)),
    part(place + 1, to),
    to < characters.length ? " …" : "",
  );
}
