// Lines over the last minutes, as SVG.

import { svg } from "./dom.js";

const HEIGHT = 150;
const LEFT = 58;
const RIGHT = 8;
const TOP = 10;
const BOTTOM = 22;

/**
 * Draws `series` and `marks`. A series has a `name` and `points` of `at`, in milliseconds, and `value`; null is a gap. A mark
 * has `at` and `text`. `scale` is `linear` or `logarithmic`, `format` writes a value, and `label` describes the chart.
 */
export function drawChart(container, { series, marks, from, to, scale, format, label }) {
  const width = Math.max(container.clientWidth, 240);
  const values = series
    .flatMap(({ points }) => points.map(({ value }) => value))
    .filter((value) => value !== null);
  const { ticks, place } = scale(values);
  const x = (at) => LEFT + ((at - from) / (to - from)) * (width - LEFT - RIGHT);
  const y = (value) => TOP + (1 - place(value)) * (HEIGHT - TOP - BOTTOM);

  container.replaceChildren(
    svg(
      "svg",
      { viewBox: `0 0 ${width} ${HEIGHT}`, width, height: HEIGHT, role: "img", "aria-label": label },
      ticks.map((tick) => horizontal(y(tick), width, format(tick))),
      minutes(from, to, x),
      marks.map(({ at, text }) => vertical(x(at), width, text)),
      series.map(({ name, points }) => svg("path", { class: `line ${name}`, d: path(points, x, y) })),
    ),
  );
}

function horizontal(y, width, text) {
  return svg(
    "g",
    {},
    svg("line", { class: "grid", x1: LEFT, x2: width - RIGHT, y1: y, y2: y }),
    svg("text", { class: "tick", x: LEFT - 6, y: y + 4, "text-anchor": "end" }, text),
  );
}

function vertical(x, width, text) {
  const right = x < width - 70;
  return svg(
    "g",
    { class: "mark" },
    svg("line", { x1: x, x2: x, y1: TOP, y2: HEIGHT - BOTTOM }),
    svg(
      "text",
      { x: right ? x + 4 : x - 4, y: HEIGHT - BOTTOM - 5, "text-anchor": right ? "start" : "end" },
      text,
    ),
  );
}

function minutes(from, to, x) {
  const whole = Math.floor((to - from) / 60_000);
  return Array.from({ length: whole + 1 }, (_, ago) => {
    const at = x(to - ago * 60_000);
    const anchor = ago === 0 ? "end" : at < LEFT + 20 ? "start" : "middle";
    const words = ago === 0 ? "now" : `−${ago} min`;
    return svg("text", { class: "tick", x: at, y: HEIGHT - 6, "text-anchor": anchor }, words);
  });
}

function path(points, x, y) {
  let joined = false;
  return points
    .map(({ at, value }) => {
      if (value === null) {
        joined = false;
        return "";
      }
      const step = `${joined ? "L" : "M"}${x(at).toFixed(1)} ${y(value).toFixed(1)}`;
      // A point between two gaps is a line of length zero; its round ends make it visible.
      const dot = joined ? "" : "h0";
      joined = true;
      return step + dot;
    })
    .join("");
}

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
