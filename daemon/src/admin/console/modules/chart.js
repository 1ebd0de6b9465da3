// Lines over time, as SVG.

import { svg } from "./dom.js";
import { minute } from "./format.js";

const HEIGHT = 168;
const LEFT = 52;
const RIGHT = 10;
/** Above the values, the texts of the marks. */
const TOP = 20;
const BOTTOM = 24;

/** The steps between the times below a chart, in minutes, and the pixels that a time needs. */
const STEPS_MIN = [2, 5, 10, 15, 20, 30];
const LABEL_WIDTH = 58;
/** The pixels that the text of a mark needs. */
const MARK_WIDTH = 56;
/** The fewest pixels between two points. */
const POINT_WIDTH = 3;

/**
 * Draws `series` and `marks`. A series has a `name`, `points` of `at`, in milliseconds, and `value`, where null is a gap, and
 * `join`, which makes one value of those of neighbours that are too close to be drawn apart. A mark has `at` and `text`. `scale` is `linear` or `logarithmic`, `format` writes a value; `title` and `description` are for those who
 * do not see the chart.
 */
export function drawChart(container, { series, marks, from, to, scale, format, title, description }) {
  const width = Math.max(container.clientWidth, 240);
  const most = Math.floor((width - LEFT - RIGHT) / POINT_WIDTH);
  series = series.map((each) => ({ ...each, points: thinned(each, from, to, most) }));
  const values = series
    .flatMap(({ points }) => points.map(({ value }) => value))
    .filter((value) => value !== null);
  const { ticks, place } = scale(values);
  const x = (at) => LEFT + ((at - from) / (to - from)) * (width - LEFT - RIGHT);
  const y = (value) => TOP + (1 - place(value)) * (HEIGHT - TOP - BOTTOM);
  const [titleId, textId] = [`${container.id}-title`, `${container.id}-text`];

  container.replaceChildren(
    svg(
      "svg",
      { viewBox: `0 0 ${width} ${HEIGHT}`, width, height: HEIGHT, role: "img", "aria-labelledby": titleId, "aria-describedby": textId },
      svg("title", { id: titleId }, `${title}, ${minute(from)} to now`),
      svg("desc", { id: textId }, description),
      ticks.map((tick) => horizontal(y(tick), width, format(tick))),
      times(from, to, x, width),
      marks.map(({ at }) => vertical(x(at))),
      named(marks, x).map(({ at, text }) => name(x(at), width, text)),
      series.length === 1 ? svg("path", { class: `area ${series[0].name}`, d: area(series[0].points, x, y) }) : null,
      series.map(({ name, points }) => svg("path", { class: `line ${name}`, d: path(points, x, y) })),
      values.length ? null : nothing(width),
    ),
  );
}

function horizontal(y, width, text) {
  return svg(
    "g",
    {},
    svg("line", { class: "grid", x1: LEFT, x2: width - RIGHT, y1: y, y2: y }),
    svg("text", { class: "tick", x: LEFT - 8, y: y + 4, "text-anchor": "end" }, text),
  );
}

const vertical = (x) => svg("line", { class: "mark", x1: x, x2: x, y1: TOP, y2: HEIGHT - BOTTOM });

/** The marks that have room for their texts. Of several that are close, the newest has its text. */
function named(marks, x) {
  let right = Infinity;
  const newestFirst = [...marks].sort((a, b) => b.at - a.at);
  return newestFirst.filter(({ at }) => {
    const hasRoom = x(at) < right - MARK_WIDTH;
    if (hasRoom) right = x(at);
    return hasRoom;
  });
}

function name(x, width, text) {
  const right = x < width - RIGHT - MARK_WIDTH;
  return svg("text", { class: "mark", x: right ? x + 4 : x - 4, y: TOP - 7, "text-anchor": right ? "start" : "end" }, text);
}

/** Times of the day at round minutes, and the present. */
function times(from, to, x, width) {
  const room = (width - LEFT - RIGHT) / LABEL_WIDTH;
  const minutes = (to - from) / 60_000;
  const step = (STEPS_MIN.find((step) => minutes / step <= room) ?? STEPS_MIN.at(-1)) * 60_000;
  // Steps begin at a full hour of the browser's time zone.
  const shift = new Date(to).getTimezoneOffset() * 60_000;
  const first = Math.ceil((from - shift) / step) * step + shift;
  const found = [];
  for (let at = first; at < to; at += step) {
    if (x(at) < width - RIGHT - LABEL_WIDTH * 0.75 && x(at) > LEFT + 12) found.push(label(x(at), minute(at), "middle"));
  }
  return [...found, label(width - RIGHT, "now", "end")];
}

const label = (x, text, anchor) => svg("text", { class: "tick", x, y: HEIGHT - 6, "text-anchor": anchor }, text);

function nothing(width) {
  const middle = LEFT + (width - LEFT - RIGHT) / 2;
  return svg("text", { class: "tick", x: middle, y: HEIGHT / 2, "text-anchor": "middle" }, "nothing was measured");
}

function path(points, x, y) {
  return runs(points)
    .map((run) => {
      const [first, ...rest] = run.map(({ at, value }) => `${x(at).toFixed(1)} ${y(value).toFixed(1)}`);
      // A point between two gaps is a line of length zero; its round ends make it visible.
      return `M${first}h0${rest.map((place) => `L${place}`).join("")}`;
    })
    .join("");
}

/** The areas below the lines. */
function area(points, x, y) {
  const bottom = (HEIGHT - BOTTOM).toFixed(1);
  return runs(points)
    .map((run) => {
      const places = run.map(({ at, value }) => `L${x(at).toFixed(1)} ${y(value).toFixed(1)}`).join("");
      return `M${x(run[0].at).toFixed(1)} ${bottom}${places}L${x(run.at(-1).at).toFixed(1)} ${bottom}Z`;
    })
    .join("");
}

/** At most `most` points, each for those within an equal part of the time. The last point stays as it is. */
function thinned({ points, join }, from, to, most) {
  if (points.length <= most) return points;
  const part = Math.ceil((to - from) / most / 10_000) * 10_000;
  const parts = Map.groupBy(points.slice(0, -1), ({ at }) => Math.floor(at / part));
  const joined = [...parts.values()].map((within) => {
    const values = within.map(({ value }) => value).filter((value) => value !== null);
    return { at: within.at(-1).at, value: values.length ? join(values) : null };
  });
  return [...joined, points.at(-1)];
}

/** The points between gaps. */
function runs(points) {
  const found = [[]];
  for (const point of points) {
    if (point.value !== null) found.at(-1).push(point);
    else if (found.at(-1).length) found.push([]);
  }
  return found.filter((run) => run.length);
}

/** The mean, for rates. */
export const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** The highest, for percentiles. */
export const highest = (values) => Math.max(...values);

/** A scale from 0 to a round number above all values. */
export function linear(values) {
  const most = Math.max(1, ...values);
  const unit = 10 ** Math.floor(Math.log10(most));
  const top = [1, 2, 5, 10].map((factor) => factor * unit).find((round) => round >= most);
  return { ticks: [0, top / 2, top], place: (value) => value / top };
}

/** A scale from one power of ten to another, at least one decade. */
export function logarithmic(values) {
  const positive = values.filter((value) => value > 0);
  const low = Math.floor(Math.log10(Math.min(1e4, ...positive)));
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(1e3, ...positive))));
  const ticks = Array.from({ length: high - low + 1 }, (_, n) => 10 ** (low + n));
  return { ticks, place: (value) => (Math.log10(Math.max(value, 10 ** low)) - low) / (high - low) };
}
