//! An SVG plot of latency by percentile, for one or several runs.
//!
//! Written by hand: the crates that draw plots bring fonts, colours and other image formats along,
//! and draw neither this axis nor this legend.

mod axes;
mod svg;

use codeid_daemon::count::counted;

use self::axes::{LatencyAxis, NinesAxis};
use self::svg::{Anchor, Picture};
use super::figures::{Load, Run};
use super::report::load;
use crate::quantity::{grouped, time};

const WIDTH: f64 = 960.0;
const LEFT: f64 = 92.0;
const RIGHT: f64 = 24.0;
const PLOT_HEIGHT: f64 = 400.0;
const BELOW: f64 = 64.0;
/// The top of the legend, below title and subtitle.
const LEGEND_TOP: f64 = 76.0;
const LEGEND_ROW: f64 = 22.0;

const INK: &str = "#222222";
const GREY: &str = "#666666";
const GRID: &str = "#dddddd";

/// Colours that remain distinct in colour-blind vision (Okabe and Ito).
const COLOURS: [&str; 7] = [
    "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000",
];

/// Dash patterns, one for each round through the colours.
const DASHES: [&str; 4] = ["", "7 4", "2 3", "9 3 2 3"];

/// Plots `runs`.
pub(super) fn svg(runs: &[Run]) -> String {
    let top = LEGEND_TOP + LEGEND_ROW * runs.len() as f64 + 12.0;
    let height = top + PLOT_HEIGHT + BELOW;
    let mut picture = Picture::new(WIDTH, height, "Latency by percentile");
    let loads: Vec<String> = runs.iter().map(load).collect();
    let same_load = loads.windows(2).all(|pair| pair[0] == pair[1]);

    picture.text(LEFT, 32.0, Anchor::Start, 20, INK, "Latency by percentile");
    let subtitle = match loads.first() {
        Some(load) if same_load => load,
        _ => "The load of each run is in the legend",
    };
    picture.text(LEFT, 54.0, Anchor::Start, 13, GREY, subtitle);
    for (index, (run, load)) in runs.iter().zip(&loads).enumerate() {
        let y = LEGEND_TOP + LEGEND_ROW * (index as f64 + 0.5);
        let (colour, dash) = style(index);
        picture.line((LEFT, y), (LEFT + 30.0, y), colour, 2.5, dash);
        let entry = legend(run, (!same_load).then_some(load));
        picture.text(LEFT + 40.0, y + 4.5, Anchor::Start, 13, INK, &entry);
    }

    let x_axis = NinesAxis::new(runs, LEFT, WIDTH - RIGHT);
    let y_axis = LatencyAxis::new(runs, top + PLOT_HEIGHT, top);
    let bottom = top + PLOT_HEIGHT;
    for (nines, label) in x_axis.ticks() {
        let x = x_axis.at(nines);
        picture.line((x, top), (x, bottom), GRID, 1.0, "");
        picture.text(x, bottom + 20.0, Anchor::Middle, 12, GREY, &label);
    }
    for microseconds in y_axis.ticks() {
        let y = y_axis.at(microseconds);
        picture.line((LEFT, y), (WIDTH - RIGHT, y), GRID, 1.0, "");
        let label = time(microseconds);
        picture.text(LEFT - 10.0, y + 4.0, Anchor::End, 12, GREY, &label);
    }
    picture.line((LEFT, bottom), (WIDTH - RIGHT, bottom), GREY, 1.2, "");
    picture.line((LEFT, top), (LEFT, bottom), GREY, 1.2, "");
    let middle = f64::midpoint(LEFT, WIDTH - RIGHT);
    let what = "Percentile: the share of requests that took at most this long (each step is ten times rarer)";
    picture.text(middle, bottom + 46.0, Anchor::Middle, 13, INK, what);
    picture.upwards(
        20.0,
        f64::midpoint(top, bottom),
        13,
        INK,
        latency_title(runs),
    );

    for (index, run) in runs.iter().enumerate() {
        let (colour, dash) = style(index);
        let points = &run.latency.by_percentile;
        let points = points.iter().map(|point| {
            let nines = NinesAxis::nines(point.percentile, run.latency.count);
            (x_axis.at(nines), y_axis.at(point.microseconds))
        });
        picture.curve(points, colour, 2.5, dash);
    }
    picture.finish()
}

const fn style(index: usize) -> (&'static str, &'static str) {
    let round = index / COLOURS.len();
    (COLOURS[index % COLOURS.len()], DASHES[round % DASHES.len()])
}

fn legend(run: &Run, load: Option<&String>) -> String {
    let mut text = format!(
        "{}: {} requests/s, p99 {}",
        run.name,
        grouped(run.requests_per_second),
        time(run.latency.microseconds.p99)
    );
    if run.latency.count == 0 {
        text = format!("{}: no good response", run.name);
    }
    if run.errors.total > 0 {
        text += &format!(", {}", counted(run.errors.total, "error"));
    }
    if let Some(load) = load {
        text += &format!(" ({load})");
    }
    text
}

fn latency_title(runs: &[Run]) -> &'static str {
    let open = runs.iter().filter(|run| run.load != Load::Closed).count();
    if open == runs.len() {
        "Latency from the time a request was due (logarithmic)"
    } else if open == 0 {
        "Latency from the time a request was sent (logarithmic)"
    } else {
        "Latency from the time due (open loop) or sent (closed loop)"
    }
}

#[cfg(test)]
mod tests;
