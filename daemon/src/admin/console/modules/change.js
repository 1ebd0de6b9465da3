// Checks a candidate, shows its changes to the live config, and applies it.

import { command, query, read } from "./api.js";
import * as candidate from "./candidate.js";
import { confirmed } from "./confirm.js";
import { differenceView } from "./difference.js";
import { button, byId, element, setText } from "./dom.js";
import { bytes, count, counted, short, since } from "./format.js";
import { attempt, begin, clear, fail, succeed } from "./notice.js";
import { problemList } from "./problems.js";

/** The last check: the candidate's text and the daemon's report. */
let checked = null;
let refresh = () => {};

/** `refreshNow` reads status and metrics again. */
export function start(refreshNow) {
  refresh = refreshNow;
  candidate.start(outdate);
  byId("change-form").addEventListener("submit", (event) => {
    event.preventDefault();
    check();
  });
  byId("apply").addEventListener("click", () => apply(false));
  outdate();
}

/** Puts a config into the editor and checks it, unless an unsaved one stays. `begun` is called before the check. */
export async function compare(text, begun = () => {}) {
  if (!(await candidate.replace(text))) return;
  begun();
  await check();
}

function outdate() {
  checked = null;
  byId("apply").disabled = true;
  setText(byId("apply-hint"), "Check first: only a checked candidate can be applied.");
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
  const report = await attempt(byId("change-notice"), byId("check"), () => query("v1/check", text));
  if (!report || text !== candidate.text()) return;
  clear(byId("change-notice"));
  checked = { text, report };
  byId("change-report").replaceChildren(...reportView(checked));
  byId("change-report").firstChild.focus();
  byId("apply").disabled = !report.ok;
  setText(byId("apply-hint"), report.ok ? "" : "A config with errors cannot be applied.");
}

function reportView({ text, report }) {
  const { ok, why, problems, warnings, changes } = report;
  return [
    element("h2", { tabindex: "-1" }, ok ? "The candidate can be applied" : "The candidate is refused"),
    element(
      "p",
      { class: ok ? "box good" : "box bad", id: "verdict" },
      ok ? costs(report) : `${problems.length ? "" : why} The live config is not affected.`,
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
  const doubts = warnings.length ? `, ${counted(warnings.length, "warning")}` : "";
  return `Version ${version}, digest ${short(sha256)}: ${counted(ruleCount, "rule")}, compiled in ${(compileUs / 1000).toFixed(1)} ms${memory}${doubts}.`;
}

async function apply(overrides) {
  const { text, report } = checked;
  const { replaces } = report;
  const yes = await confirmed(
    overrides ? "Apply this config in spite of the freeze?" : "Apply this config?",
    [
      element(
        "p",
        {},
        `Version ${report.version}, ${counted(report.ruleCount, "rule")}, digest ${short(report.sha256)}, replaces digest ${replaces ? short(replaces) : "nothing"}.`,
      ),
      element(
        "p",
        {},
        "It becomes live at once and stays live, whatever the sources give, until an operator thaws the rules.",
      ),
    ],
    "Apply",
  );
  if (!yes) return;
  begin(byId("change-notice"), "Applying…");
  try {
    byId("apply").disabled = true;
    const result = await command("v1/apply", text, { replaces: replaces ?? "*", overrides });
    candidate.applied(text);
    applied(result);
  } catch (error) {
    await refused(error, text);
  }
  refresh();
}

function applied(result) {
  outdate();
  setText(byId("apply-hint"), "");
  clear(byId("change-report"));
  const what = result.outcome === "unchanged" ? "was live already, and is frozen now" : "is live now";
  succeed(
    byId("change-notice"),
    `Version ${result.version}, ${counted(result.ruleCount, "rule")}, ${what} as generation ${count(result.generation)}.`,
    element(
      "p",
      {},
      element("a", { href: "#overview" }, "Watch the traffic"),
      ", or ",
      element("a", { href: "#history" }, "go back"),
      ".",
    ),
    ...problemList("warning", "wait", result.warnings, null, null),
  );
  byId("change-notice").firstChild.focus();
}

async function refused(error, text) {
  if (error.word === "ifMatchStale") {
    fail(
      byId("change-notice"),
      error,
      element("p", {}, await describeLive()),
      button("Compare again", () => compare(text), { id: "compare-again" }),
    );
  } else if (error.word === "frozen") {
    fail(
      byId("change-notice"),
      error,
      button("Override the freeze", () => apply(true), { id: "override", class: "risky" }),
    );
    byId("apply").disabled = checked?.text !== text;
  } else {
    fail(byId("change-notice"), error);
    byId("change-report").replaceChildren(
      ...problemList("error", "bad", error.problems, text, candidate.goTo),
    );
    byId("apply").disabled = checked?.text !== text;
  }
}

async function describeLive() {
  try {
    const { entries } = await read("v1/history");
    const { generation, version, sha256, by, uri, loadedAt } = entries.find(({ live }) => live);
    return `Generation ${count(generation)} is live now: version ${version}, digest ${short(sha256)}, by ${by ?? uri}, ${since(loadedAt)}.`;
  } catch {
    return "The live config could not be read.";
  }
}
