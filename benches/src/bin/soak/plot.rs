//! A plot of memory, descriptors and threads over time, as SVG.

use std::fmt::Write as _;

use crate::sampler::Sample;

const WIDTH: f64 = 960.0;
const LEFT: f64 = 76.0;
const RIGHT: f64 = 20.0;
const TOP: f64 = 84.0;
const PANEL: f64 = 190.0;
const GAP: f64 = 46.0;

/// Colours that remain distinct in colour-blind vision (Okabe and Ito).
const BLUE: &str = "#0072b2";
const ORANGE: &str = "#d55e00";
const GREEN: &str = "#009e73";
const INK: &str = "#222222";
const GRID: &str = "#dddddd";

/// A curve of a panel: its name, its colour and its value at a sample.
type Curve = (&'static str, &'static str, fn(&Sample) -> f64);

const PANELS: [(&str, &[Curve]); 3] = [
    (
        "memory, MiB",
        &[
            ("RSS", BLUE, |sample| sample.rss as f64 / 1024.0),
            ("PSS", GREEN, |sample| sample.pss as f64 / 1024.0),
        ],
    ),
    (
        "descriptors",
        &[("", ORANGE, |sample| sample.descriptors as f64)],
    ),
    ("threads", &[("", BLUE, |sample| sample.threads as f64)]),
];

/// Plots samples. A new life begins with a vertical line, and breaks the curves.
pub(crate) fn svg(samples: &[Sample]) -> String {
    let height = TOP + (PANEL + GAP) * PANELS.len() as f64;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" \
         height=\"{height}\" role=\"img\" font-family=\"system-ui, 'DejaVu Sans', Helvetica, Arial, sans-serif\">\n\
         <title>Soak</title>\n<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n"
    );
    text(
        &mut out,
        (LEFT, 28.0),
        "start",
        18,
        "Memory, descriptors and threads of the daemon",
    );
    let subtitle =
        "time in minutes; a dotted line is a start after a kill; circles are measured at rest";
    text(&mut out, (LEFT, 48.0), "start", 12, subtitle);
    let last = samples.last().map_or(1.0, |sample| sample.at).max(1.0);
    for (index, (title, curves)) in PANELS.iter().enumerate() {
        let top = TOP + (PANEL + GAP) * index as f64;
        panel(&mut out, samples, last, top, (title, curves));
    }
    out + "</svg>\n"
}

fn panel(
    out: &mut String,
    samples: &[Sample],
    last: f64,
    top: f64,
    (title, curves): (&str, &[Curve]),
) {
    let bottom = top + PANEL;
    let values = curves
        .iter()
        .flat_map(|(_, _, value)| samples.iter().map(value));
    let step = step(values.fold(1.0, f64::max), 4.0);
    let most = samples
        .iter()
        .flat_map(|sample| curves.iter().map(|(_, _, value)| value(sample)))
        .fold(1.0, f64::max);
    let most = (most / step).ceil() * step;
    let x = |at: f64| LEFT + (WIDTH - LEFT - RIGHT) * at / last;
    let y = |value: f64| bottom - PANEL * value / most;
    text(out, (LEFT, top - 6.0), "start", 13, title);
    let mut value = 0.0;
    while value <= most {
        line(out, (LEFT, y(value)), (WIDTH - RIGHT, y(value)), GRID, "");
        text(
            out,
            (LEFT - 8.0, y(value) + 4.0),
            "end",
            11,
            &value.to_string(),
        );
        value += step;
    }
    let minutes = self::step(last / 60.0, 8.0);
    let mut minute = 0.0;
    while minute * 60.0 <= last {
        text(
            out,
            (x(minute * 60.0), bottom + 16.0),
            "middle",
            11,
            &minute.to_string(),
        );
        minute += minutes;
    }
    let lives: Vec<&[Sample]> = samples.chunk_by(|a, b| a.life == b.life).collect();
    for life in &lives[1.min(lives.len())..] {
        line(
            out,
            (x(life[0].at), top),
            (x(life[0].at), bottom),
            INK,
            "2 3",
        );
    }
    for (index, (name, colour, value)) in curves.iter().enumerate() {
        for life in &lives {
            let mut points = String::new();
            for sample in *life {
                write!(points, "{:.1},{:.1} ", x(sample.at), y(value(sample))).expect(WRITES);
            }
            writeln!(
                out,
                "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.5\"/>",
                points.trim_end()
            )
            .expect(WRITES);
            for sample in life.iter().filter(|sample| sample.at_rest) {
                let (x, y) = (x(sample.at), y(value(sample)));
                writeln!(
                    out,
                    "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\" fill=\"{colour}\"/>"
                )
                .expect(WRITES);
            }
        }
        if !name.is_empty() {
            let at = LEFT + 120.0 + 70.0 * index as f64;
            line(out, (at, top - 10.0), (at + 20.0, top - 10.0), colour, "");
            text(out, (at + 26.0, top - 6.0), "start", 12, name);
        }
    }
}

const WRITES: &str = "writing to memory cannot fail";

/// Returns a round distance of ticks, of which about `count` reach `most`.
fn step(most: f64, count: f64) -> f64 {
    let rough = most / count;
    let power = 10.0_f64.powf(rough.log10().floor()).max(1.0);
    let round = [1.0, 2.0, 5.0].map(|factor| factor * power);
    round
        .into_iter()
        .find(|step| *step >= rough)
        .unwrap_or(10.0 * power)
}

fn line(out: &mut String, from: (f64, f64), to: (f64, f64), colour: &str, dash: &str) {
    let ((x1, y1), (x2, y2)) = (from, to);
    writeln!(
        out,
        "<line x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\" stroke=\"{colour}\" \
         stroke-dasharray=\"{dash}\"/>"
    )
    .expect(WRITES);
}

fn text(out: &mut String, at: (f64, f64), anchor: &str, size: u8, text: &str) {
    let (x, y) = at;
    writeln!(
        out,
        "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" font-size=\"{size}\" fill=\"{INK}\">{text}</text>"
    )
    .expect(WRITES);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round() {
        let ticks = [
            (3.0, 4.0),
            (46.0, 4.0),
            (180.0, 8.0),
            (0.5, 8.0),
            (1.0, 4.0),
        ];
        assert_eq!(
            ticks.map(|(most, count)| step(most, count)),
            [1.0, 20.0, 50.0, 1.0, 1.0]
        );
    }
}
