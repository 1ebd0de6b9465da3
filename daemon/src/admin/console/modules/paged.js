// Long lists, a page at a time.

import { button, element } from "./dom.js";
import { count } from "./format.js";

const PAGE = 50;

/** `list` with the items that the first of `makers` make, and a button that adds more. */
export function paged(list, makers) {
  let made = 0;
  const more = button("", add);
  const whole = element("div", {}, list, more);
  add();
  return whole;

  function add() {
    const next = makers.slice(made, made + PAGE).map((make) => make());
    list.append(...next);
    made += next.length;
    const left = makers.length - made;
    more.hidden = left === 0;
    more.textContent = `Show ${count(Math.min(PAGE, left))} more of ${count(left)}`;
    // The button that had the focus may be hidden now.
    if (made > PAGE && !left) next[0]?.querySelector("button, summary, pre")?.focus();
  }
}
