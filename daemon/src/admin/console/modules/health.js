// The daemon's judgement of its own state: one sentence, and each problem with what to do about it.

import { byId, element, renew, setText } from "./dom.js";

/** The kinds of boxes for severities; `null` is that of a daemon without a problem. */
const KINDS = { critical: "bad", warning: "wait", info: "note", null: "good" };

const LABELS = { critical: "Critical", warning: "Warning", info: "Note" };

/** The view in which an operator can do something about a problem, and the words of the link. */
const PLACES = {
  draining: ["#control", "Open Control"],
  frozen: ["#control", "Open Control"],
  stale: ["#control", "Open Control"],
  hiddenPreset: ["#control", "Open Control"],
};

/** Shows the judgement of one status. */
export function update({ severity, sentence, problems }) {
  show(KINDS[severity], sentence, problems.map(itemOf));
}

/** Shows that nothing is known, because the daemon does not respond. */
export function lose() {
  show("bad", "Unknown: the daemon does not respond.", []);
}

function show(kind, sentence, items) {
  byId("health").className = `health ${kind}`;
  byId("health-strip").className = `banner ${kind}`;
  setText(byId("health-sentence"), sentence);
  setText(byId("health-strip-text"), sentence);
  renew(byId("health-problems"), items);
}

function itemOf({ code, severity, what, doThis }) {
  const [href, words] = PLACES[code] ?? [];
  return element(
    "li",
    { class: KINDS[severity], "data-code": code },
    element("span", { class: "label" }, LABELS[severity] ?? severity),
    element(
      "div",
      {},
      element("p", { class: "what" }, what),
      element("p", { class: "do" }, withCommands(doThis), href && " ", href && element("a", { href }, words)),
    ),
  );
}

/** The text, with the commands in it as such. */
const withCommands = (text) =>
  text.split(/(codeid admin [a-z]+)/).map((part, i) => (i % 2 ? element("code", {}, part) : part));
