// What is live, since when, from where, and when that was confirmed.

import { byId, element, renew } from "./dom.js";
import { clock, count, counted, duration, passed, roughly } from "./format.js";

/** Shows one status. */
export function update({ table, freeze, staleness, nextPullAt, sources }) {
  const facts = table
    ? [
        fact("Live rules", table.version, `generation ${count(table.generation)}, ${counted(table.ruleCount, "rule")}`),
        fact("Live for", roughly(Date.now() - table.loadedAt), `since ${clock(table.loadedAt)}`),
        fact("From", [table.level, freeze && element("span", { class: "badge" }, "frozen")], table.uri),
        fact(...confirmation(staleness, nextPullAt, sources, freeze)),
      ]
    : [fact("Live rules", "none", "no code value can be identified")];
  renew(byId("live-facts"), facts);
}

function confirmation({ ageMs, stale }, nextPullAt, { remote }, freeze) {
  if (!remote) return ["Confirmed", "–", "there is no remote source"];
  const next = nextPullAt
    ? `next pull in ${duration(nextPullAt - Date.now())}`
    : freeze
      ? "no pull while frozen"
      : "pulling now";
  return ["Confirmed", passed(ageMs), stale ? `stale; ${next}` : next];
}

function fact(term, value, more) {
  return element(
    "div",
    {},
    element("dt", {}, term),
    element("dd", { class: "value" }, value),
    element("dd", { class: "more" }, more),
  );
}
