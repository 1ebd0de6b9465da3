//! Whether a request can have been made by a foreign web page in an operator's browser.
//!
//! A page may have a browser send requests anywhere, and may have its own name resolve to this
//! machine. So a request must name a host that is ours, and if it tells which page made it, that
//! must be one of that host. Requests that change something are POSTs of JSON, with which browsers
//! tell the page always.

use std::net::IpAddr;

use hyper::HeaderMap;
use hyper::header::{HOST, ORIGIN};

/// Whether the request is for us and from us. `hosts`: names of ours, in lower case, beside
/// `localhost` and addresses.
///
/// # Errors
///
/// What is foreign about it, for people.
pub(super) fn require_own(headers: &HeaderMap, hosts: &[String]) -> Result<(), &'static str> {
    let mut named = headers.get_all(HOST).iter();
    let (host, None) = (named.next(), named.next()) else {
        return Err("The request names two hosts.");
    };
    let host = host.map_or(Ok("localhost"), |host| host.to_str());
    let host = host.map_err(|_| FOREIGN_HOST)?;
    if !is_own(host, hosts) {
        return Err(FOREIGN_HOST);
    }
    let mut origins = headers.get_all(ORIGIN).iter();
    match (origins.next(), origins.next()) {
        (None, _) => Ok(()),
        (Some(origin), None) if is_of(origin.as_bytes(), host) => Ok(()),
        _ => Err("The request comes from a page of another origin."),
    }
}

const FOREIGN_HOST: &str =
    "The request is for another host. If this is a name of this daemon, add it to admin.hosts.";

/// Whether `host`, with or without a port, is a name that nobody else can have.
fn is_own(host: &str, hosts: &[String]) -> bool {
    let name = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, port)) if port.is_empty() || is_port(port) => {
            return address.parse::<std::net::Ipv6Addr>().is_ok();
        }
        Some(_) => return false,
        None => match host.find(':') {
            Some(at) if is_port(&host[at..]) => &host[..at],
            Some(_) => return false,
            None => host,
        },
    };
    name.parse::<IpAddr>().is_ok()
        || name.eq_ignore_ascii_case("localhost")
        || hosts.iter().any(|own| own.eq_ignore_ascii_case(name))
}

fn is_port(text: &str) -> bool {
    let digits = text.strip_prefix(':').unwrap_or_default();
    digits.parse::<u16>().is_ok() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_of(origin: &[u8], host: &str) -> bool {
    let authority = origin
        .strip_prefix(b"https://")
        .or_else(|| origin.strip_prefix(b"http://"));
    authority.is_some_and(|authority| authority.eq_ignore_ascii_case(host.as_bytes()))
}

#[cfg(test)]
mod tests {
    use hyper::header::HeaderValue;

    use super::*;

    fn verdict(host: &str, origin: Option<&str>) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, HeaderValue::from_str(host).unwrap());
        if let Some(origin) = origin {
            headers.insert(ORIGIN, HeaderValue::from_str(origin).unwrap());
        }
        require_own(&headers, &["codeid.example".to_owned()]).is_ok()
    }

    #[test]
    fn only_hosts_of_ours_are_ours() {
        for own in [
            "localhost",
            "LOCALHOST:9090",
            "127.0.0.1:9090",
            "10.1.2.3",
            "[::1]:9090",
            "[::1]",
            "codeid.example",
            "CodeID.example:443",
        ] {
            assert!(verdict(own, None), "{own}");
        }
        for foreign in [
            "evil.example",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "evil.example:9090",
            "codeid.example.evil.example",
            "localhost:",
            "localhost:+1",
            "localhost:99999",
            "[::1].evil.example",
            "[evil]",
            "[::1",
            "",
            "user@localhost",
        ] {
            assert!(!verdict(foreign, None), "{foreign}");
        }
        assert!(require_own(&HeaderMap::new(), &[]).is_ok());
        let mut two = HeaderMap::new();
        two.append(HOST, HeaderValue::from_static("localhost"));
        two.append(HOST, HeaderValue::from_static("localhost"));
        assert!(require_own(&two, &[]).is_err());
    }

    #[test]
    fn a_page_must_be_of_the_host_that_is_asked() {
        assert!(verdict("localhost:90", Some("http://localhost:90")));
        assert!(verdict("localhost:90", Some("https://LOCALHOST:90")));
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
            assert!(!verdict("localhost:90", Some(foreign)), "{foreign}");
        }
    }
}
