// Tells how an action ended, in the place that a view has for it.

import { advice } from "./api.js";
import { element, renew } from "./dom.js";

/** Clears the place. */
export const clear = (place) => place.replaceChildren();

/** It is under way. */
export function begin(place, message) {
  place.replaceChildren(element("p", { class: "dim", role: "status" }, message));
}

/** It was done. `more` are further lines or buttons. */
export function succeed(place, message, ...more) {
  place.replaceChildren(
    element("div", { class: "box good", role: "status", tabindex: "-1" }, element("p", {}, message), ...more),
  );
}

/** It was not done: why, and what to do. */
export function fail(place, error, ...more) {
  if (!error.word) console.error(error);
  const hint = advice(error);
  const message = element("p", {}, element("strong", {}, error.message));
  // What is told already is not read out again.
  renew(place, [
    element("div", { class: "box bad", role: "alert" }, message, hint && element("p", {}, hint), ...more),
  ]);
}

/** Runs `action`, once at a time for each `control`, which keeps the focus meanwhile; a failure is told in `place`. Gives what it gave, or undefined. */
export async function attempt(place, control, action) {
  if (control.hasAttribute("aria-disabled")) return undefined;
  control.setAttribute("aria-disabled", "true");
  try {
    return await action();
  } catch (error) {
    fail(place, error);
    return undefined;
  } finally {
    control.removeAttribute("aria-disabled");
  }
}
