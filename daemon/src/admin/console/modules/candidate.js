// The text of the candidate, a config to check: pasted, opened from a file, or the live config.

import { readConfig } from "./api.js";
import { confirmed } from "./confirm.js";
import { byId, element, setText } from "./dom.js";
import { bytes, counted } from "./format.js";
import { attempt, fail } from "./notice.js";

/** More than any config may have. The daemon enforces its own limit. */
const MAX_BYTES = 4 * 1024 ** 2;

/** The text as it was loaded or applied. The editor normalises line ends, which would change the digest. */
let original = "";

/** `changed` is called after every change of the text. */
export function start(changed) {
  const editor = byId("candidate");
  const upload = byId("upload");
  editor.addEventListener("input", () => edited(changed));
  upload.addEventListener("change", () => {
    openFile(upload.files[0], changed);
    upload.value = "";
  });
  byId("from-live").addEventListener("click", (event) => loadLive(event.currentTarget, changed));
  window.addEventListener("beforeunload", (event) => {
    if (isUnsaved()) event.preventDefault();
  });
  editor.addEventListener("dragover", (event) => event.preventDefault());
  editor.addEventListener("drop", (event) => {
    if (!event.dataTransfer.files.length) return;
    event.preventDefault();
    openFile(event.dataTransfer.files[0], changed);
  });
}

/** The text to send: the original, unless the editor changed it. */
export function text() {
  const { value } = byId("candidate");
  return value === asEdited(original) ? original : value;
}

/** Replaces the text, and returns true, unless it is unsaved and the operator wants to go on with it. */
export async function replace(content) {
  if (isUnsaved() && content !== text()) {
    const loss = element("p", {}, "The candidate has changes that were not applied. They would be lost.");
    if (!(await confirmed("Replace the candidate?", [loss], "Replace", { danger: true }))) return false;
  }
  original = content;
  byId("candidate").value = content;
  describe();
  return true;
}

/** Notes that the text was applied: it can be read from the daemon again. */
export function applied(content) {
  original = content;
}

/** True if the editor has a text that an operator wrote, and that was not applied. */
function isUnsaved() {
  const { value } = byId("candidate");
  return value.trim() !== "" && value !== asEdited(original);
}

/** Moves the caret to a line and a column, both from 1, and scrolls to it. */
export function goTo({ line, column }) {
  const editor = byId("candidate");
  const lines = editor.value.split("\n");
  const before = lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0);
  const inLine = [...(lines[line - 1] ?? "")].slice(0, column - 1).join("").length;
  editor.focus();
  editor.setSelectionRange(before + inLine, before + inLine + 1);
  const { lineHeight, fontSize } = getComputedStyle(editor);
  editor.scrollTop = Math.max(0, (line - 5) * parseFloat(lineHeight));
  editor.scrollLeft = Math.max(0, (inLine - 40) * parseFloat(fontSize) * 0.6);
  editor.scrollIntoView({ block: "center" });
}

const asEdited = (content) => content.replace(/\r\n?/g, "\n");

function edited(changed) {
  describe();
  changed();
}

function describe() {
  const content = text();
  const size = bytes(new TextEncoder().encode(content).length);
  setText(byId("candidate-size"), content ? `${counted(content.split("\n").length, "line")}, ${size}` : "");
}

async function loadLive(control, changed) {
  const config = await attempt(byId("change-notice"), control, () => readConfig("v1/config"));
  if (config !== undefined && (await replace(config))) changed();
}

async function openFile(file, changed) {
  if (!file) return;
  let content;
  try {
    content = await contentOf(file);
  } catch (error) {
    fail(byId("change-notice"), error);
    return;
  }
  if (await replace(content)) changed();
}

async function contentOf(file) {
  if (file.size > MAX_BYTES)
    throw unusable(`${file.name} has ${bytes(file.size)}. A config has at most ${bytes(MAX_BYTES)}.`);
  const content = await file.arrayBuffer().catch(() => {
    throw unusable(`${file.name} cannot be read.`);
  });
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(content);
  } catch {
    throw unusable(`${file.name} is not UTF-8.`);
  }
}

const unusable = (message) => Object.assign(new Error(message), { word: "unusableFile" });
