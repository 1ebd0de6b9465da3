//! All metrics: their names, their help texts, and the figures that they show.

use codeid_engine::RouteTable;

use super::admin::AdminListener;
use super::exposition::{Dialect, Exposition, Kind};
use super::histogram::Distribution;
use super::process::process;
use super::rule_lines::RuleLines;
use super::{Identification, Listener, Metrics, Overflow, RECORDED, Refusal, RequestResult, Task};
use crate::api::status::{Counters, RulesStatus, SourceStatus, TableStatus};
use crate::telemetry;
use crate::timestamp::since_1970;

const NANOSECONDS: f64 = 1e9;
const MICROSECONDS: f64 = 1e6;

/// All metrics of a moment as a text. The lines of the rules, which may be many, are made one by
/// one when they are sent.
pub(crate) struct Rendered {
    /// The text before the lines of the rules.
    pub(crate) before: String,
    /// The lines of the rules.
    pub(crate) rules: RuleLines,
    /// The text after them.
    pub(crate) after: String,
}

/// Returns all metrics. `status` and `is_ready` are those of the moment.
pub(crate) fn render(
    metrics: &Metrics,
    status: &RulesStatus,
    is_ready: bool,
    dialect: Dialect,
) -> Rendered {
    let (mut before, mut after) = (Exposition::new(dialect), Exposition::new(dialect));
    daemon(metrics, is_ready, &mut before);
    process(&mut before);
    if RECORDED {
        requests(metrics, &mut before);
    }
    write_after_rules(metrics, status, &mut after);
    after.end();
    Rendered {
        before: before.into_text(),
        rules: metrics.live.with(|table| match table {
            Some(table) if RECORDED => RuleLines::of(table, &metrics.rule_series, dialect),
            _ => RuleLines::default(),
        }),
        after: after.into_text(),
    }
}

fn write_after_rules(metrics: &Metrics, status: &RulesStatus, out: &mut Exposition) {
    if RECORDED {
        connections(metrics, out);
        sdk_proxy(metrics, out);
    }
    if let Some(table) = &status.table {
        table_that_serves(table, out);
    }
    age(status, out);
    sources(status, out);
    reloads(&status.counters, out);
    saves(status, out);
    restarts(&status.counters, out);
    admin(metrics, out);
    log(metrics, out);
}

fn daemon(metrics: &Metrics, is_ready: bool, out: &mut Exposition) {
    out.family(
        Kind::Info,
        "codeid_build_info",
        "The version of the program; always 1.",
    )
    .sample(&[("version", env!("CARGO_PKG_VERSION"))], 1);
    out.gauge(
        "process_start_time_seconds",
        "Time at which the process began to start, in seconds since 1970.",
        since_1970(metrics.started_at).as_secs_f64(),
    );
    out.gauge(
        "codeid_ready",
        "1 if requests should be sent to this daemon, as /readyz reports.",
        u8::from(is_ready),
    );
}

fn requests(metrics: &Metrics, out: &mut Exposition) {
    let mut family = out.family(
        Kind::Counter,
        "codeid_requests_total",
        "Requests and commands to identify code values, a batch as one, by listener and result code.",
    );
    for listener in Listener::ALL {
        for result in RequestResult::ALL {
            let labels = [("listener", listener.word()), ("result", result.word())];
            family.sample(&labels, metrics.requests(listener, result));
        }
    }
    let mut family = out.family(
        Kind::Counter,
        "codeid_identifications_total",
        "Code values that were answered, each of a batch on its own, by action or result code.",
    );
    for identification in Identification::ALL {
        let labels = [("answer", identification.word())];
        family.sample(&labels, metrics.identifications(identification));
    }
    let mut family = out.family(
        Kind::Histogram,
        "codeid_identify_duration_seconds",
        "How long a code value took, from all bytes of its request to the bytes of its answer. What is \
         done at once (a batch, the commands of one read of a Redis client) is timed at once and divided.",
    );
    for listener in Listener::ALL {
        let labels = [("listener", listener.word())];
        family.distribution(&labels, &metrics.durations(listener), NANOSECONDS);
    }
}

fn connections(metrics: &Metrics, out: &mut Exposition) {
    let connections = &metrics.connections;
    let mut by_listener = |kind, name, help, value: &dyn Fn(Listener) -> u64| {
        let mut family = out.family(kind, name, help);
        for listener in Listener::ALL {
            family.sample(&[("listener", listener.word())], value(listener));
        }
    };
    by_listener(
        Kind::Gauge,
        "codeid_connections_open",
        "Connections that are served.",
        &|listener| connections.open(listener),
    );
    by_listener(
        Kind::Counter,
        "codeid_connections_accepted_total",
        "Accepted connections, including those that were then refused.",
        &|listener| connections.accepted(listener),
    );
    by_listener(
        Kind::Counter,
        "codeid_connections_displaced_total",
        "Idle connections that were closed to make room for others.",
        &|listener| connections.displaced(listener),
    );
    by_listener(
        Kind::Counter,
        "codeid_accept_failures_total",
        "Failures to accept a connection, or to give it to its thread, for want of descriptors or memory.",
        &|listener| connections.accept_failures(listener),
    );
    by_listener(
        Kind::Counter,
        "codeid_memory_refusals_total",
        "Requests and commands that were refused because memory.max-bytes had no room for them.",
        &|listener| connections.memory_refusals(listener),
    );
    let mut family = out.family(
        Kind::Counter,
        "codeid_connections_refused_total",
        "Connections that were refused with a response that says so, because there were too many (limit) or \
         memory.max-bytes had no room (memory); unanswered: without one, since many others were being refused.",
    );
    for listener in Listener::ALL {
        let answered =
            Refusal::ALL.map(|refusal| (refusal.word(), connections.refused(listener, refusal)));
        let unanswered = ("unanswered", connections.refused_unanswered(listener));
        for (reason, count) in answered.into_iter().chain([unanswered]) {
            family.sample(&[("listener", listener.word()), ("reason", reason)], count);
        }
    }
    let mut family = out.family(
        Kind::Counter,
        "codeid_connections_overflowed_total",
        "Connections that were closed because they held too much: more replies than \
         resp.max-pending-reply-bytes (pending), more than memory.max-bytes leaves (memory), or a large \
         transaction for too long (transaction).",
    );
    for listener in Listener::ALL {
        for reason in Overflow::ALL
            .into_iter()
            .filter(|reason| reason.concerns(listener))
        {
            family.sample(
                &[("listener", listener.word()), ("reason", reason.word())],
                connections.overflowed(listener, reason),
            );
        }
    }
}

fn sdk_proxy(metrics: &Metrics, out: &mut Exposition) {
    let figures = &metrics.sdk_proxy;
    let mut family = out.family(
        Kind::Counter,
        "codeid_sdk_proxy_requests_total",
        "Requests of sdkProxy, by result code; other: a code of the upstream that is not published.",
    );
    for (code, count) in figures.results() {
        family.sample(&[("result", code)], count);
    }
    let mut family = out.family(
        Kind::Counter,
        "codeid_sdk_proxy_unverified_total",
        "Requests of sdkProxy that the upstream refused without a signature, by result code.",
    );
    for (code, count) in figures.unverified() {
        family.sample(&[("result", code)], count);
    }
    out.family(
        Kind::Histogram,
        "codeid_sdk_proxy_duration_seconds",
        "Time that a forwarded request of sdkProxy took, from its body to its response.",
    )
    .distribution(&[], &figures.durations(), MICROSECONDS);
    out.gauge(
        "codeid_sdk_proxy_in_flight",
        "Requests of sdkProxy in flight.",
        figures.in_flight(),
    );
}

fn table_that_serves(table: &TableStatus, out: &mut Exposition) {
    let sha256 = table.sha256.to_string();
    out.family(
        Kind::Info,
        "codeid_table_info",
        "The live route config; always 1.",
    )
    .sample(
        &[
            ("version", &table.version),
            ("level", &table.level.to_string()),
            ("sha256", &sha256),
        ],
        1,
    );
    out.gauge(
        "codeid_table_generation",
        "The generation of the live table: 1 for the first since the start, then one more for each.",
        table.generation,
    );
    out.gauge(
        "codeid_table_rules",
        "The number of live rules.",
        table.rule_count,
    );
    out.gauge(
        "codeid_table_bytes",
        "The approximate memory of the live table.",
        table.memory_bytes,
    );
    out.gauge(
        "codeid_table_compile_seconds",
        "Time that parsing, checking and compiling the live config took.",
        table.compile_us as f64 / MICROSECONDS,
    );
    out.gauge(
        "codeid_table_loaded_timestamp_seconds",
        "Time at which the live config was compiled, in seconds since 1970.",
        seconds(table.loaded_at),
    );
}

fn age(status: &RulesStatus, out: &mut Exposition) {
    out.gauge(
        "codeid_table_age_seconds",
        "Time since the remote source last gave or confirmed the live config, or since the start if it never did.",
        seconds(status.staleness.age_ms),
    );
    out.gauge(
        "codeid_table_stale",
        "1 if codeid_table_age_seconds exceeds reload.stale-after-ms.",
        u8::from(status.staleness.stale),
    );
    out.gauge(
        "codeid_table_frozen",
        "1 if an operator has frozen the live config against the sources.",
        u8::from(status.freeze.is_some()),
    );
    if let Some(at) = status.last_activation_at {
        out.gauge(
            "codeid_last_activation_timestamp_seconds",
            "Time at which a table was last activated, in seconds since 1970.",
            seconds(at),
        );
    }
}

fn sources(status: &RulesStatus, out: &mut Exposition) {
    let sources = &status.sources;
    let all = [
        ("remote", sources.remote.as_ref()),
        ("local", Some(&sources.local)),
        ("preset", Some(&sources.preset)),
    ];
    let mut by_source = |name, help, value: &dyn Fn(&SourceStatus) -> Option<f64>| {
        let mut family = out.family(Kind::Gauge, name, help);
        for (word, source) in all {
            if let Some(value) = source.and_then(value) {
                family.sample(&[("source", word)], value);
            }
        }
    };
    by_source(
        "codeid_source_last_check_timestamp_seconds",
        "Time of the last check of a source, in seconds since 1970.",
        &|source| Some(seconds(source.last_check.as_ref()?.at)),
    );
    by_source(
        "codeid_source_last_good_check_timestamp_seconds",
        "Time at which a source last gave or confirmed a live config, in seconds since 1970.",
        &|source| source.last_good_check_at.map(seconds),
    );
    by_source(
        "codeid_source_failing_checks",
        "Consecutive checks of a source that failed or were refused.",
        &|source| Some(source.last_check.as_ref()?.failures as f64),
    );
    by_source(
        "codeid_source_config_refused",
        "1 if a source gives a config that is refused.",
        &|source| Some(f64::from(u8::from(source.refusal.is_some()))),
    );
    if let Some(at) = status.next_pull_at {
        out.gauge(
            "codeid_next_pull_timestamp_seconds",
            "Time of the next pull of the remote source, in seconds since 1970.",
            seconds(at),
        );
    }
}

fn reloads(counters: &Counters, out: &mut Exposition) {
    let mut family = out.family(
        Kind::Counter,
        "codeid_pulls_total",
        "Pulls of the remote source, by outcome: a config, no change, or a failure.",
    );
    family.sample(&[("outcome", "downloaded")], counters.pulls.downloaded);
    family.sample(&[("outcome", "not_modified")], counters.pulls.not_modified);
    family.sample(&[("outcome", "failed")], counters.pulls.failed);
    let mut family = out.family(
        Kind::Counter,
        "codeid_reloads_total",
        "Configs from all sources, by outcome.",
    );
    family.sample(&[("outcome", "activated")], counters.reloads.activated);
    family.sample(&[("outcome", "unchanged")], counters.reloads.unchanged);
    family.sample(&[("outcome", "refused")], counters.reloads.refused);
    out.counter(
        "codeid_compiles_total",
        "Configs that were compiled, to be accepted or refused.",
        counters.compiles,
    );
}

fn saves(status: &RulesStatus, out: &mut Exposition) {
    let mut family = out.family(
        Kind::Counter,
        "codeid_saves_total",
        "Attempts to save a config in the local storage, by outcome.",
    );
    family.sample(&[("outcome", "saved")], status.counters.saves);
    family.sample(&[("outcome", "failed")], status.counters.saves_failed);
    out.gauge(
        "codeid_save_failing",
        "1 if the live config could not be saved in the local storage.",
        u8::from(status.save.failure.is_some()),
    );
}

fn restarts(counters: &Counters, out: &mut Exposition) {
    let mut family = out.family(
        Kind::Counter,
        "codeid_task_restarts_total",
        "Restarts of a task after a fault, and faults in calls of a source or store.",
    );
    for task in Task::ALL {
        let count = match task {
            Task::Log => telemetry::figures().restarts,
            _ => counters.restarts.get(task.name()).copied().unwrap_or(0),
        };
        family.sample(&[("task", task.name())], count);
    }
}

fn admin(metrics: &Metrics, out: &mut Exposition) {
    let mut family = out.family(
        Kind::Counter,
        "codeid_admin_connections_turned_away_total",
        "Connections to the admin plane that were closed before their caller was known, to make room for others.",
    );
    for listener in AdminListener::ALL {
        let count = metrics.admin.turned_away(listener);
        family.sample(&[("listener", listener.word())], count);
    }
    let mut family = out.family(
        Kind::Counter,
        "codeid_tls_handshake_failures_total",
        "TLS handshakes that failed or took too long, by listener.",
    );
    for (listener, count) in [
        (
            Listener::Http.word(),
            metrics.connections.tls_handshake_failures(Listener::Http),
        ),
        (
            AdminListener::Tcp.word(),
            metrics.admin.tls_handshake_failures(),
        ),
    ] {
        family.sample(&[("listener", listener)], count);
    }
}

fn log(metrics: &Metrics, out: &mut Exposition) {
    out.counter(
        "codeid_log_lines_dropped_total",
        "Lines of the log that could not be written to standard error, or had no room in the queue.",
        telemetry::figures().dropped,
    );
    let mut family = out.family(
        Kind::Counter,
        "codeid_decision_log_lines_total",
        "Lines of the decision log: written; dropped because they came too fast (dropped_queue); dropped because \
         the file could not be written (dropped_disk).",
    );
    for (outcome, count) in metrics.decisions.outcomes() {
        family.sample(&[("outcome", outcome)], count);
    }
}

fn seconds(milliseconds: u64) -> f64 {
    milliseconds as f64 / 1000.0
}

impl Metrics {
    /// All workers together.
    pub(super) fn requests(&self, listener: Listener, result: RequestResult) -> u64 {
        let each = self.workers.iter();
        each.map(|worker| worker.requests(listener, result)).sum()
    }

    /// All workers together.
    pub(super) fn identifications(&self, identification: Identification) -> u64 {
        let each = self.workers.iter();
        each.map(|worker| worker.identifications(identification))
            .sum()
    }

    /// Returns the durations of all workers together, in nanoseconds.
    pub(super) fn durations(&self, listener: Listener) -> Distribution {
        let mut all = Distribution::default();
        for worker in &self.workers {
            all += &worker.durations(listener);
        }
        all
    }

    /// Returns the generation of the live table; 0 if there is none.
    pub(super) fn generation(&self) -> u64 {
        let generation = |table: &RouteTable| table.generation().get();
        self.live.with(|table| table.map_or(0, generation))
    }
}
