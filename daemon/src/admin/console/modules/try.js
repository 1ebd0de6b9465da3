// Explains what the live table makes of a code value. Neither the code value nor the openId is stored.

import { query } from "./api.js";
import { byId, element, facts, row } from "./dom.js";
import { count, percent, positionAt } from "./format.js";
import { attempt, clear } from "./notice.js";

const COLUMNS = [
  { label: "Position", class: "number" },
  { label: "Rule", class: "long" },
  { label: "Part" },
  { label: "Canary" },
];

export function start() {
  const form = byId("try-form");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    run(form.querySelector("button"));
  });
}

async function run(control) {
  clear(byId("try-result"));
  clear(byId("try-notice"));
  const request = { codeValue: byId("code-value").value, openId: byId("open-id").value };
  const response = await attempt(byId("try-notice"), control, () => query("v1/explain", request));
  if (response) byId("try-result").replaceChildren(...resultOf(response));
}

function resultOf({ generation, response, explanation }) {
  const list = element("dl", { class: "facts" });
  facts(list, [
    ["Verdict", verdict(response)],
    ["Action", response.postCodeMatchActionType],
    ["To be decoded", response.codeValue && element("code", {}, response.codeValue)],
    ["To be opened", response.redirectUrl && element("code", {}, response.redirectUrl)],
    ["User agent", response.userAgent && element("code", {}, response.userAgent)],
    ["Result code", `${response.result.resultCode} (${response.result.resultStatus})`],
    ["Generation", count(generation)],
  ]);
  return [
    element("div", { class: "card" }, element("h2", {}, "Result"), list),
    element("div", { class: "card" }, element("h2", {}, "Why"), ...reasons(explanation)),
    element(
      "details",
      {},
      element("summary", {}, "Raw result"),
      element("pre", { tabindex: "0" }, JSON.stringify({ generation, response, explanation }, null, 2)),
    ),
  ];
}

function verdict({ isSupported, detail }) {
  if (isSupported === undefined) return element("strong", { class: "bad" }, detail ?? "none");
  return element(
    "strong",
    { class: isSupported ? "good" : "bad" },
    isSupported ? "supported" : "not supported",
  );
}

function reasons(explanation) {
  if (!explanation.length) return [element("p", {}, "No rule accepts this code value.")];
  const head = element(
    "thead",
    { role: "rowgroup" },
    element(
      "tr",
      { role: "row" },
      COLUMNS.map((column) =>
        element("th", { role: "columnheader", scope: "col", class: column.class }, column.label),
      ),
    ),
  );
  const body = element(
    "tbody",
    { role: "rowgroup" },
    explanation.map((entry) =>
      row(COLUMNS, [count(entry.position), entry.rule, partOf(entry), canaryOf(entry)], {
        class: entry.decides ? "live" : null,
      }),
    ),
  );
  return [
    element("p", {}, "The rules that accept this code value, in the order in which they are tried:"),
    element("table", { role: "table" }, head, body),
  ];
}

function partOf({ decides, admits }) {
  if (decides) return element("strong", {}, "decides");
  return admits ? "comes later" : "refuses";
}

function canaryOf({ reason, bucket, hundredths }) {
  const share = () =>
    `bucket ${count(bucket)} of 10,000, ${percent(hundredths / 10_000)} admits those below ${count(hundredths)}`;
  switch (reason) {
    case "noCanary":
      return "none";
    case "allowlisted":
      return "on the allowlist";
    case "insidePercentage":
      return `inside: ${share()}`;
    case "refused":
      return `outside: ${share()}`;
    default:
      return reason;
  }
}
