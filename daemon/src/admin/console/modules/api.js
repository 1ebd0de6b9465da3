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
export async function read(path) {
  const response = await call(path, {}, PATIENCE_MS);
  return parsed(response, await text(response));
}

/** A config as it is, and its digest. */
export async function readConfig(path) {
  const response = await call(path, {}, PATIENCE_MS);
  return { text: await text(response), digest: response.headers.get("ETag")?.replaceAll('"', "") ?? null };
}

/** Has something done; `body` is an object, or the text of a config. */
export async function order(path, body, { replaces } = {}) {
  const headers = { "Content-Type": "application/json" };
  if (replaces) headers["If-Match"] = replaces === "*" ? "*" : `"${replaces}"`;
  const content = typeof body === "string" ? body : JSON.stringify(body);
  const response = await call(path, { method: "POST", headers, body: content }, LONG_PATIENCE_MS);
  return parsed(response, await text(response));
}

export const hasToken = () => sessionStorage.getItem(TOKEN) !== null;
export const keepToken = (token) => sessionStorage.setItem(TOKEN, token);
export const forgetToken = () => sessionStorage.removeItem(TOKEN);

async function call(path, options, patience) {
  const headers = { ...options.headers };
  const token = sessionStorage.getItem(TOKEN);
  if (token !== null) headers.Authorization = `Bearer ${token}`;
  const signal = AbortSignal.timeout(patience);
  const response = await fetch(path, {
    ...options,
    headers,
    signal,
    cache: "no-store",
    redirect: "error",
  }).catch((error) => {
    throw unreachable(error);
  });
  if (response.ok) return response;
  throw refusal(response, await text(response));
}

const text = (response) =>
  response.text().catch((error) => {
    throw unreachable(error);
  });

function parsed(response, body) {
  try {
    return JSON.parse(body);
  } catch {
    throw new Refusal(
      response.status,
      "notJson",
      `The daemon answered ${response.status} with something that is not JSON.`,
    );
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

function unreachable(error) {
  if (error.name === "TimeoutError") return new Refusal(0, "timeout", "The daemon did not answer in time.");
  return new Refusal(0, "unreachable", "The daemon cannot be reached.");
}

const ADVICE = {
  unreachable: "Whether it was done is not known: History shows it once the daemon answers again.",
  timeout: "Whether it was done is not known: look at History before you try again.",
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
  busy: "Try again in a moment.",
  fault: "That is a defect of the daemon, whose log says more.",
  notJson: "Is this address really that of the daemon?",
};

/** What to do about it, or an empty text. */
export const advice = (error) => ADVICE[error.word] ?? "";
