// Long lists, a page at a time.

import { button, element } from "./dom.js";
import { count } from "./format.js";

const PAGE = 50;

/** `list` with the first of `makers`, each of which makes an item, and a button that brings more. */
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
    // Where the button was pressed last there may be none any more.
    if (made > PAGE && !left) next[0]?.querySelector("button, summary, pre")?.focus();
  }
}
