//! The text format of Prometheus, version 0.0.4, and OpenMetrics 1.0.0, which differs in a few lines.
//!
//! Written by hand: the libraries for it own the counters, and the one that does not writes
//! OpenMetrics only, which not every reader accepts.

use std::fmt::{self, Display, Write};

use super::histogram::Distribution;

/// A text format of metrics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// The text format of Prometheus, version 0.0.4.
    #[default]
    Classic,
    /// OpenMetrics 1.0.0.
    OpenMetrics,
}

/// Metrics as text.
#[derive(Debug, Default)]
pub(super) struct Exposition {
    dialect: Dialect,
    text: String,
}

/// One metric, whose samples are being added. Without any, nothing of it is written.
#[derive(Debug)]
pub(super) struct Family<'a> {
    dialect: Dialect,
    text: &'a mut String,
    name: &'static str,
    kind: Kind,
    help: &'static str,
    is_begun: bool,
}

/// The type of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A value that only rises, except at a restart.
    Counter,
    /// A value that rises and falls.
    Gauge,
    /// A [`Distribution`]: buckets, a sum and a count.
    Histogram,
    /// A gauge that is always 1 and whose labels say something; its name ends with `_info`.
    Info,
}

/// The names and values of a sample's labels.
pub(super) type Labels<'a> = &'a [(&'static str, &'a str)];

/// The units that OpenMetrics names, each at the end of a name.
const UNITS: [&str; 2] = ["seconds", "bytes"];

/// The line at the end of all metrics in OpenMetrics.
const END: &str = "# EOF\n";

impl Exposition {
    /// Returns metrics in this format, none yet.
    pub(super) const fn new(dialect: Dialect) -> Self {
        Self {
            dialect,
            text: String::new(),
        }
    }

    /// Begins a metric. `help` is one line without backslashes and quotes.
    pub(super) const fn family(
        &mut self,
        kind: Kind,
        name: &'static str,
        help: &'static str,
    ) -> Family<'_> {
        Family {
            dialect: self.dialect,
            text: &mut self.text,
            name,
            kind,
            help,
            is_begun: false,
        }
    }

    /// Adds a counter without labels.
    pub(super) fn counter(&mut self, name: &'static str, help: &'static str, value: u64) {
        self.family(Kind::Counter, name, help).sample(&[], value);
    }

    /// Adds a gauge without labels.
    pub(super) fn gauge(&mut self, name: &'static str, help: &'static str, value: impl Display) {
        self.family(Kind::Gauge, name, help).sample(&[], value);
    }

    /// Ends the last metric: nothing follows.
    pub(super) fn end(&mut self) {
        if self.dialect == Dialect::OpenMetrics {
            self.text.push_str(END);
        }
    }

    /// Returns the text of all metrics, in the order in which they were added.
    pub(super) fn into_text(self) -> String {
        self.text
    }
}

impl Family<'_> {
    /// Returns the metric as one whose first samples were added elsewhere.
    pub(super) const fn continued(mut self) -> Self {
        self.is_begun = true;
        self
    }

    /// Adds a sample. `value` displays as a decimal number.
    pub(super) fn sample(&mut self, labels: Labels<'_>, value: impl Display) {
        self.line("", labels, None, value);
    }

    /// Adds the samples of a distribution, with a bucket for each octave. Bounds and sum are
    /// written in seconds, of which each has `ticks_per_second`.
    pub(super) fn distribution(
        &mut self,
        labels: Labels<'_>,
        distribution: &Distribution,
        ticks_per_second: f64,
    ) {
        // Dividing rounds once, so that bounds are as short as they can be.
        let seconds = |ticks: u64| ticks as f64 / ticks_per_second;
        for (bound, count) in distribution.cumulative_by_octave() {
            self.line("_bucket", labels, Some(&seconds(bound)), count);
        }
        let count = distribution.count();
        self.line("_bucket", labels, Some(&"+Inf"), count);
        self.line("_sum", labels, None, seconds(distribution.sum()));
        self.line("_count", labels, None, count);
    }

    fn line(
        &mut self,
        suffix: &str,
        labels: Labels<'_>,
        bound: Option<&dyn Display>,
        value: impl Display,
    ) {
        self.begin();
        let text = &mut *self.text;
        put(text, format_args!("{}{suffix}", self.name));
        let mut before = "{";
        for (name, value) in labels {
            put(text, format_args!("{before}{name}=\"{}\"", Escaped(value)));
            before = ",";
        }
        if let Some(bound) = bound {
            put(text, format_args!("{before}le=\"{bound}\""));
            before = ",";
        }
        let end = if before == "," { "}" } else { "" };
        put(text, format_args!("{end} {value}\n"));
    }

    /// Returns the name that describes the metric: OpenMetrics leaves the end out that a type's samples have.
    fn name_of_family(&self) -> &'static str {
        let end = match (self.dialect, self.kind) {
            (Dialect::OpenMetrics, Kind::Counter) => "_total",
            (Dialect::OpenMetrics, Kind::Info) => "_info",
            _ => "",
        };
        self.name.strip_suffix(end).unwrap_or(self.name)
    }

    fn begin(&mut self) {
        if self.is_begun {
            return;
        }
        self.is_begun = true;
        let kind = match (self.kind, self.dialect) {
            (Kind::Counter, _) => "counter",
            (Kind::Histogram, _) => "histogram",
            (Kind::Info, Dialect::OpenMetrics) => "info",
            (Kind::Gauge | Kind::Info, _) => "gauge",
        };
        let (name, help) = (self.name_of_family(), self.help);
        let head = format_args!("# HELP {name} {help}\n# TYPE {name} {kind}\n");
        put(self.text, head);
        let unit = |unit: &&&str| {
            name.strip_suffix(**unit)
                .is_some_and(|of| of.ends_with('_'))
        };
        if self.dialect == Dialect::OpenMetrics
            && let Some(unit) = UNITS.iter().find(unit)
        {
            put(self.text, format_args!("# UNIT {name} {unit}\n"));
        }
    }
}

fn put(text: &mut String, more: fmt::Arguments<'_>) {
    text.write_fmt(more).expect("a string takes every text");
}

/// The value of a label.
struct Escaped<'a>(&'a str);

impl Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|c| match c {
            '\\' => f.write_str("\\\\"),
            '"' => f.write_str("\\\""),
            '\n' => f.write_str("\\n"),
            c => f.write_char(c),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::histogram::Histogram;
    use super::*;

    #[test]
    fn metrics_are_written_as_prometheus_reads_them() {
        let mut out = Exposition::default();
        out.counter("a_total", "How often.", u64::MAX);
        out.gauge("b_seconds", "How long.", 0.25);
        let mut family = out.family(Kind::Gauge, "c", "Which.");
        family.sample(&[("x", "a\"b\\c\nd \u{e9}"), ("y", "")], 1);
        family.sample(&[("x", "e")], 0);
        let _ = out.family(Kind::Gauge, "d", "None.");
        let expected = "\
            # HELP a_total How often.\n\
            # TYPE a_total counter\n\
            a_total 18446744073709551615\n\
            # HELP b_seconds How long.\n\
            # TYPE b_seconds gauge\n\
            b_seconds 0.25\n\
            # HELP c Which.\n\
            # TYPE c gauge\n\
            c{x=\"a\\\"b\\\\c\\nd \u{e9}\",y=\"\"} 1\n\
            c{x=\"e\"} 0\n";
        assert_eq!(out.into_text(), expected);
    }

    #[test]
    fn open_metrics_has_other_names_of_families_and_units_and_an_end() {
        let mut out = Exposition::new(Dialect::OpenMetrics);
        out.counter("a_seconds_total", "How long.", 2);
        out.family(Kind::Info, "b_info", "Which.")
            .sample(&[("x", "y")], 1);
        out.gauge("bytes", "None that is a unit.", 3);
        out.end();
        let expected = "\
            # HELP a_seconds How long.\n\
            # TYPE a_seconds counter\n\
            # UNIT a_seconds seconds\n\
            a_seconds_total 2\n\
            # HELP b Which.\n\
            # TYPE b info\n\
            b_info{x=\"y\"} 1\n\
            # HELP bytes None that is a unit.\n\
            # TYPE bytes gauge\n\
            bytes 3\n\
            # EOF\n";
        assert_eq!(out.into_text(), expected);
        let mut classic = Exposition::default();
        classic
            .family(Kind::Info, "b_info", "Which.")
            .sample(&[], 1);
        classic.end();
        let expected = "# HELP b_info Which.\n# TYPE b_info gauge\nb_info 1\n";
        assert_eq!(classic.into_text(), expected);
    }

    #[test]
    fn a_distribution_has_its_octaves_in_seconds() {
        let histogram = Histogram::default();
        for nanoseconds in [60, 64, 65, 1_000_000, 1 << 40] {
            histogram.record_alone(nanoseconds, 1);
        }
        let mut out = Exposition::default();
        out.family(Kind::Histogram, "h_seconds", "How long.")
            .distribution(&[("of", "a")], &histogram.read(), 1e9);
        let text = out.into_text();
        let lines: Vec<_> = text.lines().skip(2).collect();
        assert_eq!(lines[0], r#"h_seconds_bucket{of="a",le="0.000000064"} 2"#);
        assert_eq!(lines[1], r#"h_seconds_bucket{of="a",le="0.000000128"} 3"#);
        assert_eq!(lines[20], r#"h_seconds_bucket{of="a",le="0.067108864"} 4"#);
        assert_eq!(lines[21], r#"h_seconds_bucket{of="a",le="+Inf"} 5"#);
        assert_eq!(lines[22], r#"h_seconds_sum{of="a"} 1099.512627965"#);
        assert_eq!(lines[23], r#"h_seconds_count{of="a"} 5"#);
        assert_eq!(lines.len(), 24);
    }
}
