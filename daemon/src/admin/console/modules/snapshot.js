// Totals of the metrics since the daemon's start, and the difference of two.

/**
 * The totals of one document of `/v1/metrics`: `at` and `startedAt` in milliseconds since 1970; `requests`; `latency` as
 * pairs of a bound in nanoseconds and the number of code values that took no longer; `results` as pairs of a name and a
 * number.
 */
export function totals({ at, uptimeMs, generation, boundsNs, listeners, latency, identifications }) {
  const sum = (numbers) => numbers.reduce((all, n) => all + n, 0);
  const open = sum(listeners.map(({ connections }) => connections.open));
  const refused = sum(listeners.map(({ connections }) => connections.refused));
  return {
    at,
    startedAt: at - uptimeMs,
    generation,
    requests: sum(listeners.flatMap(({ requests }) => requests.map(({ count }) => count))),
    measured: latency.count,
    latency: boundsNs.map((bound, i) => [bound, latency.cumulative[i]]),
    results: [
      ...identifications.map(({ name, count }) => [name, count]),
      ["connections open", open],
      ["connections refused", refused],
    ],
  };
}

/** The difference of two totals; null if they are of two processes or of the same moment. */
export function between(before, after) {
  const restarted = Math.abs(after.startedAt - before.startedAt) > 1000 || after.measured < before.measured;
  if (restarted || after.at <= before.at) return null;
  return {
    seconds: (after.at - before.at) / 1000,
    requests: after.requests - before.requests,
    measured: after.measured - before.measured,
    latency: after.latency.map(([bound, n], i) => [bound, n - before.latency[i][1]]),
  };
}

/** The bound below which the share `q` of the measurements lies; null without measurements, or beyond all bounds. */
export function quantile({ measured, latency }, q) {
  if (!measured) return null;
  const found = latency.find(([, n]) => n >= q * measured);
  return found ? found[0] : null;
}
