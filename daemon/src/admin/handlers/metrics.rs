//! `/metrics` and `/v1/metrics`: the counts since the start.

use std::io::{self, Write};

use hyper::header::{HeaderValue, VARY};

use crate::admin::body::{Document, Elements};
use crate::admin::negotiation::dialect;
use crate::admin::request::{Outcome, Request};
use crate::admin::response::{json, with_body};
use crate::api::admin::{OPEN_METRICS_TEXT, PROMETHEUS_TEXT};
use crate::metrics::{Dialect, Rendered, RuleLines, render};
use crate::readiness::is_ready;

/// `GET /metrics`: the counts and the state in the text format of Prometheus, or in OpenMetrics.
pub(super) async fn prometheus(request: Request) -> Outcome {
    let plane = &request.plane;
    let status = plane.operator.status();
    let is_ready = is_ready(status, &plane.shutdown);
    let dialect = dialect(&request.headers);
    let Rendered {
        before,
        rules,
        after,
    } = render(&plane.metrics, &status.status(), is_ready, dialect);
    let metrics = Document::from_text(before)
        .with_elements("", rules)
        .with_text(&after);
    let media_type = match dialect {
        Dialect::Classic => PROMETHEUS_TEXT,
        Dialect::OpenMetrics => OPEN_METRICS_TEXT,
    };
    let mut response = with_body(media_type, metrics.into());
    response
        .headers_mut()
        .insert(VARY, HeaderValue::from_static("Accept"));
    Ok(response)
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
