// The console: asks the daemon how it does each second, and shows the view that was chosen.

import { forgetToken, hasToken, keepToken, read } from "./modules/api.js";
import * as change from "./modules/change.js";
import * as control from "./modules/control.js";
import { byId, setText } from "./modules/dom.js";
import { clock, count } from "./modules/format.js";
import * as history from "./modules/history.js";
import { fail } from "./modules/notice.js";
import * as overview from "./modules/overview.js";
import { every } from "./modules/polling.js";
import * as rules from "./modules/rules.js";
import * as traffic from "./modules/traffic.js";
import * as tryCode from "./modules/try.js";

const PERIOD_MS = 1000;
const VIEWS = ["overview", "rules", "try", "change", "history", "control"];

let view = null;
let signedOut = false;
let lostAt = null;
/** The generation that was shown last, and when the process that told it began. */
let seen = null;

let refresh = () => {};

start();

function start() {
  rules.start();
  tryCode.start();
  change.start(() => refresh());
  history.start(open, () => refresh());
  control.start(() => refresh());
  byId("skip").addEventListener("click", skip);
  byId("forget").addEventListener("click", signOut);
  byId("sign-in-form").addEventListener("submit", signIn);
  window.addEventListener("hashchange", () => show(chosen(), true));
  window.addEventListener("resize", () => traffic.draw());
  show(chosen(), false);
  refresh = every(PERIOD_MS, look);
}

/** One look at the daemon. Never fails. */
async function look() {
  if (signedOut) return;
  byId("forget").hidden = !hasToken();
  try {
    const [status, metrics] = await Promise.all([read("v1/status"), read("v1/metrics")]);
    traffic.take(metrics);
    await found(status, metrics);
  } catch (error) {
    if (error.status === 401) askForToken(error);
    else lost(error);
  }
}

async function found(status, metrics) {
  lostAt = null;
  byId("outage").hidden = true;
  masthead(status);
  overview.update({ status, metrics });
  control.update({ status });
  announce(status);
  if (view === "rules") await rules.update();
  if (view === "history") await history.update();
}

function lost(error) {
  lostAt ??= Date.now();
  traffic.miss();
  if (!error.word) console.error(error);
  const what =
    error.status === 0 ? "The daemon does not answer" : `The daemon does not say how it is: ${error.message}`;
  setText(
    byId("outage"),
    `${what} since ${clock(lostAt)}. What is shown is from before. Trying again each second.`,
  );
  byId("outage").hidden = false;
  badge("bad", "no answer");
}

function masthead({ table, ready, notReadyBecause, hold, daemon }) {
  const serving = table ? `generation ${count(table.generation)} · ${table.version}` : "no route table";
  setText(byId("serving"), serving);
  document.title = `codeid: ${serving}`;
  const reasons = notReadyBecause.map(({ detail }) => detail).join(" ");
  badge(ready ? "good" : "bad", ready ? "ready" : "not ready");
  banner(
    "unready",
    !ready,
    `Not ready. ${reasons}${daemon.draining ? " It drains until it is stopped." : ""}`,
  );
  banner(
    "held",
    Boolean(hold),
    hold
      ? `On hold: ${overview.describeHold(hold)}. What the sources give is not served until somebody thaws.`
      : "",
  );
}

function badge(kind, text) {
  const readiness = byId("readiness");
  readiness.hidden = false;
  readiness.className = `badge ${kind}`;
  setText(readiness, text);
}

function banner(id, shown, text) {
  byId(id).hidden = !shown;
  if (shown) setText(byId(id), text);
}

/** Says that another table serves, or another process answers. */
function announce({ table, daemon }) {
  const now = { generation: table?.generation ?? 0, startedAt: daemon.startedAt };
  if (seen && seen.startedAt !== now.startedAt) {
    setText(
      byId("announcement"),
      `The daemon was restarted at ${clock(now.startedAt)}. Generation ${count(now.generation)} serves.`,
    );
  } else if (seen && seen.generation !== now.generation) {
    setText(
      byId("announcement"),
      `Generation ${count(now.generation)} serves now, version ${table?.version}.`,
    );
  }
  seen = now;
}

function chosen() {
  const wanted = location.hash.slice(1);
  return VIEWS.includes(wanted) ? wanted : (view ?? "overview");
}

function open(name) {
  location.hash = name;
}

/** Shows a view; `moved` if the operator went there, and the focus goes along. */
function show(name, moved) {
  if (name === view && !signedOut) return;
  if (view === "history") history.leave();
  view = name;
  for (const each of VIEWS) byId(`view-${each}`).hidden = signedOut || each !== name;
  byId("sign-in").hidden = !signedOut;
  byId("views").hidden = signedOut;
  for (const link of byId("views").children) {
    if (link.hash === `#${name}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  if (moved && !signedOut) byId(`${name}-title`).focus();
  refresh();
}

function skip(event) {
  event.preventDefault();
  byId("main").focus();
}

function askForToken(error) {
  const first = !hasToken();
  forgetToken();
  signedOut = true;
  show(view, false);
  setText(byId("serving"), "Not signed in");
  for (const id of ["readiness", "outage", "unready", "held"]) byId(id).hidden = true;
  byId("forget").hidden = true;
  if (!first) fail(byId("sign-in-notice"), error);
  byId("token").focus();
}

function signIn(event) {
  event.preventDefault();
  const token = byId("token").value.trim();
  byId("token").value = "";
  if (!/^[!-~]+$/.test(token)) {
    const message = "A token has visible ASCII characters only, and no spaces.";
    fail(byId("sign-in-notice"), Object.assign(new Error(message), { word: "noToken" }));
    return;
  }
  keepToken(token);
  byId("sign-in-notice").replaceChildren();
  signedOut = false;
  const name = view;
  view = null;
  show(name, true);
}

function signOut() {
  forgetToken();
  location.reload();
}
