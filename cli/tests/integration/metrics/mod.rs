//! The figures of the admin plane, as text for Prometheus and as JSON.

mod open_metrics;
mod process;
mod prometheus;
mod recorded;
mod reloads;
mod secrets;
mod sizes;

use std::collections::BTreeMap;

use serde_json::Value;

use crate::serve::daemon::Served;

/// The samples of one moment: name with labels, as they are written, and value.
pub(crate) struct Samples(BTreeMap<String, f64>);

impl Served {
    /// Returns the text that Prometheus would read.
    pub(crate) fn metrics_text(&self) -> String {
        let answer = self.admin("GET", "/metrics");
        assert_eq!(answer.status, 200);
        let media_type = Some("text/plain; version=0.0.4; charset=utf-8");
        assert_eq!(answer.header("content-type"), media_type);
        String::from_utf8(answer.body).unwrap()
    }

    pub(crate) fn metrics(&self) -> Samples {
        Samples::of(&self.metrics_text())
    }

    /// Returns the snapshot for clients of our own.
    fn snapshot(&self) -> Value {
        let answer = self.admin("GET", "/v1/metrics");
        assert_eq!(answer.status, 200);
        answer.json()
    }
}

impl Samples {
    pub(crate) fn of(text: &str) -> Self {
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        let samples = lines.map(|line| {
            let (name, value) = line.rsplit_once(' ').unwrap();
            (name.to_owned(), value.parse().unwrap())
        });
        let samples: BTreeMap<_, _> = samples.collect();
        assert!(samples.values().all(|value| *value >= 0.0));
        assert_eq!(
            samples.len(),
            text.lines().filter(|line| !line.starts_with('#')).count(),
            "a sample stands there twice"
        );
        Self(samples)
    }

    pub(crate) fn find(&self, name: &str) -> Option<f64> {
        self.0.get(name).copied()
    }

    pub(crate) fn get(&self, name: &str) -> f64 {
        let found = self.find(name);
        found.unwrap_or_else(|| panic!("no {name} among {:?}", self.0.keys()))
    }

    /// The sum of all whose name with labels begins so.
    pub(crate) fn sum(&self, beginning: &str) -> f64 {
        let alike = self
            .0
            .iter()
            .filter(|(name, _)| name.starts_with(beginning));
        alike.map(|(_, value)| value).sum()
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(|name| name.split('{').next().unwrap())
    }

    fn len(&self) -> usize {
        self.0.len()
    }
}
