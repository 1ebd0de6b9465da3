// Notices: the outcome of an action, shown in its place in a view.

import { advice } from "./api.js";
import { element, renew } from "./dom.js";

/** Clears the place. */
export const clear = (place) => place.replaceChildren();

/** Shows that an action has begun. */
export function begin(place, message) {
  place.replaceChildren(element("p", { class: "dim", role: "status" }, message));
}

/** Shows a success. `more` are further lines or buttons. */
export function succeed(place, message, ...more) {
  place.replaceChildren(
    element("div", { class: "box good", role: "status", tabindex: "-1" }, element("p", {}, message), ...more),
  );
}

/** Shows a failure: the reason, and advice. */
export function fail(place, error, ...more) {
  if (!error.word) console.error(error);
  const hint = advice(error);
  const message = element("p", {}, element("strong", {}, error.message));
  // An equal notice stays, so that it is not read out again.
  renew(place, [
    element("div", { class: "box bad", role: "alert" }, message, hint && element("p", {}, hint), ...more),
  ]);
}

/**
 * Runs `action`, once at a time for each `control`, which keeps the focus meanwhile. Returns the result of `action`, or
 * undefined after a failure, which is shown in `place`.
 */
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
