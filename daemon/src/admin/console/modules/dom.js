// Makes elements. Data from the daemon is set as text and as attributes, never as markup: configs
// are written by others, and errors quote them.

export const byId = (id) => document.getElementById(id);

/** An element with attributes and children. A string becomes a text; null is skipped. */
export function element(name, attributes = {}, ...children) {
  return fill(document.createElement(name), attributes, children);
}

const SVG = "http://www.w3.org/2000/svg";

/** An SVG element; otherwise like `element`. */
export function svg(name, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, name), attributes, children);
}

function fill(made, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) made.setAttribute(name, "");
    else if (value !== false && value != null) made.setAttribute(name, value);
  }
  made.append(...children.flat().filter((child) => child != null));
  return made;
}

/** A button that runs `action` when it is pressed. */
export function button(text, action, attributes = {}) {
  const made = element("button", { type: "button", ...attributes }, text);
  made.addEventListener("click", action);
  return made;
}

/** A row of a table with `columns`, each with a `label` and an optional `class`. */
export function row(columns, cells, attributes = {}) {
  const made = cells.map((content, i) => cell(columns[i], content));
  return element("tr", { role: "row", ...attributes }, made);
}

/** A cell. Its label is shown on screens without room for a header, beside one element with all of the content. */
export function cell({ label, class: kind }, content) {
  const parts = [content].flat().filter((part) => part != null && part !== "");
  const whole = parts.length > 1 ? element("div", {}, parts) : parts;
  return element("td", { role: "cell", class: kind, "data-label": label }, whole);
}

/** Fills a `dl` with pairs of a term and a value; pairs without a value are left out. */
export function facts(list, pairs) {
  const shown = pairs.filter(([, value]) => value != null);
  renew(
    list,
    shown.map(([term, value]) => element("div", {}, element("dt", {}, term), element("dd", {}, value))),
  );
}

/** Replaces only the children that differ: the others keep their selection, and are not read out again. */
export function renew(parent, children) {
  children.forEach((child, i) => {
    const before = parent.children[i];
    if (!before) parent.append(child);
    else if (!before.isEqualNode(child)) before.replaceWith(child);
  });
  while (parent.children.length > children.length) parent.lastElementChild.remove();
}

/** Sets a text if it differs, so that an unchanged one is not read out again. */
export function setText(target, text) {
  if (target.textContent !== text) target.textContent = text;
}
