//! The problems that a daemon can have, each with its words.

use super::{Facts, Found, Validity};
use crate::api::health::{HealthCode, HealthProblem, Severity};
use crate::api::readiness::NotReady;
use crate::api::status::{CheckOutcome, ServiceState, SourceStatus, StalePolicy};
use crate::count::{counted, grouped};
use crate::timestamp::{span, utc};

/// The failed checks of a source in a row that are a warning. One or two are usual where a network is
/// between.
const FAILING_CHECKS: u64 = 3;

/// The parts of a hundred of the requests that may fail before it is a problem.
const FAILED_REQUESTS: u64 = 1;

/// The parts of a hundred of the sdkProxy requests that may fail before it is a problem.
const FAILED_SDK_PROXY: u64 = 5;

/// The seconds before the end of a certificate in which it is a problem: two weeks. Those that are renewed by a
/// program are renewed earlier.
const EXPIRY_NOTICE: u64 = 14 * 86_400;

/// Returns all problems, in the order in which an operator would look for them.
pub(super) fn problems(facts: &Facts<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    found.extend(unready(facts));
    found.extend(stale(facts));
    found.extend(failing(facts));
    found.extend(sources(facts));
    found.extend(saved(facts));
    found.extend(overload(facts));
    found.extend(certificates(facts));
    found.extend(internal(facts));
    found.extend(frozen(facts));
    found
}

/// Returns the reasons not to send requests, but for a stale table.
fn unready<'a>(facts: &'a Facts<'_>) -> impl Iterator<Item = Found> + 'a {
    let reasons = facts.readiness.not_ready_because.iter();
    reasons.filter_map(|reason| {
        let (code, brief, what, do_this) = match reason.reason {
            NotReady::Draining if facts.state == ServiceState::LameDuck => (
                HealthCode::Draining,
                "an operator drained the daemon",
                "An operator drained the daemon. It is not ready, and serves until its listeners close.",
                "If that was a mistake, take it back now: codeid admin undrain.",
            ),
            NotReady::Draining => (
                HealthCode::Draining,
                "an operator drained the daemon",
                "An operator drained the daemon. Its listeners are closed.",
                "Stop or restart the daemon: closed listeners open again only with a restart.",
            ),
            NotReady::Stopping => (
                HealthCode::Stopping,
                "the daemon is stopping",
                "The daemon is stopping: it finishes open connections and ends.",
                "Send requests to another daemon until this one has started again.",
            ),
            NotReady::NoTable => (
                HealthCode::NoTable,
                "no rules are live",
                "There is no route table, so no code value can be identified.",
                "Correct the sources, then read them again: codeid admin reload.",
            ),
            NotReady::Stale => return None,
        };
        Some(found(Severity::Critical, code, brief, what, do_this))
    })
}

/// Returns a stale table, unless the policy ignores it, or an operator has frozen it.
fn stale(facts: &Facts<'_>) -> Option<Found> {
    let staleness = &facts.rules.staleness;
    let severity = match staleness.policy {
        StalePolicy::Ignore => return None,
        StalePolicy::Warn => Severity::Warning,
        StalePolicy::Unready => Severity::Critical,
    };
    let limit = staleness.stale_after_ms.filter(|_| staleness.stale)?;
    facts.rules.freeze.is_none().then(|| {
        let effect = match severity {
            Severity::Critical => " The daemon is not ready for that.",
            Severity::Warning | Severity::Info => "",
        };
        found(
            severity,
            HealthCode::Stale,
            "the rules are stale",
            format!(
                "The remote source has not confirmed the live rules for more than {}, the limit of \
                 reload.stale-after-ms.{effect}",
                span(limit)
            ),
            "Make the remote source reachable, or keep the live rules on purpose: codeid admin freeze.",
        )
    })
}

/// Returns the requests that fail.
fn failing(facts: &Facts<'_>) -> impl Iterator<Item = Found> {
    let counts = &facts.short;
    let requests = exceeds(counts.failed_requests, counts.requests, FAILED_REQUESTS).map(|share| {
        found(
            Severity::Critical,
            HealthCode::RequestsFailing,
            "requests fail",
            format!("In the last five minutes, {share} of the requests failed."),
            "Look for refused connections and for memory that is used up; otherwise the log has the fault.",
        )
    });
    let (failures, all) = (counts.sdk_proxy_failures, counts.sdk_proxy_requests);
    let sdk_proxy = exceeds(failures, all, FAILED_SDK_PROXY).map(|share| {
        found(
            Severity::Critical,
            HealthCode::SdkProxyFailing,
            "requests of sdkProxy fail",
            format!("In the last five minutes, {share} of the sdkProxy requests failed."),
            "See the log: the upstream does not respond, its signature is wrong, it does not know the \
             client or its key, or proxy.max-in-flight is reached.",
        )
    });
    requests.into_iter().chain(sdk_proxy)
}

/// Returns `part` as a share of `all` if it is more than `limit` percent of it.
fn exceeds(part: u64, all: u64, limit: u64) -> Option<String> {
    let (part, all) = (u128::from(part), u128::from(all));
    let percent = (part * 100).checked_div(all)?;
    (part * 100 > all * u128::from(limit)).then(|| match percent {
        0 | 1 => "more than 1 %".to_owned(),
        percent => format!("{percent} %"),
    })
}

/// Returns the sources that fail, and those that give a config that is refused.
fn sources<'a>(facts: &'a Facts<'_>) -> impl Iterator<Item = Found> + 'a {
    let sources = &facts.rules.sources;
    let named = [
        ("the remote source", sources.remote.as_ref()),
        ("the local storage", Some(&sources.local)),
        ("the preset", Some(&sources.preset)),
    ];
    // While the rules are frozen, no source is read: what is known of it is of the time before.
    let is_frozen = facts.rules.freeze.is_some();
    let saved_at = facts.rules.save.last_good_at;
    let found = named
        .into_iter()
        .filter_map(move |(name, source)| of_source(name, source?, saved_at));
    found.map(move |mut found| {
        if is_frozen {
            found.problem.severity = Severity::Info;
            found.problem.do_this =
                "Correct it before you thaw the rules, which reads the sources.".to_owned();
        }
        found
    })
}

fn of_source(name: &str, source: &SourceStatus, saved_at: Option<u64>) -> Option<Found> {
    if let Some(refusal) = &source.refusal {
        let first = refusal.problems.first();
        let first = first.map_or_else(String::new, |first| {
            format!(" The first: {}.", first.message)
        });
        return Some(found(
            Severity::Warning,
            HealthCode::ConfigRefused,
            format!("the config of {name} is refused"),
            format!(
                "The config that {name} gives is refused with {} since {}.{first}",
                counted(refusal.problem_count, "problem"),
                utc(refusal.at)
            ),
            "Correct the config at its source: the live rules stay until it is accepted.",
        ));
    }
    let check = source.last_check.as_ref()?;
    // A later save is proof that the storage works again.
    let is_outdated = name == "the local storage" && saved_at > Some(check.at);
    let is_failure = matches!(check.outcome, CheckOutcome::Failed | CheckOutcome::Refused);
    if !is_failure || is_outdated {
        return None;
    }
    let (severity, brief) = match check.failures {
        0..FAILING_CHECKS => (Severity::Info, format!("a check of {name} failed")),
        _ => (Severity::Warning, format!("{name} fails")),
    };
    let why = check.why.as_deref().unwrap_or("the reason is in the log");
    let often = match check.failures {
        0 | 1 => "The last check".to_owned(),
        times => format!("The last {times} checks"),
    };
    Some(found(
        severity,
        HealthCode::SourceFailing,
        brief,
        format!("{often} of {name} failed: {why}."),
        "Correct the source or the way to it, then read it again: codeid admin reload. The live rules stay.",
    ))
}

/// Returns the flaws of the local storage.
fn saved(facts: &Facts<'_>) -> impl Iterator<Item = Found> {
    let failure = facts.rules.save.failure.as_ref().map(|why| {
        found(
            Severity::Warning,
            HealthCode::NotSaved,
            "the live rules are not saved",
            format!("The live rules are not saved in the local storage: {why}."),
            "Correct the storage: a restart without the remote source would bring back older rules.",
        )
    });
    let hidden = facts.rules.hidden_preset.as_ref().map(|hidden| {
        found(
            Severity::Info,
            HealthCode::HiddenPreset,
            "a file of the preset is not used",
            hidden.detail.clone(),
            "If the file has the rules that you want, forget the saved ones: codeid admin forget.",
        )
    });
    failure.into_iter().chain(hidden)
}

/// Returns what too many clients cause.
fn overload(facts: &Facts<'_>) -> impl Iterator<Item = Found> {
    let counts = &facts.short;
    let connections = (counts.refused_connections > 0).then(|| {
        found(
            Severity::Warning,
            HealthCode::ConnectionsRefused,
            "connections are refused",
            format!(
                "In the last five minutes, {} refused.",
                were(counts.refused_connections, "connection")
            ),
            "See the log, which names the client with most connections; raise http.max-connections or \
             memory.max-bytes if that client needs them.",
        )
    });
    let memory = (counts.memory_refusals > 0).then(|| {
        found(
            Severity::Warning,
            HealthCode::MemoryUsedUp,
            "memory.max-bytes is used up",
            format!(
                "In the last five minutes, {} refused for want of memory.",
                were(counts.memory_refusals, "request")
            ),
            "Raise memory.max-bytes, or have clients send smaller batches and transactions.",
        )
    });
    connections.into_iter().chain(memory)
}

fn were(count: u64, noun: &str) -> String {
    match count {
        1 => format!("1 {noun} was"),
        _ => format!("{} {noun}s were", grouped(count)),
    }
}

/// Returns the certificates that have expired, and those that will soon.
fn certificates<'a>(facts: &'a Facts<'_>) -> impl Iterator<Item = Found> + 'a {
    facts.certificates.iter().filter_map(|certificate| {
        let Validity { listener, until } = certificate;
        let end = utc(until.saturating_mul(1000));
        let do_this = "Put a new certificate into the file: it is read without a restart.";
        if *until < facts.now {
            let brief = format!("the certificate of {listener} has expired");
            let what = format!("The certificate of {listener} has been invalid since {end}.");
            let code = HealthCode::CertificateExpired;
            return Some(found(Severity::Critical, code, brief, what, do_this));
        }
        (until - facts.now < EXPIRY_NOTICE).then(|| {
            let brief = format!("the certificate of {listener} expires soon");
            let what = format!("The certificate of {listener} is valid until {end}.");
            let code = HealthCode::CertificateExpiring;
            found(Severity::Warning, code, brief, what, do_this)
        })
    })
}

/// Returns what goes wrong in the daemon itself.
fn internal(facts: &Facts<'_>) -> impl Iterator<Item = Found> {
    let audit = facts.is_audit_behind.then(|| {
        found(
            Severity::Warning,
            HealthCode::AuditUnwritten,
            "the audit log cannot be written",
            "The last line of the audit log is not in its file.",
            "Check the disk and the permissions of admin.audit-path: what cannot be recorded is refused.",
        )
    });
    let fault = (facts.long.faults > 0).then(|| {
        found(
            Severity::Warning,
            HealthCode::Fault,
            "a task met an internal fault",
            format!(
                "In the last fifteen minutes, tasks of the daemon met {}.",
                counted(facts.long.faults, "internal fault")
            ),
            "The daemon continues. Please report the fault with the lines of the log about it.",
        )
    });
    let log = (facts.long.dropped_log_lines > 0).then(|| {
        found(
            Severity::Warning,
            HealthCode::LogIncomplete,
            "the log is incomplete",
            format!(
                "{} of the last fifteen minutes are missing from the log.",
                counted(facts.long.dropped_log_lines, "line")
            ),
            "Check what reads the daemon's standard error: it is too slow, or its disk is full.",
        )
    });
    audit.into_iter().chain(fault).chain(log)
}

/// Returns a freeze, which is an operator's wish and easily forgotten.
fn frozen(facts: &Facts<'_>) -> Option<Found> {
    let freeze = facts.rules.freeze.as_ref()?;
    let reason = freeze.reason.as_ref();
    let reason = reason.map_or_else(String::new, |reason| format!(" The reason: {reason}."));
    Some(found(
        Severity::Info,
        HealthCode::Frozen,
        "the rules are frozen",
        format!(
            "The rules are frozen since {}, by {}: no source is read.{reason}",
            utc(freeze.since),
            freeze.by
        ),
        "When the sources should decide again, thaw the rules: codeid admin thaw.",
    ))
}

fn found(
    severity: Severity,
    code: HealthCode,
    brief: impl Into<String>,
    what: impl Into<String>,
    do_this: impl Into<String>,
) -> Found {
    Found {
        problem: HealthProblem {
            code,
            severity,
            what: what.into(),
            do_this: do_this.into(),
        },
        brief: brief.into(),
    }
}
