// Totals of the metrics since the daemon's start, and the difference of two.

/**
 * The totals of one document of `/v1/metrics`: `at` and `startedAt` in milliseconds since 1970; `requests` and those of them that
 * `failed` or were `illegal`; `lookups`; connections that are `open` and were `refused`; `proxyRequests`; `latency` as pairs of a
 * bound in nanoseconds and the number of code values that took no longer; `results` as pairs of a name and a number.
 */
export function totals({ at, uptimeMs, generation, boundsNs, listeners, latency, identifications, sdkProxy }) {
  const sum = (numbers) => numbers.reduce((all, n) => all + n, 0);
  const connections = (name) => sum(listeners.map(({ connections }) => connections[name]));
  const requests = listeners.flatMap((listener) => listener.requests);
  const of = (result) => sum(requests.filter(({ name }) => name === result).map(({ count }) => count));
  return {
    at,
    startedAt: at - uptimeMs,
    generation,
    requests: sum(requests.map(({ count }) => count)),
    failed: of("UNKNOWN_EXCEPTION"),
    illegal: of("PARAM_ILLEGAL"),
    lookups: sum(identifications.map(({ count }) => count)),
    open: connections("open"),
    refused: connections("refused"),
    proxyRequests: sum(sdkProxy.requests.map(({ count }) => count)),
    measured: latency.count,
    latency: boundsNs.map((bound, i) => [bound, latency.cumulative[i]]),
    results: [
      ...identifications.map(({ name, count }) => [name, count]),
      ["connections refused", connections("refused")],
    ],
  };
}

/** The difference of two totals; null if they are of two processes or of the same moment. */
export function between(before, after) {
  const restarted = Math.abs(after.startedAt - before.startedAt) > 1000 || after.measured < before.measured;
  if (restarted || after.at <= before.at) return null;
  const moved = (name) => after[name] - before[name];
  return {
    seconds: (after.at - before.at) / 1000,
    requests: moved("requests"),
    failed: moved("failed"),
    illegal: moved("illegal"),
    lookups: moved("lookups"),
    refused: moved("refused"),
    measured: moved("measured"),
    latency: after.latency.map(([bound, n], i) => [bound, n - before.latency[i][1]]),
  };
}

/** The bound below which the share `q` of the measurements lies; null without measurements, or beyond all bounds. */
export function quantile({ measured, latency }, q) {
  if (!measured) return null;
  const found = latency.find(([, n]) => n >= q * measured);
  return found ? found[0] : null;
}
