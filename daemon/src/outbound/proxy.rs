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
mod tests {
    use super::*;
    use crate::error_chain::ErrorChain;
    use crate::settings::{Settings, Sources};

    /// Returns the proxy for `url` by this setting and these variables: `None`, or by what and which.
    fn chosen(
        url: &str,
        setting: Option<&str>,
        variables: &[(&str, &str)],
    ) -> Result<Option<String>, String> {
        let set = setting.map(|value| (KEY.to_owned(), value.to_owned()));
        let variables = variables.iter();
        let settings = Settings::read(&Sources {
            environment: variables
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
            set: set.into_iter().collect(),
            ..Sources::default()
        })
        .map_err(|error| ErrorChain(&error).to_string())?;
        choose(&url.parse().unwrap(), &settings.remote.outbound)
            .map(|chosen| chosen.map(|(by, proxy)| format!("{by}={}", proxy.without_credentials())))
            .map_err(|error| ErrorChain(&error).to_string())
    }

    #[test]
    fn the_setting_comes_before_the_variables_and_the_loopback_before_both() {
        let all = [
            ("HTTPS_PROXY", "http://https.example:1"),
            ("http_proxy", "http.example:2"),
            ("ALL_PROXY", "https://all.example"),
            ("NO_PROXY", "direct.example, 192.0.2.0/24"),
        ];
        let some = |text: &str| Ok(Some(text.to_owned()));
        for (url, setting, variables, expected) in [
            ("https://h.example/", None, &all[..0], Ok(None)),
            (
                "https://h.example/",
                None,
                &all[..],
                some("HTTPS_PROXY=http://https.example:1"),
            ),
            (
                "http://h.example/",
                None,
                &all[..],
                some("http_proxy=http://http.example:2"),
            ),
            ("http://h.example/", None, &all[..1], Ok(None)),
            (
                "http://h.example/",
                None,
                &all[2..],
                some("ALL_PROXY=https://all.example:443"),
            ),
            ("https://a.direct.example./", None, &all[..], Ok(None)),
            ("https://192.0.2.7/", None, &all[..], Ok(None)),
            (
                "https://192.0.3.7/",
                None,
                &all[..],
                some("HTTPS_PROXY=http://https.example:1"),
            ),
            ("https://h.example/", Some("off"), &all[..], Ok(None)),
            (
                "https://direct.example/",
                Some("http://u:p@s.example:3"),
                &all[..],
                some("outbound.proxy-url=http://s.example:3"),
            ),
            (
                "https://localhost/",
                Some("http://s.example:3"),
                &all[..],
                Ok(None),
            ),
            (
                "https://127.1.2.3/",
                Some("http://s.example:3"),
                &all[..],
                Ok(None),
            ),
            ("http://[::1]:80/", None, &all[..], Ok(None)),
            (
                "http://[2001:db8::1]/",
                Some("http://s.example:3"),
                &all[..],
                some("outbound.proxy-url=http://s.example:3"),
            ),
        ] {
            assert_eq!(
                chosen(url, setting, variables),
                expected,
                "{url} {setting:?} {variables:?}"
            );
        }
    }

    #[test]
    fn a_value_that_names_no_proxy_is_an_error_only_where_it_counts() {
        let socks = [("all_proxy", "socks5://u:hunter2@h:1080")];
        assert_eq!(chosen("https://localhost/", None, &socks), Ok(None));
        assert_eq!(chosen("https://h.example/", Some("off"), &socks), Ok(None));
        let error = chosen("https://h.example/", None, &socks).unwrap_err();
        assert!(
            error.starts_with("all_proxy must be http://HOST:PORT or"),
            "{error}"
        );
        assert!(error.ends_with("it is not an http or https URL"), "{error}");
        let bad = chosen("https://h.example/", Some("http://u:hunter2@h:x"), &[]).unwrap_err();
        assert!(
            bad.starts_with("--set: outbound.proxy-url must be http://"),
            "{bad}"
        );
        assert!(!error.contains("hunter2") && !bad.contains("hunter2"));
    }

    #[test]
    fn no_proxy_has_names_domains_addresses_and_networks() {
        for (host, hosts, expected) in [
            ("h.example", "*", true),
            ("192.0.2.7", "a.example,*", true),
            ("h.example", "example", true),
            ("h.example", ".example", true),
            ("H.Example", "h.eXample", true),
            ("nothing.example", "thing.example", false),
            ("h.example", "a.example b.example\th.example", true),
            ("10.1.2.3", "10.0.0.0/8", true),
            ("10.1.2.3", "10.1.2.3", true),
            ("11.1.2.3", "10.0.0.0/8", false),
            ("[2001:db8::7]", "2001:db8::/32", true),
            ("h.example", "", false),
            ("h.example", ",,", false),
            ("h.example", "*.example", false),
            ("h.example", "h.example.", true),
        ] {
            assert_eq!(is_exempt(host, hosts), expected, "{host} {hosts}");
        }
        let hosts = "*.example,h.example:80 http://h,[::1] * .example,10.0.0.0/8,2001:db8::/32,::1,h,10.0.0.0/33,::/129";
        let unusable: Vec<_> = entries(hosts)
            .filter(|entry| matches_nothing(entry))
            .collect();
        let expected = [
            "*.example",
            "h.example:80",
            "http://h",
            "[::1]",
            "10.0.0.0/33",
            "::/129",
        ];
        assert_eq!(unusable, expected);
    }
}
