// Numbers, times and rules as texts for people.

const integers = new Intl.NumberFormat("en");
const digits = (n, most) => n.toLocaleString("en", { maximumFractionDigits: most });
const three = (n) => digits(n, n < 10 ? 2 : n < 100 ? 1 : 0);

export const count = (n) => integers.format(n);

/** `1 rule`, `2 rules`. */
export const counted = (n, noun) => `${count(n)} ${noun}${n === 1 ? "" : "s"}`;

export const rate = (n) => (n < 1000 ? three(n) : count(Math.round(n)));

export const percent = (share) => `${digits(share * 100, 2)} %`;

/** A time in nanoseconds as a text. */
export function latency(ns) {
  if (ns < 1e3) return `${Math.round(ns)} ns`;
  if (ns < 1e6) return `${three(ns / 1e3)} µs`;
  if (ns < 1e9) return `${three(ns / 1e6)} ms`;
  return `${three(ns / 1e9)} s`;
}

export function bytes(n) {
  if (n < 1024) return `${n} B`;
  if (n < 1024 ** 2) return `${three(n / 1024)} KiB`;
  return `${three(n / 1024 ** 2)} MiB`;
}

/** A length of time in its two largest units. */
export function duration(ms) {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const [d, h, m, s] = [seconds / 86400, (seconds / 3600) % 24, (seconds / 60) % 60, seconds % 60].map(
    Math.floor,
  );
  if (d) return `${d} d ${h} h`;
  if (h) return `${h} h ${m} min`;
  if (m) return `${m} min ${s} s`;
  return `${s} s`;
}

/** A length of time as a text that changes seldom: below a minute in steps of ten seconds, then in minutes. */
export function roughly(ms) {
  const seconds = Math.max(0, ms / 1000);
  if (seconds < 10) return "under 10 s";
  if (seconds < 60) return `${Math.floor(seconds / 10) * 10} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  return duration(Math.floor(seconds / 60) * 60_000);
}

/** The time that has passed, as a text that changes seldom. */
export const passed = (ms) => (ms < 10_000 ? "just now" : `${roughly(ms)} ago`);

const ago = (at) => `${duration(Date.now() - at)} ago`;

/** A moment as `2026-11-22 09:30:00`, in the browser's time zone. */
export function clock(at) {
  const moment = new Date(at);
  const two = (n) => String(n).padStart(2, "0");
  const date = [moment.getFullYear(), two(moment.getMonth() + 1), two(moment.getDate())].join("-");
  return `${date} ${[moment.getHours(), moment.getMinutes(), moment.getSeconds()].map(two).join(":")}`;
}

/** The time of the day, to the minute, in the browser's time zone. */
export const minute = (at) => clock(at).slice(11, 16);

/** A moment and the time that has passed since. */
export const since = (at) => `${clock(at)}, ${ago(at)}`;

/** A text cut to a few lines of a table. */
export const brief = (text) => (text.length > 160 ? `${text.slice(0, 160)}…` : text);

/** The beginning of a digest, long enough to distinguish two. */
export const short = (digest) => digest.slice(0, 12);

export function describeMatch(match) {
  const [[kind, value]] = Object.entries(match);
  if (kind === "url") return `url ${describeUrl(value)}`;
  if (kind === "emv") return `emv ${describeEmv(value)}`;
  return `${kind} ${value}`;
}

function describeUrl({ scheme = "https", host, port, path = "" }) {
  return `${scheme}://${host}${port == null ? "" : `:${port}`}${path}`;
}

function describeEmv({ guid, tags = {}, checkCrc, allowEmpty }) {
  const parts = Object.entries(tags).map(([tag, value]) => `${tag}=${value}`);
  if (guid != null) parts.unshift(`guid ${guid}`);
  if (checkCrc === false) parts.push("no checksum");
  if (allowEmpty) parts.push("empty data objects");
  return parts.join(", ");
}

export function describeAction({ type, codeValue, redirectUrl }) {
  const template = codeValue ?? redirectUrl;
  return template == null || template === "{code}" ? type : `${type} ${template}`;
}

/** The percentage of a canary and the length of its allowlist; not the openIds on it. */
export function describeCanary(canary) {
  if (!canary) return "";
  const listed = canary.allowlistCount ?? canary.allowlist?.length ?? 0;
  return `${canary.percentage ?? 0} %${listed ? `, ${count(listed)} listed` : ""}`;
}

/** The position of a rule of `/v1/rules`, from 1; the API counts `index` from 0. */
export const positionOf = ({ index }) => index + 1;

/** The position of an explained rule, from 1; its pointer, `/rules/{index}`, counts from 0 as in RFC 6901. */
export const positionAt = ({ pointer }) => Number(pointer.split("/").at(-1)) + 1;
