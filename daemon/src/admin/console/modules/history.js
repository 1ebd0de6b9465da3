// The tables that served, and the way back to one.

import { order, read, readConfig } from "./api.js";
import * as change from "./change.js";
import { confirmed } from "./confirm.js";
import { button, byId, element, row } from "./dom.js";
import { bytes, clock, count, counted, short, since } from "./format.js";
import { attempt, begin, clear, fail, succeed } from "./notice.js";

const COLUMNS = [
  { label: "Generation", class: "number" },
  { label: "Config", class: "long" },
  { label: "Rules", class: "number" },
  { label: "From", class: "long" },
  { label: "Loaded" },
  { label: "Compiled", class: "number" },
  { label: "Actions", class: "actions" },
];

let entries = [];
let drawn = "";
/** Whether the notice tells that they could not be read. */
let unread = false;
let open = () => {};
let refresh = () => {};

/** `openView` shows a view by its name, `refreshNow` has everything read again. */
export function start(openView, refreshNow) {
  open = openView;
  refresh = refreshNow;
}

/** Reads the tables anew. */
export async function update() {
  try {
    ({ entries } = await read("v1/history"));
    if (unread) clear(byId("history-notice"));
    unread = false;
    draw();
  } catch (error) {
    unread = true;
    fail(byId("history-notice"), error);
  }
}

/** Draws what is not drawn yet: a button must not vanish below a finger. */
function draw() {
  const now = JSON.stringify(entries);
  if (now === drawn) return;
  drawn = now;
  byId("history-body").replaceChildren(...entries.map(rowOf));
  byId("raw-history").textContent = JSON.stringify(entries, null, 2);
}

function rowOf(entry) {
  const {
    generation,
    version,
    sha256,
    ruleCount,
    level,
    uri,
    by,
    loadedAt,
    compileUs,
    memoryBytes,
    serving,
  } = entry;
  return row(
    COLUMNS,
    [
      count(generation),
      [element("div", {}, version), element("code", { title: sha256 }, short(sha256))],
      count(ruleCount),
      [
        element("div", {}, level),
        element("div", { class: "dim" }, by && !uri.includes(by) ? `${uri} by ${by}` : uri),
      ],
      clock(loadedAt),
      `${(compileUs / 1000).toFixed(1)} ms, ${bytes(memoryBytes)}`,
      actionsOf(entry),
    ],
    { class: serving ? "serves" : null },
  );
}

function actionsOf(entry) {
  const compare = button("Compare", () => compareWith(entry, compare), {
    "aria-label": `Compare generation ${entry.generation} with what serves`,
  });
  if (entry.serving) return [element("span", { class: "badge" }, "serves")];
  const back = button("Roll back…", () => rollBack(entry, back), {
    "aria-label": `Roll back to generation ${entry.generation}`,
  });
  return [back, compare];
}

async function compareWith({ generation }, control) {
  const config = await attempt(byId("history-notice"), control, () => readConfig(`v1/history/${generation}`));
  if (config === undefined) return;
  open("change");
  change.compare(config);
}

async function rollBack(target, control) {
  const serving = entries.find((entry) => entry.serving);
  const yes = await confirmed(
    `Roll back to generation ${count(target.generation)}?`,
    [
      element(
        "p",
        {},
        `Version ${target.version}, ${counted(target.ruleCount, "rule")}, digest ${short(target.sha256)}, loaded ${since(target.loadedAt)}.`,
      ),
      serving &&
        element(
          "p",
          {},
          `It replaces generation ${count(serving.generation)}: version ${serving.version}, digest ${short(serving.sha256)}.`,
        ),
      element("p", {}, "It serves at once, and holds against automatic pulls until somebody thaws."),
    ].filter(Boolean),
    "Roll back",
  );
  if (!yes) return;
  const place = byId("history-notice");
  begin(place, "Rolling back…");
  const told = await attempt(place, control, () =>
    order("v1/rollback", { generation: target.generation }, { replaces: serving?.sha256 }),
  );
  await update();
  refresh();
  if (told)
    succeed(
      place,
      `Version ${told.version}, ${counted(told.ruleCount, "rule")}, serves now as generation ${count(told.generation)}.`,
      change.notKept(told),
    );
  byId("history-title").focus();
}

/** Forgets how the last action ended. */
export const leave = () => clear(byId("history-notice"));
