//! The host that a request names (RFC 9112, section 3.2).

use hyper::header::{HOST, HeaderMap, HeaderValue};
use hyper::{Uri, Version};

use super::refusal::Refusal;
use crate::host::is_host_header;

/// Requires that a request has one valid `Host`; one of HTTP/1.0 may have none. If the target names a
/// host itself, that replaces the header.
///
/// # Errors
///
/// [`Refusal`], which names the fault.
pub(super) fn settle(
    version: Version,
    target: &Uri,
    headers: &mut HeaderMap,
) -> Result<(), Refusal> {
    let mut named = headers.get_all(HOST).iter();
    let fault = match (named.next(), named.next()) {
        (None, _) if version >= Version::HTTP_11 => {
            Some("The request has no Host header, which HTTP/1.1 requires.")
        }
        (None, _) => None,
        (Some(host), None) if is_host_header(host.as_bytes()) => None,
        (Some(_), None) => {
            Some("The Host header of the request is not a host, with or without a port.")
        }
        (Some(_), Some(_)) => Some("The request has more than one Host header."),
    };
    if let Some(fault) = fault {
        return Err(Refusal::malformed(fault));
    }
    if let Some(authority) = target.authority() {
        let host = HeaderValue::from_str(authority.as_str())
            .map_err(|_| Refusal::malformed("The target of the request is not a URL."))?;
        headers.insert(HOST, host);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_target_decides_about_the_host_if_it_names_one() {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, HeaderValue::from_static("localhost"));
        for (target, host) in [
            ("/v1/status", "localhost"),
            ("http://evil.example/v1/status", "evil.example"),
        ] {
            settle(Version::HTTP_11, &target.parse().unwrap(), &mut headers).unwrap();
            assert_eq!(headers[HOST], host);
        }
    }
}
