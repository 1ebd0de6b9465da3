// The last hour, as the daemon kept it: `/v1/figures` as points of charts and rows of a table.

/** The last bound of the daemon's buckets, in nanoseconds: a percentile of null lies beyond it. */
const LAST_BOUND_NS = 2 ** 26;

const NOTHING = {
  lookups: null,
  p50: null,
  p99: null,
  failed: null,
  illegal: null,
  refused: null,
  proxyFailed: null,
};

/**
 * The samples as points, which were received at `now`: `at` is the end of each, and the counts are rates a second. A sample that
 * is missing is a point of nulls.
 */
export function points({ ageMs, intervalMs, samples }, now) {
  const last = samples.length - 1;
  return samples.map((sample, i) => ({ at: now - ageMs - (last - i) * intervalMs, ...ratesOf(sample) }));
}

/** The rates of one sample. */
export function ratesOf(sample) {
  if (!sample) return NOTHING;
  const each = (n) => (n * 1000) / sample.ms;
  const percentile = (ns) => (sample.lookups ? (ns ?? LAST_BOUND_NS) : null);
  return {
    lookups: each(sample.lookups),
    p50: percentile(sample.p50Ns),
    p99: percentile(sample.p99Ns),
    failed: each(sample.failedRequests),
    illegal: each(sample.illegalRequests),
    refused: each(sample.refusedConnections),
    proxyFailed: each(sample.sdkProxyFailures),
  };
}

/** Rows of `minutes` each, the newest first: the mean of each rate, and the highest percentiles. */
export function rows(points, minutes, now) {
  const length = minutes * 60_000;
  const found = new Map();
  for (const point of points) {
    const key = Math.floor((now - point.at) / length);
    found.set(key, [...(found.get(key) ?? []), point]);
  }
  return [...found.entries()]
    .sort(([a], [b]) => a - b)
    .map(([key, within]) => ({ at: now - (key + 1) * length, ...summary(within) }));
}

function summary(points) {
  const of = (name) => points.map((point) => point[name]).filter((value) => value !== null);
  const mean = (name) => (of(name).length ? of(name).reduce((a, b) => a + b) / of(name).length : null);
  const most = (name) => (of(name).length ? Math.max(...of(name)) : null);
  return {
    lookups: mean("lookups"),
    p50: most("p50"),
    p99: most("p99"),
    failed: mean("failed"),
    illegal: mean("illegal"),
    refused: mean("refused"),
    proxyFailed: mean("proxyFailed"),
  };
}
