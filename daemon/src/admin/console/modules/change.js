// Checks a candidate, shows what it would change, and has it served.

import { ask, order, read } from "./api.js";
import * as candidate from "./candidate.js";
import { confirmed } from "./confirm.js";
import { differenceView } from "./difference.js";
import { button, byId, element, setText } from "./dom.js";
import { bytes, count, counted, short, since } from "./format.js";
import { attempt, begin, clear, fail, succeed } from "./notice.js";
import { problemList } from "./problems.js";

/** What was checked: its text, and what the daemon said. */
let checked = null;
let refresh = () => {};

/** `refreshNow` has everything read again. */
export function start(refreshNow) {
  refresh = refreshNow;
  candidate.start(outdate);
  byId("change-form").addEventListener("submit", (event) => {
    event.preventDefault();
    check();
  });
  byId("apply").addEventListener("click", apply);
  outdate();
}

/** Puts a config into the editor and checks it. */
export function compare(text) {
  candidate.put(text);
  return check();
}

function outdate() {
  checked = null;
  byId("apply").disabled = true;
  setText(byId("apply-hint"), "Check first: only what was checked can be applied.");
}

async function check() {
  outdate();
  clear(byId("change-report"));
  const text = candidate.text();
  if (!text.trim()) {
    fail(
      byId("change-notice"),
      Object.assign(new Error("There is no candidate: paste one, or open a file."), { word: "empty" }),
    );
    byId("candidate").focus();
    return;
  }
  begin(byId("change-notice"), "Checking…");
  const report = await attempt(byId("change-notice"), byId("check"), () => ask("v1/check", text));
  if (!report || text !== candidate.text()) return;
  clear(byId("change-notice"));
  checked = { text, report };
  byId("change-report").replaceChildren(...reportView(checked));
  byId("change-report").firstChild.focus();
  byId("apply").disabled = !report.ok;
  setText(byId("apply-hint"), report.ok ? "" : "A config with errors is never served. What serves stays.");
}

function reportView({ text, report }) {
  const { ok, why, problems, warnings, changes } = report;
  return [
    element("h2", { tabindex: "-1" }, ok ? "The candidate can be served" : "The candidate is refused"),
    element(
      "p",
      { class: ok ? "box good" : "box bad", id: "verdict" },
      ok ? costs(report) : `${problems.length ? "" : why} What serves now is not touched.`,
    ),
    ...problemList("error", "bad", problems, text, candidate.goTo),
    ...problemList("warning", "wait", warnings, text, candidate.goTo),
    ...(changes ? differenceView(changes) : []),
    element(
      "details",
      {},
      element("summary", {}, "Raw report"),
      element("pre", { tabindex: "0" }, JSON.stringify(report, null, 2)),
    ),
  ];
}

function costs({ version, sha256, ruleCount, compileUs, memoryBytes, warnings }) {
  const memory = memoryBytes == null ? "" : `, takes ${bytes(memoryBytes)}`;
  const doubts = warnings.length ? `, with ${counted(warnings.length, "warning")}` : "";
  return `Version ${version}, digest ${short(sha256)}: ${counted(ruleCount, "rule")}, compiled in ${(compileUs / 1000).toFixed(1)} ms${memory}${doubts}.`;
}

async function apply() {
  const { text, report } = checked;
  const { replaces } = report;
  const yes = await confirmed(
    "Apply this config?",
    [
      element(
        "p",
        {},
        `Version ${report.version}, ${counted(report.ruleCount, "rule")}, digest ${short(report.sha256)}, replaces digest ${replaces ? short(replaces) : "nothing"}.`,
      ),
      element("p", {}, "It serves at once, and holds against automatic pulls until somebody thaws."),
    ],
    "Apply",
  );
  if (!yes) return;
  begin(byId("change-notice"), "Applying…");
  try {
    byId("apply").disabled = true;
    applied(await order("v1/apply", text, { replaces: replaces ?? "*" }));
  } catch (error) {
    await refused(error, text);
  }
  refresh();
}

function applied(told) {
  outdate();
  setText(byId("apply-hint"), "");
  clear(byId("change-report"));
  const what = told.outcome === "unchanged" ? "serves already, and is held now" : "serves now";
  succeed(
    byId("change-notice"),
    `Version ${told.version}, ${counted(told.ruleCount, "rule")}, ${what} as generation ${count(told.generation)}.`,
    element(
      "p",
      {},
      element("a", { href: "#overview" }, "Watch the traffic"),
      ", or ",
      element("a", { href: "#history" }, "go back"),
      ".",
    ),
    notKept(told),
    ...problemList("warning", "wait", told.warnings, null, null),
  );
  byId("change-notice").firstChild.focus();
}

/** The hold has the config in any case. */
export const notKept = ({ kept, keptWhy }) =>
  kept
    ? null
    : element(
        "p",
        {},
        `It could not be kept in the local storage: ${keptWhy}. A restart finds it for as long as it is held.`,
      );

async function refused(error, text) {
  if (error.word === "ifMatchStale") {
    fail(
      byId("change-notice"),
      error,
      element("p", {}, await whoWasFaster()),
      button("Compare again", () => compare(text), { id: "compare-again" }),
    );
  } else {
    fail(byId("change-notice"), error);
    byId("change-report").replaceChildren(
      ...problemList("error", "bad", error.problems, text, candidate.goTo),
    );
    byId("apply").disabled = checked?.text !== text;
  }
}

async function whoWasFaster() {
  try {
    const { entries } = await read("v1/history");
    const { generation, version, sha256, by, uri, loadedAt } = entries.find(({ serving }) => serving);
    return `Generation ${count(generation)} serves now: version ${version}, digest ${short(sha256)}, by ${by ?? uri}, ${since(loadedAt)}.`;
  } catch {
    return "Who it was could not be read.";
  }
}
