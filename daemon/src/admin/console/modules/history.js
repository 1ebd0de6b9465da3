// The tables that were live, and rolling back to one.

import { command, read, readConfig } from "./api.js";
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
/** True while the notice says that the history could not be read. */
let unread = false;
let open = () => {};
let refresh = () => {};

/** `openView` shows a view by its name, `refreshNow` reads status and metrics again. */
export function start(openView, refreshNow) {
  open = openView;
  refresh = refreshNow;
}

/** Reads the history again. */
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

/** Draws the entries if they have changed, so that no button is replaced while it is pressed. */
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
    live,
  } = entry;
  return row(
    COLUMNS,
    [
      count(generation),
      [
        element("div", {}, version, live ? element("span", { class: "badge" }, "live") : null),
        element("code", { title: sha256 }, short(sha256)),
      ],
      count(ruleCount),
      [
        element("div", {}, level),
        element("div", { class: "dim" }, by && !uri.includes(by) ? `${uri} by ${by}` : uri),
      ],
      clock(loadedAt),
      `${(compileUs / 1000).toFixed(1)} ms, ${bytes(memoryBytes)}`,
      actionsOf(entry),
    ],
    { class: live ? "live" : null },
  );
}

function actionsOf(entry) {
  const compare = button("Compare", () => compareWith(entry, compare), {
    "aria-label": `Compare generation ${entry.generation} with the live config`,
  });
  if (entry.live) return [];
  const back = button("Roll back…", () => rollBack(entry, back), {
    class: "risky",
    "aria-label": `Roll back to generation ${entry.generation}`,
  });
  return [compare, back];
}

async function compareWith({ generation }, control) {
  const config = await attempt(byId("history-notice"), control, () => readConfig(`v1/history/${generation}`));
  if (config !== undefined) await change.compare(config, () => open("change"));
}

async function rollBack(target, control) {
  const live = entries.find((entry) => entry.live);
  const yes = await confirmed(
    `Roll back to generation ${count(target.generation)}?`,
    [
      element(
        "p",
        {},
        `Version ${target.version}, ${counted(target.ruleCount, "rule")}, digest ${short(target.sha256)}, loaded ${since(target.loadedAt)}.`,
      ),
      live &&
        element(
          "p",
          {},
          `It replaces generation ${count(live.generation)}: version ${live.version}, digest ${short(live.sha256)}.`,
        ),
      element(
        "p",
        {},
        "It becomes live at once and stays live, whatever the sources give, until an operator thaws the rules.",
      ),
    ].filter(Boolean),
    "Roll back",
    { danger: true },
  );
  if (!yes) return;
  const place = byId("history-notice");
  begin(place, "Rolling back…");
  const result = await attempt(place, control, () =>
    command("v1/rollback", { generation: target.generation }, { replaces: live?.sha256 }),
  );
  await update();
  refresh();
  if (result)
    succeed(
      place,
      `Version ${result.version}, ${counted(result.ruleCount, "rule")}, is live now as generation ${count(result.generation)}.`,
    );
  byId("history-title").focus();
}

/** Clears the outcome of the last action. */
export const leave = () => clear(byId("history-notice"));
