//! The problems that states of a daemon have.

use serde_json::{Value, json};

use super::*;
use crate::api::health::HealthCode;

/// The state of a daemon, which a test changes.
struct State {
    readiness: Value,
    state: ServiceState,
    rules: Value,
    short: FigureCounts,
    long: FigureCounts,
    certificates: Vec<Validity>,
    is_audit_behind: bool,
}

/// Returns the state of a daemon without a problem, whose sources are all good.
fn good() -> State {
    let source = json!({
        "uri": "/routes.json", "lastGoodCheckAt": 1, "lastDownloadAt": 1, "refusal": null,
        "lastCheck": {"at": 1, "good": true, "outcome": "activated", "why": null, "failures": 0},
    });
    State {
        readiness: json!({"ready": true, "notReadyBecause": []}),
        state: ServiceState::Serving,
        rules: json!({
            "table": {
                "generation": 7, "version": "v7", "ruleCount": 3, "level": "REMOTE", "uri": "file:///r.json",
                "sha256": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
                "loadedAt": 1, "compileUs": 1, "memoryBytes": 1,
            },
            "staleness": {"policy": "warn", "staleAfterMs": 300_000, "ageMs": 1, "stale": false},
            "init": [], "sources": {"remote": source, "local": source, "preset": source},
            "nextPullAt": null, "lastActivationAt": null,
            "save": {"lastGoodAt": 1, "failure": null}, "freeze": null, "hiddenPreset": null,
            "counters": {
                "pulls": {"downloaded": 1, "notModified": 0, "failed": 0},
                "reloads": {"activated": 1, "unchanged": 0, "refused": 0},
                "compiles": 1, "saves": 1, "savesFailed": 0, "restarts": {},
            },
        }),
        short: FigureCounts::default(),
        long: FigureCounts::default(),
        certificates: Vec::new(),
        is_audit_behind: false,
    }
}

fn judge(change: impl FnOnce(&mut State)) -> Health {
    let mut state = good();
    change(&mut state);
    health(&Facts {
        readiness: &serde_json::from_value(state.readiness).unwrap(),
        state: state.state,
        rules: &serde_json::from_value(state.rules).unwrap(),
        short: state.short,
        long: state.long,
        certificates: &state.certificates,
        now: 1_000_000_000,
        is_audit_behind: state.is_audit_behind,
    })
}

/// Returns the only problem of the state, by its code and severity.
fn only(change: impl FnOnce(&mut State)) -> (HealthCode, Severity) {
    let health = judge(change);
    let [problem] = &health.problems[..] else {
        panic!("{health:?}");
    };
    assert!(problem.what.ends_with('.') && problem.do_this.ends_with('.'));
    assert_eq!(health.ok, problem.severity == Severity::Info);
    (problem.code, problem.severity)
}

fn set(pointer: &'static str, value: Value) -> impl FnOnce(&mut State) {
    move |state| *state.rules.pointer_mut(pointer).unwrap() = value
}

fn not_ready(reason: &'static str) -> impl FnOnce(&mut State) {
    move |state| {
        let reason = json!({"reason": reason, "detail": "x"});
        state.readiness = json!({"ready": false, "notReadyBecause": [reason]});
    }
}

fn failed(failures: u64) -> Value {
    json!({"at": 2, "good": false, "outcome": "failed", "why": "it is down", "failures": failures})
}

fn freeze() -> Value {
    let sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    json!({"since": 0, "by": "token alice", "action": "freeze", "sha256": sha256, "reason": "the remote is down"})
}

#[test]
fn a_daemon_without_a_problem_is_healthy() {
    let health = judge(|_| {});
    assert!(health.ok && health.problems.is_empty() && health.severity.is_none());
    assert_eq!(
        health.sentence,
        "Healthy: the daemon is ready, and no problem is known."
    );
}

#[test]
fn a_daemon_that_is_not_ready_is_not_healthy() {
    for (reason, code) in [
        ("draining", HealthCode::Draining),
        ("stopping", HealthCode::Stopping),
        ("noTable", HealthCode::NoTable),
    ] {
        assert_eq!(only(not_ready(reason)), (code, Severity::Critical));
    }
    let advice = |state| {
        let health = judge(|facts| {
            not_ready("draining")(facts);
            facts.state = state;
        });
        health.problems[0].do_this.contains("undrain")
    };
    assert!(advice(ServiceState::LameDuck) && !advice(ServiceState::Draining));
}

#[test]
fn a_stale_table_is_as_severe_as_its_policy() {
    let stale = |policy: &'static str| {
        move |state: &mut State| {
            set("/staleness/stale", true.into())(state);
            set("/staleness/policy", policy.into())(state);
        }
    };
    assert_eq!(only(stale("warn")), (HealthCode::Stale, Severity::Warning));
    assert_eq!(
        only(stale("unready")),
        (HealthCode::Stale, Severity::Critical)
    );
    assert!(judge(stale("ignore")).problems.is_empty());
    let frozen = only(|state| {
        stale("unready")(state);
        set("/freeze", freeze())(state);
    });
    assert_eq!(frozen, (HealthCode::Frozen, Severity::Info));
}

#[test]
fn failures_are_a_problem_beyond_a_share() {
    let requests = |failed_requests, requests| {
        move |state: &mut State| {
            state.short = FigureCounts {
                failed_requests,
                requests,
                ..FigureCounts::default()
            };
        }
    };
    assert!(judge(requests(10, 1000)).problems.is_empty());
    assert_eq!(
        only(requests(11, 1000)),
        (HealthCode::RequestsFailing, Severity::Critical)
    );
    assert!(
        judge(requests(31, 1000)).problems[0]
            .what
            .contains("3 % of")
    );
    let proxy = |sdk_proxy_failures, sdk_proxy_requests| {
        move |state: &mut State| {
            state.short = FigureCounts {
                sdk_proxy_failures,
                sdk_proxy_requests,
                ..FigureCounts::default()
            };
        }
    };
    assert!(judge(proxy(1, 20)).problems.is_empty());
    assert_eq!(
        only(proxy(2, 20)),
        (HealthCode::SdkProxyFailing, Severity::Critical)
    );
}

#[test]
fn a_source_is_a_warning_once_it_has_failed_three_times() {
    let check = |failures| set("/sources/remote/lastCheck", failed(failures));
    assert_eq!(only(check(2)), (HealthCode::SourceFailing, Severity::Info));
    assert_eq!(
        only(check(3)),
        (HealthCode::SourceFailing, Severity::Warning)
    );
    assert!(
        judge(check(3)).problems[0]
            .what
            .contains("The last 3 checks of the remote source failed: it is down.")
    );
    let absent = json!({"at": 2, "good": false, "outcome": "absent", "why": null, "failures": 9});
    assert!(
        judge(set("/sources/local/lastCheck", absent))
            .problems
            .is_empty()
    );
    let before_a_save =
        json!({"at": 0, "good": false, "outcome": "failed", "why": "x", "failures": 9});
    assert!(
        judge(set("/sources/local/lastCheck", before_a_save))
            .problems
            .is_empty()
    );
    let frozen = judge(|state| {
        check(9)(state);
        set("/freeze", freeze())(state);
    });
    assert!(frozen.ok && frozen.problems.len() == 2);
}

#[test]
fn a_certificate_is_a_problem_two_weeks_before_its_end() {
    let until = |until| {
        move |state: &mut State| {
            let listener = "admin.http".to_owned();
            state.certificates = vec![Validity { listener, until }];
        }
    };
    let days = |days: u64| 1_000_000_000 + days * 86_400;
    assert!(judge(until(days(14))).problems.is_empty());
    let soon = (HealthCode::CertificateExpiring, Severity::Warning);
    assert_eq!(only(until(days(14) - 1)), soon);
    assert_eq!(only(until(days(0))), soon);
    let over = only(until(days(0) - 1));
    assert_eq!(over, (HealthCode::CertificateExpired, Severity::Critical));
    let what = &judge(until(days(1))).problems[0].what;
    assert_eq!(
        what,
        "The certificate of admin.http is valid until 2001-09-10 01:46:40 UTC."
    );
}

#[test]
fn each_other_trouble_is_a_problem() {
    let problem = json!({"code": "x", "severity": "error", "rule": null, "pointer": "", "message": "bad", "hint": null, "position": null});
    let refusal = json!({
        "sha256": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        "at": 1, "problemCount": 2, "problems": [problem],
    });
    let hidden = json!({
        "file": "f", "sha256": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        "since": 1, "detail": "Not used.",
    });
    let refused = only(set("/sources/remote/refusal", refusal));
    assert_eq!(refused, (HealthCode::ConfigRefused, Severity::Warning));
    let unsaved = only(set("/save/failure", "no space".into()));
    assert_eq!(unsaved, (HealthCode::NotSaved, Severity::Warning));
    let hidden = only(set("/hiddenPreset", hidden));
    assert_eq!(hidden, (HealthCode::HiddenPreset, Severity::Info));
    let frozen = only(set("/freeze", freeze()));
    assert_eq!(frozen, (HealthCode::Frozen, Severity::Info));
    let audit = only(|state| state.is_audit_behind = true);
    assert_eq!(audit, (HealthCode::AuditUnwritten, Severity::Warning));
    let refused = only(|state| state.short.refused_connections = 1);
    assert_eq!(refused, (HealthCode::ConnectionsRefused, Severity::Warning));
    let memory = only(|state| state.short.memory_refusals = 1);
    assert_eq!(memory, (HealthCode::MemoryUsedUp, Severity::Warning));
    let fault = only(|state| state.long.faults = 1);
    assert_eq!(fault, (HealthCode::Fault, Severity::Warning));
    let log = only(|state| state.long.dropped_log_lines = 1);
    assert_eq!(log, (HealthCode::LogIncomplete, Severity::Warning));
}

#[test]
fn the_sentence_names_the_worst_problems_first() {
    let health = judge(|state| {
        set("/freeze", freeze())(state);
        not_ready("draining")(state);
        state.is_audit_behind = true;
        state.long.faults = 1;
        state.long.dropped_log_lines = 1;
    });
    let severities: Vec<Severity> = health
        .problems
        .iter()
        .map(|problem| problem.severity)
        .collect();
    assert!(severities.is_sorted() && severities.len() == 5);
    assert_eq!(
        health.sentence,
        "Not healthy: an operator drained the daemon. There are 4 more problems."
    );
    let warnings = judge(|state| {
        set("/freeze", freeze())(state);
        set("/save/failure", "no space".into())(state);
        state.is_audit_behind = true;
        state.long.faults = 1;
    });
    assert_eq!(
        warnings.sentence,
        "Needs attention: the live rules are not saved, the audit log cannot be written and a task met an \
         internal fault. There is 1 more problem."
    );
    let frozen = judge(set("/freeze", freeze()));
    assert_eq!(frozen.sentence, "Healthy, and the rules are frozen.");
    let since =
        "The rules are frozen since 1970-01-01 00:00:00 UTC, by token alice: no source is read.";
    assert!(frozen.problems[0].what.starts_with(since));
}
