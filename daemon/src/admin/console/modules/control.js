// Reload, hold, log level and drain.

import { order } from "./api.js";
import { confirmed } from "./confirm.js";
import { byId, element, setText } from "./dom.js";
import { count, short } from "./format.js";
import { attempt, clear, succeed } from "./notice.js";
import { describeHold } from "./overview.js";

let refresh = () => {};
let held = null;
let level = null;

/** `refreshNow` has everything read again. */
export function start(refreshNow) {
  refresh = refreshNow;
  byId("reload").addEventListener("click", () => act("reload", reload));
  byId("thaw").addEventListener("click", () => act("thaw", thaw));
  byId("drain").addEventListener("click", () => act("drain", drain));
  onSubmit("freeze-form", freeze);
  onSubmit("log-level-form", setLogLevel);
}

/** Shows one status. */
export function update({ status }) {
  held = status.hold ?? null;
  setText(
    byId("hold-state"),
    held
      ? `On hold: ${describeHold(held)}. Nothing is pulled, watched or reloaded, and a restart serves the same.`
      : "Sources are followed: what they give is served.",
  );
  byId("thaw").hidden = !held;
  byId("freeze-form").hidden = Boolean(held);
  byId("drain").disabled = Boolean(status.daemon.draining);
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
  clear(byId("reload-looks"));
  await attempt(byId("control-notice"), control, action);
  refresh();
}

const done = (message) => succeed(byId("control-notice"), message);

async function reload() {
  const { outcome, looks, generation, sha256 } = await order("v1/reload", {});
  done(`${RELOADED[outcome] ?? outcome} Generation ${count(generation)}, digest ${short(sha256)}.`);
  byId("reload-looks").replaceChildren(
    element(
      "ul",
      {},
      looks.map((look) =>
        element("li", {}, `${look.level}: ${look.outcome}${look.why ? `: ${look.why}` : ""}`),
      ),
    ),
  );
}

const RELOADED = {
  activated: "A new table serves.",
  unchanged: "The sources give what serves already.",
  refused: "What the source gives is refused. What served still serves.",
  failed: "No source gave a config. What served still serves.",
};

async function freeze() {
  const reason = byId("freeze-reason").value.trim();
  await order("v1/freeze", reason ? { reason } : {});
  byId("freeze-reason").value = "";
  done("On hold: nothing changes what serves until somebody thaws.");
}

async function thaw() {
  const yes = await confirmed(
    "Thaw?",
    [
      element("p", {}, held ? `It is held: ${describeHold(held)}.` : "There is no hold any more."),
      element("p", {}, "Sources are followed again, and may replace what serves at once."),
    ],
    "Thaw",
  );
  if (!yes) return;
  await order("v1/thaw", {});
  done("Sources are followed again.");
}

async function setLogLevel() {
  const told = await order("v1/log-level", { level: byId("log-level").value });
  done(`The daemon logs from ${told.level} on.`);
}

async function drain() {
  const yes = await confirmed(
    "Drain this daemon?",
    [
      element(
        "p",
        {},
        "It stops being ready and refuses new connections. There is no way back but a restart.",
      ),
    ],
    "Drain",
    { danger: true },
  );
  if (!yes) return;
  await order("v1/drain", {});
  done("The daemon drains: it is not ready, and refuses new connections.");
}
