// Calls of the admin API. The token is stored for the lifetime of the tab, and sent in a header only.

const TOKEN = "codeid-token";
const TIMEOUT_MS = 10_000;
const LONG_TIMEOUT_MS = 65_000;

/** A refusal by the daemon, or a missing response. */
export class Refusal extends Error {
  constructor(status, word, detail, problems = []) {
    super(detail);
    Object.assign(this, { status, word, problems });
  }
}

/** Reads a document, as an object. */
export const read = async (path) => parsed(await call(path, {}, TIMEOUT_MS));

/** Reads a config, byte for byte. */
export const readConfig = async (path) => (await call(path, {}, TIMEOUT_MS)).text;

/** Posts `body`, an object or the text of a config, to an endpoint that changes nothing. */
export const query = async (path, body) => parsed(await post(path, body));

/**
 * Posts a change. `replaces` is the digest that the live config must have, or `*`; without it, there is no condition.
 * `overrides` is true if the live config may be frozen by another operator.
 */
export async function command(path, body, { replaces, overrides } = {}) {
  const condition = {
    ...(replaces && { "If-Match": replaces === "*" ? "*" : `"${replaces}"` }),
    ...(overrides && { "X-Codeid-Override": "true" }),
  };
  try {
    return parsed(await post(path, body, condition));
  } catch (error) {
    if (error.word === "unreachable") error.word = "unanswered";
    throw error;
  }
}

export const hasToken = () => sessionStorage.getItem(TOKEN) !== null;
export const storeToken = (token) => sessionStorage.setItem(TOKEN, token);
export const forgetToken = () => sessionStorage.removeItem(TOKEN);

function post(path, body, headers = {}) {
  const content = typeof body === "string" ? body : JSON.stringify(body);
  const options = {
    method: "POST",
    body: content,
    headers: { ...headers, "Content-Type": "application/json" },
  };
  return call(path, options, LONG_TIMEOUT_MS);
}

/** The status and the text of a response that is not a refusal. */
async function call(path, options, timeout) {
  const headers = { ...options.headers };
  const token = sessionStorage.getItem(TOKEN);
  if (token !== null) headers.Authorization = `Bearer ${token}`;
  const signal = AbortSignal.timeout(timeout);
  let response, text;
  try {
    response = await fetch(path, { ...options, headers, signal, cache: "no-store", redirect: "error" });
    text = await response.text();
  } catch (error) {
    const late = error.name === "TimeoutError";
    throw new Refusal(
      0,
      "unreachable",
      late ? "The daemon did not respond in time." : "The daemon cannot be reached.",
    );
  }
  if (!response.ok) throw refusal(response, text);
  return { status: response.status, text };
}

function parsed({ status, text }) {
  try {
    return JSON.parse(text);
  } catch {
    throw new Refusal(
      status,
      "notJson",
      `The daemon responded with status ${status} and a body that is not JSON.`,
    );
  }
}

function refusal(response, body) {
  let document;
  try {
    document = JSON.parse(body);
  } catch {
    document = null;
  }
  const detail = document?.detail ?? `The daemon responded with status ${response.status}.`;
  return new Refusal(response.status, document?.error ?? "unknown", detail, document?.problems ?? []);
}

const ADVICE = {
  unreachable: "Try again when it responds.",
  unanswered: "The change may have been made: check History before you try again.",
  unauthorized: "Sign in with a token from the daemon's token file.",
  forbidden: "Sign in with a token of that role.",
  foreignOrigin:
    "Open this page by the address on which the daemon listens, or by localhost through a tunnel.",
  ifMatchStale: "The live config has changed since your comparison. Compare again.",
  ifMatchMissing: "Reload the page: it belongs to another version of the daemon.",
  frozen: "Thaw under Control, which also checks the sources at once, or override the freeze.",
  unknownGeneration: "The history has only the most recent tables. Reload it.",
  notSaved: "Check the disk and the permissions of the daemon's directory, then try again.",
  notAudited: "Check the disk and the permissions of the audit log, then try again.",
  tooLarge: "A larger route config needs a higher ac.route.max-config-characters.",
  tooSlow: "The connection to the daemon is slow. Try again.",
  busy: "Try again in a moment.",
  fault: "This is a defect of the daemon. Its log has the details.",
  notJson: "Check that this is the daemon's address.",
};

/** Advice on an error, or an empty text. */
export const advice = (error) => ADVICE[error.word] ?? "";
