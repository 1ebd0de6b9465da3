// The console: requests status and metrics from the daemon each second, and shows the chosen view.

import { forgetToken, hasToken, read, storeToken } from "./modules/api.js";
import * as change from "./modules/change.js";
import * as control from "./modules/control.js";
import { byId, setText } from "./modules/dom.js";
import { clock, count } from "./modules/format.js";
import * as health from "./modules/health.js";
import * as history from "./modules/history.js";
import { fail } from "./modules/notice.js";
import * as overview from "./modules/overview.js";
import { every } from "./modules/polling.js";
import * as recent from "./modules/recent.js";
import * as rules from "./modules/rules.js";
import * as traffic from "./modules/traffic.js";
import * as tryCode from "./modules/try.js";

const PERIOD_MS = 1000;
/** The daemon has a new sample of the last hour every ten seconds. */
const HOUR_PERIOD_MS = 5000;
const VIEWS = ["overview", "rules", "try", "change", "history", "control"];

let view = null;
let signedOut = false;
let lostAt = null;
/** True while the daemon's health is worth a line above every view. */
let troubled = false;
/** The generation shown last, and the start time of its process. */
let seen = null;
/** When the last hour was read, and the table for which the history was. */
let hourReadAt = 0;
let historyReadFor = null;

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
  for (const id of ["details", "hour"]) byId(id).addEventListener("toggle", () => refresh());
  window.addEventListener("hashchange", () => switchTo(chosen(), true));
  window.addEventListener("resize", () => traffic.draw());
  switchTo(chosen(), false);
  refresh = every(PERIOD_MS, poll);
}

/** Reads status and metrics once and shows them. Never fails. */
async function poll() {
  if (signedOut) return;
  byId("forget").hidden = !hasToken();
  try {
    const [status, metrics] = await Promise.all([read("v1/status"), read("v1/metrics")]);
    traffic.take(metrics);
    await readSeldom(status);
    await show(status, metrics);
  } catch (error) {
    // A token whose role does not suffice for the status is of no use here.
    if (error.word === "unauthorized" || error.word === "forbidden") askForToken(error);
    else showOutage(error);
  }
}

/** Reads what changes seldom, when it may have changed: the last hour, and the history. */
async function readSeldom({ table, daemon }) {
  if (Math.abs(Date.now() - hourReadAt) >= HOUR_PERIOD_MS) {
    traffic.takeHour(await read("v1/figures"));
    hourReadAt = Date.now();
  }
  const now = `${daemon.startedAt} ${table?.generation}`;
  if (now !== historyReadFor) {
    const { entries } = await read("v1/history");
    recent.take(entries);
    traffic.takeHistory(entries);
    historyReadFor = now;
  }
}

async function show(status, metrics) {
  lostAt = null;
  byId("outage").hidden = true;
  masthead(status);
  health.update(status.health);
  overview.update({ status, metrics });
  control.update({ status });
  announce(status);
  if (view === "rules") await rules.update();
  if (view === "history") await history.update();
}

function showOutage(error) {
  lostAt ??= Date.now();
  traffic.miss();
  if (!error.word) console.error(error);
  const at = clock(lostAt);
  const what =
    error.status === 0
      ? `The daemon has not responded since ${at}.`
      : `The daemon's status has been unreadable since ${at}: ${error.message}`;
  setText(byId("outage"), `${what} The data shown is older. Retrying each second.`);
  byId("outage").hidden = false;
  badge("bad", "no response");
  health.lose();
  showStrip(true);
}

function masthead({ table, ready, health: { ok, severity } }) {
  const live = table ? `generation ${count(table.generation)} · ${table.version}` : "no route table";
  setText(byId("live"), live);
  document.title = `${ok ? "" : "! "}codeid: ${live}`;
  // Green beside a problem would contradict it.
  badge(ready ? (ok ? "good" : "plain") : "bad", ready ? "ready" : "not ready");
  showStrip(severity !== null);
}

/** Shows the sentence of the daemon's health above every view but the overview, which has all of it. */
function showStrip(isTroubled) {
  troubled = isTroubled;
  byId("health-strip").hidden = signedOut || !troubled || view === "overview";
}

function badge(kind, text) {
  const readiness = byId("readiness");
  readiness.hidden = false;
  readiness.className = `badge ${kind}`;
  setText(readiness, text);
}

/** Announces that another table is live, or that another process responds. */
function announce({ table, daemon }) {
  const now = { generation: table?.generation ?? 0, startedAt: daemon.startedAt };
  if (seen && seen.startedAt !== now.startedAt) {
    setText(
      byId("announcement"),
      `The daemon was restarted at ${clock(now.startedAt)}. Generation ${count(now.generation)} is live.`,
    );
  } else if (seen && seen.generation !== now.generation) {
    setText(
      byId("announcement"),
      `Generation ${count(now.generation)} is live now, version ${table?.version}.`,
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

/** Shows a view. With `moved` the operator chose it, and the focus moves to its title. */
function switchTo(name, moved) {
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
  showStrip(troubled);
  if (moved && !signedOut) {
    byId(`${name}-title`).focus();
    scrollTo(0, 0);
  }
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
  switchTo(view, false);
  setText(byId("live"), "Not signed in");
  for (const id of ["readiness", "outage"]) byId(id).hidden = true;
  byId("forget").hidden = true;
  if (!first) fail(byId("sign-in-notice"), error);
  byId("token").focus();
}

function signIn(event) {
  event.preventDefault();
  const token = byId("token").value.trim();
  byId("token").value = "";
  if (!/^[!-~]+$/.test(token)) {
    const message = "A token consists of visible ASCII characters, without spaces.";
    fail(byId("sign-in-notice"), Object.assign(new Error(message), { word: "noToken" }));
    return;
  }
  storeToken(token);
  byId("sign-in-notice").replaceChildren();
  signedOut = false;
  const name = view;
  view = null;
  switchTo(name, true);
}

function signOut() {
  forgetToken();
  location.reload();
}
