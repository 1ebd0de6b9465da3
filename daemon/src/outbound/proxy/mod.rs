//! The proxy of calls to one server.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use hyper::Uri;
use hyper_util::client::proxy::matcher::Matcher;
use rustls::RootCertStore;

use super::tls;
use crate::host::Host;
use crate::settings::{Outbound, ProxyChoice, ProxyUrl, SettingsError};

/// The key of the setting that names a proxy.
const KEY: &str = "outbound.proxy-url";

/// A proxy, and the certificates that are trusted for it.
#[derive(Clone, Debug)]
pub(crate) struct Proxy {
    /// The address of the proxy, with the credentials that it is sent.
    pub(super) url: ProxyUrl,
    /// Empty for a proxy without TLS.
    pub(super) roots: RootCertStore,
}

/// The way of a connection, for messages about it. Displays as ` through the proxy HOST:PORT`, or as nothing
/// if it is direct.
#[derive(Clone, Debug, Default)]
pub(crate) struct Through(Option<Arc<ProxyUrl>>);

impl Through {
    /// The way through this proxy.
    pub(super) const fn proxy(proxy: Arc<ProxyUrl>) -> Self {
        Self(Some(proxy))
    }

    /// Returns `true` for a connection without a proxy.
    pub(super) const fn is_direct(&self) -> bool {
        self.0.is_none()
    }
}

impl fmt::Display for Through {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            None => Ok(()),
            Some(proxy) => write!(f, " through the proxy {proxy}"),
        }
    }
}

impl Proxy {
    /// Returns the proxy for calls to the server of `url`, the value of `key`, and logs it; `None` for calls
    /// that go to the server directly.
    ///
    /// # Errors
    ///
    /// [`SettingsError`] if the variable of the environment that decides does not name a proxy, or the
    /// platform has no certificates to trust for one with TLS.
    pub(crate) fn for_calls(
        key: &'static str,
        url: &Uri,
        outbound: &Outbound,
    ) -> Result<Option<Self>, SettingsError> {
        let Some((given_by, proxy)) = choose(url, outbound)? else {
            return Ok(None);
        };
        let roots = match proxy.uri().scheme_str() {
            Some("https") => {
                tls::platform_roots().map_err(|error| SettingsError::unusable(given_by, error))?
            }
            _ => RootCertStore::empty(),
        };
        tracing::info!(%proxy, given_by, called = key, "calls go through a proxy");
        Ok(Some(Self { url: proxy, roots }))
    }
}

/// Returns the proxy for calls to `url`, after the setting or variable that gives it.
fn choose(
    url: &Uri,
    outbound: &Outbound,
) -> Result<Option<(&'static str, ProxyUrl)>, SettingsError> {
    let host = url.host().unwrap_or_default();
    if host.parse::<Host>().is_ok_and(|host| host.is_local()) {
        return Ok(None);
    }
    match &outbound.proxy {
        ProxyChoice::Off => return Ok(None),
        ProxyChoice::Url(proxy) => return Ok(Some((KEY, proxy.clone()))),
        ProxyChoice::Environment => {}
    }
    let variables = &outbound.variables;
    let for_scheme = match url.scheme_str() {
        Some("https") => "https_proxy",
        _ => "http_proxy",
    };
    let given = variables
        .get(for_scheme)
        .or_else(|| variables.get("all_proxy"));
    let Some((name, value)) = given else {
        return Ok(None);
    };
    if let Some((no_proxy, hosts)) = variables.get("no_proxy") {
        let hosts = hosts.to_string_lossy();
        if is_exempt(host, &hosts) {
            return Ok(None);
        }
        for (index, _) in entries(&hosts)
            .enumerate()
            .filter(|(_, entry)| matches_nothing(entry))
        {
            // The entry itself is not shown: it may be a URL with a password.
            let (entry, why) = (
                index + 1,
                "it must be a name, an address, a network, or * alone",
            );
            tracing::warn!(entry, why, "an entry of {no_proxy} matches no host");
        }
    }
    match value.to_str().map(ProxyUrl::from_variable) {
        Some(Ok(proxy)) => Ok(Some((name, proxy))),
        Some(Err(error)) => Err(SettingsError::invalid_because(name, must_be(), error)),
        None => Err(SettingsError::invalid(name, must_be())),
    }
}

fn must_be() -> String {
    let allowed = ProxyUrl::ALLOWED;
    format!("must be {allowed} (value not shown: it may contain a secret), or {KEY} must be set")
}

/// Returns `true` if `hosts`, the value of `NO_PROXY`, has `host`: itself, a domain above it, or a network
/// in which it is, with commas or spaces between; or `*`.
fn is_exempt(host: &str, hosts: &str) -> bool {
    let hosts: Vec<_> = entries(hosts).collect();
    // The matcher takes it for names only.
    if hosts.contains(&"*") {
        return true;
    }
    let exempt = Matcher::builder().all("http://proxy").no(hosts.join(","));
    // A dot at the end does not make another host.
    let url = format!("http://{}/", host.trim_end_matches('.')).parse();
    url.is_ok_and(|url: Uri| exempt.build().intercept(&url).is_none())
}

fn entries(hosts: &str) -> impl Iterator<Item = &str> {
    let entries = hosts.split(|c: char| c == ',' || c.is_whitespace());
    // A dot at the end does not make another host.
    let entries = entries.map(|entry| entry.trim_end_matches('.'));
    entries.filter(|entry| !entry.is_empty())
}

/// Returns `true` for an entry of a form that other programs have, and curl has not: with a port, a pattern.
fn matches_nothing(entry: &str) -> bool {
    if entry == "*" || !entry.contains(['*', ':', '[', '/']) {
        return false;
    }
    let (address, prefix) = entry
        .split_once('/')
        .map_or((entry, "0"), |network| network);
    let (Ok(address), Ok(prefix)) = (address.parse::<IpAddr>(), prefix.parse::<u8>()) else {
        return true;
    };
    prefix > if address.is_ipv4() { 32 } else { 128 }
}

#[cfg(test)]
mod tests;
