//! The log lines about a start: what is served where, and whether others can read it.

use std::net::SocketAddr;

use codeid_engine::LiveTable;

use crate::api::status::ListenerAddresses;
use crate::settings::Settings;

/// Logs the line by which operators and scripts see that the daemon serves.
pub(super) fn log_serving(settings: &Settings, listening: &ListenerAddresses, live: &LiveTable) {
    let off = || "off".to_owned();
    let address = |address: Option<SocketAddr>| address.map_or_else(off, |a| a.to_string());
    live.with(|table| {
        // There is a table: the start has waited for it.
        let Some((table, provenance)) = table.and_then(|table| Some((table, table.provenance()?)))
        else {
            return;
        };
        tracing::info!(
            http = %address(listening.http),
            tls = settings.listen.tls.is_some(),
            unix = %listening.unix.clone().unwrap_or_else(off),
            resp = %listening.resp.clone().unwrap_or_else(off),
            admin = %listening.admin.clone().unwrap_or_else(off),
            admin_http = %address(listening.admin_http),
            proxy = settings.proxy.as_ref().map_or("off", |proxy| proxy.upstream.as_str()),
            workers = settings.worker_threads,
            level = %provenance.level,
            source = %provenance.uri,
            version = table.version(),
            rules = table.rule_count(),
            generation = %table.generation(),
            "serving"
        );
    });
}

/// Warns of a drain deadline that requests of sdkProxy can exceed.
pub(super) fn warn_if_drain_is_short(settings: &Settings) {
    let Some(proxy) = &settings.proxy else {
        return;
    };
    if settings.drain_deadline < proxy.total_timeout {
        tracing::warn!(
            drain_deadline_ms = settings.drain_deadline.as_millis(),
            total_timeout_ms = proxy.total_timeout.as_millis(),
            "serve.drain-deadline-ms is shorter than proxy.total-timeout-ms: a stop can cut requests of \
             sdkProxy that wait for the upstream"
        );
    }
}

/// Warns of a TCP listener that other machines reach without TLS.
pub(super) fn warn_if_open_in_clear(listening: &ListenerAddresses, has_tls: bool) {
    let open = listening.http.filter(|address| {
        // An IPv6 address can stand for 127.0.0.1.
        !has_tls && !address.ip().to_canonical().is_loopback()
    });
    if let Some(address) = open {
        tracing::warn!(
            http = %address,
            "listen.http is open to other machines without TLS: anyone on the path can read and \
             change requests; set listen.tls-cert-path and listen.tls-key-path"
        );
    }
}
