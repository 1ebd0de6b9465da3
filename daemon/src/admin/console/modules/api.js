// Calls of the admin API. A token is kept for as long as the tab is, and leaves it in a header only.

const TOKEN = "codeid-token";
const PATIENCE_MS = 10_000;
const LONG_PATIENCE_MS = 65_000;

/** What the daemon refused, or that it did not answer. */
export class Refusal extends Error {
  constructor(status, word, detail, problems = []) {
    super(detail);
    Object.assign(this, { status, word, problems });
  }
}

/** What the daemon says of itself, as an object. */
export const read = async (path) => parsed(await call(path, {}, PATIENCE_MS));

/** A config as it is. */
export const readConfig = async (path) => (await call(path, {}, PATIENCE_MS)).text;

/** What the daemon says to `body`, an object or the text of a config. Nothing is changed. */
export const ask = async (path, body) => parsed(await post(path, body));

/** Has something changed, if `replaces` is the digest of what serves, or `*`, or not given. */
export async function order(path, body, { replaces } = {}) {
  const condition = replaces && { "If-Match": replaces === "*" ? "*" : `"${replaces}"` };
  try {
    return parsed(await post(path, body, condition));
  } catch (error) {
    if (error.word === "unreachable") error.word = "unanswered";
    throw error;
  }
}

export const hasToken = () => sessionStorage.getItem(TOKEN) !== null;
export const keepToken = (token) => sessionStorage.setItem(TOKEN, token);
export const forgetToken = () => sessionStorage.removeItem(TOKEN);

function post(path, body, headers = {}) {
  const content = typeof body === "string" ? body : JSON.stringify(body);
  const options = {
    method: "POST",
    body: content,
    headers: { ...headers, "Content-Type": "application/json" },
  };
  return call(path, options, LONG_PATIENCE_MS);
}

/** The status and the text of an answer that is not a refusal. */
async function call(path, options, patience) {
  const headers = { ...options.headers };
  const token = sessionStorage.getItem(TOKEN);
  if (token !== null) headers.Authorization = `Bearer ${token}`;
  const signal = AbortSignal.timeout(patience);
  let response, text;
  try {
    response = await fetch(path, { ...options, headers, signal, cache: "no-store", redirect: "error" });
    text = await response.text();
  } catch (error) {
    const late = error.name === "TimeoutError";
    throw new Refusal(
      0,
      "unreachable",
      late ? "The daemon did not answer in time." : "The daemon cannot be reached.",
    );
  }
  if (!response.ok) throw refusal(response, text);
  return { status: response.status, text };
}

function parsed({ status, text }) {
  try {
    return JSON.parse(text);
  } catch {
    throw new Refusal(status, "notJson", `The daemon answered ${status} with something that is not JSON.`);
  }
}

function refusal(response, body) {
  let told;
  try {
    told = JSON.parse(body);
  } catch {
    told = null;
  }
  const detail = told?.detail ?? `The daemon answered with status ${response.status}.`;
  return new Refusal(response.status, told?.error ?? "unknown", detail, told?.problems ?? []);
}

const ADVICE = {
  unreachable: "Try again once it answers.",
  unanswered: "Whether it was done is not known: look at History before you try again.",
  unauthorized: "Sign in with a token that the daemon's token file has.",
  forbidden: "Your token has the role read. Sign in with one that has the role operate.",
  foreignOrigin:
    "Open this page by the address on which the daemon listens, or by localhost through a tunnel.",
  ifMatchStale: "Somebody was faster. Look at what serves now, and compare again.",
  ifMatchMissing: "Load the page again: it is not the one that belongs to this daemon.",
  frozen: "Thaw under Control before you reload: that asks the sources at once, too.",
  unknownGeneration: "The history holds the last tables only. Load it again.",
  notKept: "Look at the disk and the permissions of the daemon's directory, then try again.",
  notAudited: "Look at the disk and the permissions of the audit log, then try again.",
  tooLarge: "A larger route config needs a higher ac.route.max-config-characters.",
  tooSlow: "The way to the daemon is slow. Try again.",
  busy: "Try again in a moment.",
  fault: "That is a defect of the daemon, whose log says more.",
  notJson: "Is this address really that of the daemon?",
};

/** What to do about it, or an empty text. */
export const advice = (error) => ADVICE[error.word] ?? "";
