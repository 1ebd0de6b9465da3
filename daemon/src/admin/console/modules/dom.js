// Makes elements. What comes from the daemon is set as text and as attributes, never as markup:
// others write configs, and errors quote them.

export const byId = (id) => document.getElementById(id);

/** An element with attributes and children; a string is a text, null is nothing. */
export function element(name, attributes = {}, ...children) {
  return fill(document.createElement(name), attributes, children);
}

const SVG = "http://www.w3.org/2000/svg";

/** The same for SVG. */
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

/** A row of a table whose columns are `columns`, each with `label` and perhaps `class`. */
export function row(columns, cells, attributes = {}) {
  const made = cells.map((content, place) => cell(columns[place], content));
  return element("tr", { role: "row", ...attributes }, made);
}

/** A cell. Its label is shown where there is no room for a header. */
export function cell({ label, class: kind }, content) {
  return element("td", { role: "cell", class: kind, "data-label": label }, content);
}

/** Pairs of a term and what it is, for a `dl`; pairs without a value are left out. */
export function facts(list, pairs) {
  const shown = pairs.filter(([, value]) => value != null);
  renew(
    list,
    shown.map(([term, value]) => element("div", {}, element("dt", {}, term), element("dd", {}, value))),
  );
}

/** Replaces those children that are other ones now: what stays can be selected, and is not read out again. */
export function renew(parent, children) {
  children.forEach((child, place) => {
    const before = parent.children[place];
    if (!before) parent.append(child);
    else if (!before.isEqualNode(child)) before.replaceWith(child);
  });
  while (parent.children.length > children.length) parent.lastElementChild.remove();
}

/** Sets a text only if it is another one. */
export function setText(target, text) {
  if (target.textContent !== text) target.textContent = text;
}
