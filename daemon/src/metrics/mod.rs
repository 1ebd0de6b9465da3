//! Metrics of a running daemon: counts of requests, results and connections, and latencies.
//!
//! ```text
//! worker threads ──RequestCounts──▶ WorkerFigures, one for each ─┐
//! accepting thread ───────▶ ConnectionFigures ───────────┼─▶ Metrics ─┬▶ text for Prometheus
//! proxy threads ──────────▶ SdkProxyFigures ─────────────┤            ├▶ Snapshot, as JSON
//! route table ────────────▶ its counts of rules ─────────┤            └▶ LastHour, every ten seconds
//! control thread ─────────▶ the status of reloading ─────┘
//! ```
//!
//! The reader pays: each worker writes to memory of its own, and readers add the workers up. No
//! metric shows a code value, an openId or a customer.
//!
//! Without the feature `metrics` nothing is recorded, and the metrics of requests are left out.
//!
//! Source: SPEC.md, section 6.

mod admin;
mod by_variant;
mod connections;
mod daemon_metrics;
mod decisions;
mod exposition;
mod families;
mod histogram;
mod last_hour;
mod process;
mod request_counts;
mod resident;
mod rule_lines;
mod rule_series;
mod sdk_proxy;
mod snapshot;
mod task;
mod worker;

pub(crate) use self::admin::AdminListener;
pub(crate) use self::connections::{ConnectionFigures, Overflow, Refusal};
pub(crate) use self::daemon_metrics::Metrics;
pub(crate) use self::decisions::DecisionFigures;
pub(crate) use self::exposition::Dialect;
pub(crate) use self::families::{Rendered, render};
pub(crate) use self::last_hour::LastHour;
pub(crate) use self::request_counts::{
    ByListener, Identification, Listener, RECORDED, RequestCounts, RequestResult,
};
pub(crate) use self::rule_lines::RuleLines;
pub(crate) use self::sdk_proxy::SdkProxyFigures;
pub(crate) use self::task::Task;
pub(crate) use self::worker::{Elapsed, Stopwatch, enter_worker, record, thread_scratch};
