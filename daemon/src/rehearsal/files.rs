//! The files that a start reads or writes, but for route configs: keys, certificates, tokens, and those of the
//! data directory.

use std::error::Error;
use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime};

use super::report::{Kind, Outcome, Report};
use crate::admin;
use crate::audit::AuditLog;
use crate::budget::Budget;
use crate::clock::Clock;
use crate::count::counted;
use crate::error_chain::ErrorChain;
use crate::files::{directory, durable_file};
use crate::listen;
use crate::outbound::bearer_token;
use crate::regular_file;
use crate::sdk_proxy;
use crate::settings::{ServerTls, Settings};
use crate::timestamp::iso_8601;
use crate::uri::{self, shown_path};

/// The time before the end of a certificate's validity from which on a rehearsal warns: authorities that renew
/// by themselves do so about thirty days before the end, so that one with less was forgotten, or is failing.
const EXPIRES_SOON: Duration = Duration::from_hours(24 * 21);

/// Tries every file that the settings name.
pub(super) async fn rehearse(settings: &Settings, clock: &Clock, report: &mut Report) {
    let now = clock.now();
    if let (Some(tls), Some(_)) = (&settings.listen.tls, settings.listen.http) {
        server_tls(tls, now, report);
    }
    if let Some(http) = &settings.admin.http {
        if let Some(tls) = &http.tls {
            server_tls(tls, now, report);
        }
        let path = shown_path(&http.tokens_path);
        match admin::count_tokens(http) {
            Ok(count) => {
                let count = counted(count, "token");
                report.good(Kind::Key, format!("admin.tokens-path {path}: {count}"));
            }
            Err(error) => report.problem(Kind::Key, &error),
        }
    }
    bearer_token(settings, report).await;
    forwarding(settings, now, report);
    written_files(settings, report);
}

fn server_tls(files: &ServerTls, now: SystemTime, report: &mut Report) {
    let (table, path) = (files.certificate.table, &files.certificate.cert_path);
    match listen::inspect_certificate(files) {
        Ok(not_after) => {
            let shown = format!("{table}.tls-cert-path {}, with its key", shown_path(path));
            certificate(shown, not_after, now, report);
        }
        Err(error) => report.problem(Kind::Certificate, &error),
    }
    let Some(path) = &files.client_ca_path else {
        return;
    };
    match listen::inspect_client_authorities(files) {
        Ok(()) => {
            let shown = format!("{table}.tls-client-ca-path {}", shown_path(path));
            report.good(Kind::Certificate, shown);
        }
        Err(error) => report.problem(Kind::Certificate, &error),
    }
}

/// Reports a certificate that can be used, with the end of its validity.
fn certificate(shown: String, not_after: Option<SystemTime>, now: SystemTime, report: &mut Report) {
    let Some(end) = not_after else {
        return report.good(Kind::Certificate, shown);
    };
    let end_shown = iso_8601(end);
    let (outcome, validity) = if end <= now {
        (Outcome::Warning, "has expired: it was valid until")
    } else if end <= now + EXPIRES_SOON {
        (
            Outcome::Warning,
            "expires within three weeks: it is valid until",
        )
    } else {
        (Outcome::Good, "is valid until")
    };
    report.add(
        Kind::Certificate,
        outcome,
        format!("{shown}: {validity} {end_shown}"),
    );
}

async fn bearer_token(settings: &Settings, report: &mut Report) {
    let Some(path) = &settings.remote.bearer_token_path else {
        return;
    };
    let shown = format!("remote.bearer-token-path {}", shown_path(path));
    match bearer_token::rehearse(&settings.remote).await {
        Some(Err(error)) => {
            let text = format!("{shown}: {}", ErrorChain(&error));
            report.add(Kind::Key, Outcome::Problem, text);
        }
        Some(Ok(())) => report.good(Kind::Key, shown),
        None => {}
    }
}

fn forwarding(settings: &Settings, now: SystemTime, report: &mut Report) {
    let Some(proxy) = &settings.proxy else {
        return;
    };
    let [_, _, _, budget] = Budget::parts(settings.memory.max_bytes);
    for needed in sdk_proxy::rehearse(proxy, &budget) {
        let kind = match needed.kind {
            sdk_proxy::NeededKind::Key => Kind::Key,
            sdk_proxy::NeededKind::Certificate => Kind::Certificate,
            sdk_proxy::NeededKind::Call => Kind::Call,
        };
        match needed.usable {
            Ok(None) => report.good(kind, needed.shown),
            Ok(not_after) => certificate(needed.shown, not_after, now, report),
            Err(error) => report.problem(kind, &error),
        }
    }
}

/// Tries the files that the daemon writes. Those that it can do without, while it serves, are problems as well:
/// an operator who cannot freeze the rules learns of it too late.
fn written_files(settings: &Settings, report: &mut Report) {
    let saved = settings.route.save_path.as_str();
    if uri::scheme(saved).is_none() {
        replaced("ac.route.save-route-config-path", Path::new(saved), report);
    }
    replaced("reload.freeze-path", &settings.reload.freeze_path, report);
    journal(&settings.reload.journal_path, report);
    if settings.admin.unix.is_some() || settings.admin.http.is_some() {
        audit_log(settings, report);
    }
}

fn replaced(key: &str, path: &Path, report: &mut Report) {
    let shown = format!("{key} {}", shown_path(path));
    written(shown, &durable_file::require_replaceable(path), report);
}

fn journal(path: &Path, report: &mut Report) {
    let shown = format!("reload.journal-path {}", shown_path(path));
    let directory = || directory::require_writable(directory::of(path)).map_err(io::Error::other);
    let replaceable = regular_file::require_file_or_nothing(path).and_then(|()| directory());
    written(shown, &replaceable, report);
}

fn audit_log(settings: &Settings, report: &mut Report) {
    let audit = &settings.admin.audit;
    let shown = format!("admin.audit-path {}", shown_path(&audit.path));
    match AuditLog::rehearse(audit) {
        Err(error) if audit.syslog_path.is_some() => {
            let why = ErrorChain(&error);
            let text = format!("{shown}: {why}; only admin.audit-syslog-path gets the lines");
            report.add(Kind::File, Outcome::Warning, text);
        }
        outcome => written(shown, &outcome, report),
    }
}

fn written<E: Error + 'static>(shown: String, outcome: &Result<(), E>, report: &mut Report) {
    match outcome {
        Ok(()) => report.good(Kind::File, shown),
        Err(error) => {
            let text = format!("{shown}: {}", ErrorChain(error));
            report.add(Kind::File, Outcome::Problem, text);
        }
    }
}
