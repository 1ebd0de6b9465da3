//! `codeid admin status`: the live table, where it came from, and the state of the sources.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use codeid_daemon::api::metrics::Connections;
use codeid_daemon::api::readiness::Readiness;
use codeid_daemon::api::status::{
    CheckOutcome, DaemonStatus, DecisionLogStatus, ListenerAddresses, RulesStatus, ServiceState,
    SourceStatus, Status, TableStatus,
};
use codeid_daemon::count::counted;

use super::client::TIMEOUT;
use super::command_context::CommandContext;
use super::freeze;
use crate::moment::{ago, span, until, utc_and_ago};
use crate::output::{Failure, printable};
use crate::table::{self, Column};

/// The limit on the time until a health check has its response: a daemon that takes longer for a document of
/// one line is not well, and the next check may be due.
const READY_TIMEOUT: Duration = Duration::from_secs(5);

/// The command line of `codeid admin status`.
#[derive(Debug, clap::Args)]
pub(super) struct ShowStatus {
    /// Only ask whether the daemon is ready: exit status 1 if it is not, with the reasons in one line
    ///
    /// The daemon responds with /readyz, which costs it next to nothing, so that the health check of a
    /// container may run the command every few seconds. It waits for five seconds at most.
    #[arg(long)]
    ready: bool,
}

impl ShowStatus {
    /// Returns the limit on the time until the response is complete.
    pub(super) const fn timeout(&self) -> Duration {
        match self.ready {
            true => READY_TIMEOUT,
            false => TIMEOUT,
        }
    }

    /// Prints the status or, if the option asks for that, only the readiness; exit status 1 if the daemon is
    /// then not ready.
    ///
    /// # Errors
    ///
    /// [`Failure`] if the daemon refuses or does not respond, or standard output cannot be written.
    pub(super) fn run(self, context: &mut CommandContext<'_>) -> Result<ExitCode, Failure> {
        if self.ready {
            return show_readiness(context);
        }
        let status: Status = context.get("/v1/status")?;
        if !context.is_json() {
            show(context.stdout, &status)?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Prints one line with the readiness; exit status 1 if the daemon is not ready.
fn show_readiness(context: &mut CommandContext<'_>) -> Result<ExitCode, Failure> {
    let readiness: Readiness = context.get_also_unavailable("/readyz")?;
    if !context.is_json() {
        let reasons = readiness.not_ready_because.iter();
        let reasons: Vec<_> = reasons.map(|reason| reason.detail.as_str()).collect();
        let line = match readiness.ready {
            true => "ready".to_owned(),
            false => format!("not ready: {}", reasons.join(" ")),
        };
        writeln!(context.stdout, "{}", printable(&line))?;
    }
    Ok(match readiness.ready {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}

fn show(output: &mut impl Write, status: &Status) -> io::Result<()> {
    let mut field = |name: &str, value: &str| writeln!(output, "{name:<12} {}", printable(value));
    field("health", &status.health.sentence)?;
    for problem in &status.health.problems {
        field("", &format!("{}: {}", problem.severity, problem.what))?;
        field("", &problem.do_this)?;
    }
    field("daemon", &process(&status.daemon))?;
    field("ready", if status.readiness.ready { "yes" } else { "no" })?;
    for reason in &status.readiness.not_ready_because {
        field("", &reason.detail)?;
    }
    let rules = &status.rules;
    match &rules.table {
        None => field("table", "none")?,
        Some(table) => {
            for (name, value) in table_fields(table) {
                field(name, &value)?;
            }
        }
    }
    field("confirmed", &confirmed(rules))?;
    match &rules.freeze {
        None => field("freeze", "none")?,
        Some(freeze) => {
            field("freeze", &freeze::describe(freeze))?;
            field("", "codeid admin thaw ends it")?;
        }
    }
    let next = match (rules.next_pull_at, &rules.sources.remote) {
        (Some(at), _) => until(at),
        (None, None) => "none, without a remote source".to_owned(),
        (None, Some(_)) if rules.freeze.is_some() => "none until the thaw".to_owned(),
        (None, Some(_)) => "now".to_owned(),
    };
    field("next pull", &next)?;
    let saved = match (&rules.save.failure, rules.save.last_good_at) {
        (Some(why), _) => format!("no: {why}"),
        (None, Some(at)) => format!("yes, {}", utc_and_ago(at)),
        (None, None) => "nothing since the start".to_owned(),
    };
    field("saved", &saved)?;
    if let Some(hidden) = &rules.hidden_preset {
        field("hidden", &hidden.detail)?;
        field("", &format!("since {}", utc_and_ago(hidden.since)))?;
    }
    for (name, address) in addresses(&status.daemon.listeners) {
        let address = address.unwrap_or_else(|| "off".to_owned());
        field("listener", &format!("{name} {address}"))?;
    }
    for (name, connections) in &status.daemon.connections {
        field("connections", &format!("{name} {}", describe(connections)))?;
    }
    field("log level", &status.daemon.log_level.to_string())?;
    if let Some(log) = &status.daemon.decision_log {
        field("decisions", &decision_log(log))?;
    }
    if status.daemon.decision_watchers > 0 {
        let watchers = counted(status.daemon.decision_watchers as u64, "client");
        field("watched by", &watchers)?;
    }
    writeln!(output)?;
    sources(output, rules)
}

/// Describes the decision log. What never happened is left out.
fn decision_log(log: &DecisionLogStatus) -> String {
    let mut text = format!("{}: {} written", log.path, counted(log.written, "line"));
    let dropped = log.dropped_in_queue + log.dropped_on_disk;
    if dropped > 0 {
        text += &format!(", {dropped} dropped");
    }
    if let Some(why) = &log.failure {
        text += &format!("; it cannot be written: {why}");
    }
    text
}

/// Returns the address of each listener by its name; `None` for one that is off.
fn addresses(listeners: &ListenerAddresses) -> [(&'static str, Option<String>); 5] {
    let tcp = |address: Option<SocketAddr>| address.map(|address| address.to_string());
    [
        ("admin", listeners.admin.clone()),
        ("adminHttp", tcp(listeners.admin_http)),
        ("http", tcp(listeners.http)),
        ("resp", listeners.resp.clone()),
        ("unix", listeners.unix.clone()),
    ]
}

/// Describes the connections of a listener. What never happened is left out.
fn describe(connections: &Connections) -> String {
    let events = [
        ("refused", connections.refused),
        ("displaced", connections.displaced),
        ("failures to accept", connections.accept_failures),
        ("failed TLS handshakes", connections.tls_handshake_failures),
    ];
    let happened = events.iter().filter(|(_, count)| *count > 0);
    let happened = happened.map(|(event, count)| format!(", {count} {event}"));
    format!("{} open{}", connections.open, happened.collect::<String>())
}

fn process(daemon: &DaemonStatus) -> String {
    let order = match (daemon.draining, daemon.stopping) {
        (true, _) => ", draining",
        (false, true) => ", stopping",
        (false, false) => "",
    };
    let state = match daemon.state {
        ServiceState::LameDuck => {
            format!(
                "{order}, lame duck since {}",
                utc_and_ago(daemon.state_since)
            )
        }
        ServiceState::Serving | ServiceState::Draining => order.to_owned(),
    };
    format!(
        "codeid {}, process {}, up {}{state}",
        daemon.version,
        daemon.pid,
        span(daemon.uptime_ms)
    )
}

/// Returns the fields that describe the live table.
fn table_fields(table: &TableStatus) -> [(&'static str, String); 4] {
    [
        (
            "table",
            format!(
                "generation {}, version {}, {}",
                table.generation,
                table.version,
                counted(table.rule_count, "rule")
            ),
        ),
        ("from", format!("{} {}", table.level, table.uri)),
        (
            "loaded",
            format!(
                "{}, compiled in {} µs, about {} KiB",
                utc_and_ago(table.loaded_at),
                table.compile_us,
                table.memory_bytes.div_ceil(1024)
            ),
        ),
        ("sha256", table.sha256.to_string()),
    ]
}

/// Describes the time since the remote last gave or confirmed the live config.
fn confirmed(status: &RulesStatus) -> String {
    let staleness = &status.staleness;
    if status.sources.remote.is_none() {
        return "never, without a remote source".to_owned();
    }
    let age = span(staleness.age_ms);
    match (staleness.stale, staleness.stale_after_ms) {
        (true, _) => format!("{age} ago, which is STALE"),
        (false, Some(after)) => format!("{age} ago, stale after {}", span(after)),
        (false, None) => format!("{age} ago"),
    }
}

fn sources(output: &mut impl Write, status: &RulesStatus) -> io::Result<()> {
    let sources = [
        ("REMOTE", status.sources.remote.as_ref()),
        ("LOCAL", Some(&status.sources.local)),
        ("PRESET", Some(&status.sources.preset)),
    ];
    let mut table = table::Table::new([
        Column::Left("SOURCE"),
        Column::Left("LAST CHECK"),
        Column::Left("OUTCOME"),
        Column::Left("LAST GOOD"),
        Column::Left("URI"),
    ]);
    let or_never = |at: Option<u64>| at.map_or_else(|| "never".to_owned(), ago);
    for (level, source) in sources {
        let Some(source) = source else { continue };
        let check = source.last_check.as_ref();
        table.row([
            level.to_owned(),
            or_never(check.map(|check| check.at)),
            check.map_or_else(|| "-".to_owned(), |check| check.outcome.to_string()),
            or_never(source.last_good_check_at),
            source.uri.clone(),
        ]);
    }
    table.write(output, "")?;
    for (level, source) in sources {
        if let Some(source) = source {
            show_failure(output, level, source)?;
        }
    }
    Ok(())
}

/// Writes the failure of the last check, and the problems of a refused config.
fn show_failure(output: &mut impl Write, level: &str, source: &SourceStatus) -> io::Result<()> {
    if let Some(check) = &source.last_check
        && !check.good
        && check.outcome != CheckOutcome::Absent
    {
        let why = check.why.as_deref().unwrap_or("unknown reason");
        let times = match check.failures {
            0 | 1 => String::new(),
            times => format!(", {times} times in a row"),
        };
        writeln!(
            output,
            "\n{level} {}{times}: {}",
            check.outcome,
            printable(why)
        )?;
    }
    if let Some(refusal) = &source.refusal {
        writeln!(
            output,
            "\n{level} gives a config that is refused since {}: {}, sha256 {}",
            utc_and_ago(refusal.at),
            counted(refusal.problem_count, "problem"),
            refusal.sha256
        )?;
        for problem in &refusal.problems {
            let place = problem.position.map(codeid_engine::Position::from);
            let place = place.map_or_else(
                || problem.pointer.clone(),
                |place| format!("line {}, column {}", place.line, place.column),
            );
            let rule = problem.rule.as_deref();
            let rule = rule.map_or_else(String::new, |rule| format!("rule {rule}: "));
            let line = format!("{rule}{} ({place})", problem.message);
            writeln!(output, "  {}", printable(&line))?;
        }
    }
    Ok(())
}
