// A freeze in words.

import { clock } from "./format.js";

/** Who froze the rules, by which command, when, and why: words that follow "frozen". */
export function describeFreeze({ action, by, since: at, reason }) {
  const after = { apply: "after an apply by", rollback: "after a rollback by" }[action] ?? "by";
  return `${after} ${by}, ${clock(at)}${reason ? `: ${reason}` : ""}`;
}
