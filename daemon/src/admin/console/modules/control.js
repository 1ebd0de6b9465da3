// Reload, freeze, forget, log level, drain and undrain.

import { command } from "./api.js";
import { confirmed } from "./confirm.js";
import { byId, element, setText } from "./dom.js";
import { count, short } from "./format.js";
import { describeFreeze } from "./freeze.js";
import { attempt, clear, succeed } from "./notice.js";

let refresh = () => {};
let frozen = null;
let level = null;
let pid = null;

/** `refreshNow` reads status and metrics again. */
export function start(refreshNow) {
  refresh = refreshNow;
  byId("reload").addEventListener("click", () => act("reload", reload));
  byId("thaw").addEventListener("click", () => act("thaw", thaw));
  byId("forget-saved").addEventListener("click", () => act("forget-saved", forget));
  byId("drain").addEventListener("click", () => act("drain", drain));
  byId("undrain").addEventListener("click", () => act("undrain", undrain));
  onSubmit("freeze-form", freeze);
  onSubmit("log-level-form", setLogLevel);
}

/** Shows one status. */
export function update({ status }) {
  frozen = status.freeze ?? null;
  setText(
    byId("freeze-state"),
    frozen
      ? `Frozen ${describeFreeze(frozen)}. Nothing is pulled, watched or reloaded, and the config stays live after a restart. A thaw reads the sources, which may replace the live rules at once.`
      : "Not frozen: the rules follow the sources. A freeze keeps the live rules, whatever the sources give.",
  );
  byId("thaw").hidden = !frozen;
  byId("freeze-form").hidden = Boolean(frozen);
  const { draining, state } = status.daemon;
  pid = status.daemon.pid;
  byId("drain").disabled = Boolean(draining);
  byId("undrain").hidden = !(draining && state === "lameDuck");
  if (status.daemon.logLevel !== level) {
    level = status.daemon.logLevel;
    byId("log-level").value = level;
  }
}

function onSubmit(id, action) {
  const form = byId(id);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    run(form.querySelector("button"), action);
  });
}

const act = (id, action) => run(byId(id), action);

async function run(control, action) {
  clear(byId("control-notice"));
  clear(byId("reload-checks"));
  clear(byId("forget-checks"));
  await attempt(byId("control-notice"), control, action);
  refresh();
}

const done = (message) => succeed(byId("control-notice"), message);

async function reload() {
  const { outcome, checks, generation, sha256 } = await command("v1/reload", {});
  done(`${RELOADED[outcome] ?? outcome} Generation ${count(generation)}, digest ${short(sha256)}.`);
  byId("reload-checks").replaceChildren(checkList(checks));
}

const checkList = (checks) =>
  element(
    "ul",
    {},
    checks.map((check) =>
      element("li", {}, `${check.level}: ${check.outcome}${check.why ? `: ${check.why}` : ""}`),
    ),
  );

const RELOADED = {
  activated: "A new table is live.",
  unchanged: "The live config is up to date.",
  refused: "The source's config was refused. The live table is unchanged.",
  failed: "No source gave a config. The live table is unchanged.",
};

async function freeze() {
  const reason = byId("freeze-reason").value.trim();
  const yes = await confirmed(
    "Freeze the live rules?",
    [
      element(
        "p",
        {},
        "The live rules stay as they are: no source is read, whether by a pull, a reload or SIGHUP, until an operator thaws them. A restart does not end the freeze.",
      ),
      reason ? null : element("p", {}, "You give no reason. Other operators will only see who froze the rules."),
    ].filter(Boolean),
    "Freeze",
  );
  if (!yes) return;
  await command("v1/freeze", reason ? { reason } : {});
  byId("freeze-reason").value = "";
  done("Frozen: the sources are ignored until an operator thaws the rules.");
}

async function thaw() {
  const yes = await confirmed(
    "Thaw?",
    [
      element("p", {}, frozen ? `Frozen ${describeFreeze(frozen)}.` : "The rules are not frozen any more."),
      element("p", {}, "The rules follow the sources again, which may replace the live config at once."),
    ],
    "Thaw",
  );
  if (!yes) return;
  const { wasFrozen, checks } = await command("v1/thaw", {});
  if (!wasFrozen) return done("Nothing was frozen: the rules follow the sources.");
  const outcome = checks.at(-1)?.outcome;
  const good = outcome === "activated" || outcome === "unchanged";
  done(
    good
      ? `The rules follow the sources again. ${RELOADED[outcome]}`
      : "The rules follow the sources again. No source gave a valid config, so the live one stays until one does.",
  );
}

async function forget() {
  const overrides = frozen?.action === "freeze";
  const yes = await confirmed(
    overrides ? "Forget the saved config in spite of the freeze?" : "Forget the saved config?",
    [
      frozen && element("p", {}, `Frozen ${describeFreeze(frozen)}. The live config stays until the thaw.`),
      element(
        "p",
        {},
        "The local storage will be empty, and the config that it holds is lost. Without a remote source, the other sources are read at once and may replace the live rules. This cannot be taken back.",
      ),
    ].filter(Boolean),
    "Forget",
    { danger: true },
  );
  if (!yes) return;
  const { wasSaved, notAskedBecause, checks } = await command("v1/forget", {}, { overrides });
  const effect = notAskedBecause ? NOT_ASKED[notAskedBecause] ?? notAskedBecause : RELOADED[checks.at(-1)?.outcome] ?? RELOADED.failed;
  done(`${wasSaved ? "The saved config is forgotten." : "No config was saved."} ${effect}`);
  byId("forget-checks").replaceChildren(checkList(checks));
}

const NOT_ASKED = {
  remote: "The live config stays, and the next one that the remote gives is saved again.",
  frozen: "The live config is frozen and stays until the thaw.",
  stopping: "The live config stays, since the daemon is stopping or drained.",
};

async function setLogLevel() {
  const { level } = await command("v1/log-level", { level: byId("log-level").value });
  done(`The log level is ${level}.`);
}

async function drain() {
  const yes = await confirmed(
    "Drain this daemon?",
    [
      element(
        "p",
        {},
        `The daemon at ${location.host}, process ${pid}, becomes not ready at once. After serve.lame-duck-ms its listeners close, open connections are finished, and the daemon answers no new client until it is restarted.`,
      ),
      element("p", {}, "Until the listeners close, you can take it back with Undrain."),
    ],
    "Drain",
    { danger: true },
  );
  if (!yes) return;
  await command("v1/drain", {});
  done("Draining: the daemon is not ready. After serve.lame-duck-ms it refuses new connections.");
}

async function undrain() {
  await command("v1/undrain", {});
  done("The drain was taken back: the daemon is ready again.");
}
