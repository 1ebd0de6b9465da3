//! Refuses requests that a foreign web page may have made an operator's browser send.
//!
//! A page can make a browser send requests anywhere, and can make its own host name resolve to this
//! machine. So a request must name a host that belongs to the daemon, and if it names the origin of
//! a page, that must be the same host. Changes are POSTs of JSON, for which browsers always name the
//! origin.

use std::net::IpAddr;

use hyper::HeaderMap;
use hyper::header::{HOST, ORIGIN};

use crate::host::HostName;

/// The reason why a request may be a foreign page's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Foreign {
    /// The host does not belong to the daemon.
    Host,
    /// The origin is not that of the host.
    Origin,
}

impl Foreign {
    /// Returns the reason as a sentence for people.
    pub(super) const fn detail(self) -> &'static str {
        match self {
            Self::Host => {
                "The request is for another host. If this is a name of the daemon, add it to \
                 admin.hosts."
            }
            Self::Origin => "The request comes from a page of another origin.",
        }
    }
}

/// Requires that the request, which has at most one `Host`, is for the daemon and not from a foreign page.
/// `hosts` are names of the daemon, beside `localhost` and addresses.
///
/// # Errors
///
/// [`Foreign`], the reason.
pub(super) fn require_own(headers: &HeaderMap, hosts: &[HostName]) -> Result<(), Foreign> {
    // Clients of HTTP/1.0 name no host.
    let host = headers.get(HOST);
    let host = host.map_or(Ok("localhost"), |host| host.to_str());
    let host = host.map_err(|_| Foreign::Host)?;
    if !is_own(host, hosts) {
        return Err(Foreign::Host);
    }
    let mut origins = headers.get_all(ORIGIN).iter();
    match (origins.next(), origins.next()) {
        (None, _) => Ok(()),
        (Some(origin), None) if is_origin_of(origin.as_bytes(), host) => Ok(()),
        _ => Err(Foreign::Origin),
    }
}

/// Returns `true` if no other machine can have the name `host`, which may end with a port.
fn is_own(host: &str, hosts: &[HostName]) -> bool {
    let name = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, port)) if is_port(port) => {
            return address.parse::<std::net::Ipv6Addr>().is_ok();
        }
        Some(_) => return false,
        None => match host.find(':').and_then(|at| host.split_at_checked(at)) {
            Some((name, port)) if is_port(port) => name,
            Some(_) => return false,
            None => host,
        },
    };
    let without_dot = |name: &str| name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
    let is_named = |own: &str| without_dot(own) == without_dot(name);
    name.parse::<IpAddr>().is_ok()
        || is_named("localhost")
        || hosts.iter().any(|own| is_named(own.as_str()))
}

/// Returns `true` if `text` is a port behind a colon; both the port and all of it may be missing.
fn is_port(text: &str) -> bool {
    let digits = text.strip_prefix(':').unwrap_or(text);
    let has_colon = digits.len() < text.len();
    let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.is_empty() || (has_colon && is_number && digits.parse::<u16>().is_ok())
}

/// Returns `true` if `origin` is a page of `host`.
fn is_origin_of(origin: &[u8], host: &str) -> bool {
    let authority = origin
        .strip_prefix(b"https://")
        .or_else(|| origin.strip_prefix(b"http://"));
    // A page's origin has no colon without a port.
    let host = host.strip_suffix(':').unwrap_or(host);
    authority.is_some_and(|authority| authority.eq_ignore_ascii_case(host.as_bytes()))
}

#[cfg(test)]
mod tests {
    use hyper::header::HeaderValue;

    use super::*;

    fn is_accepted(host: &str, origin: Option<&str>) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, HeaderValue::from_str(host).unwrap());
        if let Some(origin) = origin {
            headers.insert(ORIGIN, HeaderValue::from_str(origin).unwrap());
        }
        require_own(&headers, &["codeid.example".parse().unwrap()]).is_ok()
    }

    #[test]
    fn only_hosts_of_the_daemon_are_accepted() {
        for own in [
            "localhost",
            "LOCALHOST:9090",
            "127.0.0.1:9090",
            "10.1.2.3",
            "[::1]:9090",
            "[::1]",
            "[::1]:",
            "localhost.",
            "localhost:",
            "LocalHost.:9090",
            "codeid.example.",
            "codeid.example",
            "CodeID.example:443",
        ] {
            assert!(is_accepted(own, None), "{own}");
        }
        for foreign in [
            "evil.example",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "evil.example:9090",
            "codeid.example.evil.example",
            "localhost..",
            ".localhost",
            "localhost.:x",
            "localhost::",
            "localhost:+1",
            "localhost:99999",
            "[::1].evil.example",
            "[evil]",
            "[::1",
            "",
            "user@localhost",
        ] {
            assert!(!is_accepted(foreign, None), "{foreign}");
        }
        assert!(require_own(&HeaderMap::new(), &[]).is_ok());
    }

    #[test]
    fn a_page_must_be_of_the_host_that_the_request_is_for() {
        assert!(is_accepted("localhost:90", Some("http://localhost:90")));
        assert!(is_accepted("localhost:90", Some("https://LOCALHOST:90")));
        assert!(is_accepted("localhost:", Some("http://localhost")));
        assert!(is_accepted("localhost.:90", Some("http://localhost.:90")));
        for foreign in [
            "null",
            "http://localhost",
            "http://localhost:91",
            "http://evil.example",
            "http://localhost:90.evil.example",
            "ftp://localhost:90",
            "localhost:90",
            "",
        ] {
            assert!(!is_accepted("localhost:90", Some(foreign)), "{foreign}");
        }
    }
}
