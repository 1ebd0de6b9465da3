//! `/metrics` and `/v1/metrics`: the counts since the start.

use std::io::{self, Write};

use crate::admin::body::{Document, Elements};
use crate::admin::request::{Outcome, Request};
use crate::admin::response::{json, with_body};
use crate::api::admin::PROMETHEUS_TEXT;
use crate::metrics::{Rendered, RuleLines, render};
use crate::readiness::is_ready;

/// `GET /metrics`: the counts and the state in the text format of Prometheus.
pub(super) async fn prometheus(request: Request) -> Outcome {
    let plane = &request.plane;
    let status = plane.operator.status();
    let is_ready = is_ready(status, &plane.shutdown);
    let Rendered {
        before,
        rules,
        after,
    } = render(&plane.metrics, &status.status(), is_ready);
    let metrics = Document::from_text(before)
        .with_elements("", rules)
        .with_text(&after);
    Ok(with_body(PROMETHEUS_TEXT, metrics.into()))
}

impl Elements for RuleLines {
    fn count(&self) -> usize {
        Self::count(self)
    }

    fn write(&self, index: usize, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(self.line(index).as_bytes())
    }
}

/// `GET /v1/metrics`: the counts in JSON.
pub(super) async fn snapshot(request: Request) -> Outcome {
    Ok(json(&request.plane.metrics.snapshot()))
}
