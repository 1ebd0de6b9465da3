//! The settings of sdkProxy: checked as a whole, since most of them are needed if any is.

use std::path::PathBuf;
use std::time::Duration;

use hyper::header::HeaderName;

use super::declarations::Keys;
use super::error::Problem;
use super::kind::{FilePath, HeaderNames, OneOf, Switch, Text, Url, Whole};
use super::word::Word;
use super::{HttpUrl, KeyVersion, Origin, Outbound, Secrets, Tls};

/// Headers that belong to one connection or one message, and cannot be forwarded with another.
const NOT_FORWARDABLE: [&str; 11] = [
    "connection",
    "content-length",
    "expect",
    "host",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "http2-settings",
];

/// The forwarding of requests of the client SDK.
#[derive(Clone, Debug)]
pub struct Proxy {
    /// The upstream.
    pub upstream: Origin,
    /// The Client-Id that Alipay+ assigned: 1 to 128 visible ASCII characters.
    pub client_id: String,
    /// The file of the key that signs requests.
    pub private_key_path: PathBuf,
    /// The access to that file.
    pub secrets: Secrets,
    /// The version by which the upstream knows that key.
    pub key_version: KeyVersion,
    /// The files of the upstream's public keys, one or more.
    pub public_keys: Vec<(KeyVersion, PathBuf)>,
    /// The file of the only certificates that are trusted; `None`: the platform's roots.
    pub ca_path: Option<PathBuf>,
    /// The certificate that is shown to the upstream; `None`: none is.
    pub client_certificate: Option<Tls>,
    /// The time that connecting may take, the look-up of the name, TCP and TLS together: 1 ms to a
    /// minute.
    pub connect_timeout: Duration,
    /// The time that a request may take, from the login check to the last byte of the response: 10,001 ms
    /// to 10 minutes.
    pub total_timeout: Duration,
    /// The most requests that are forwarded at once; one more is refused: 1 to 65,536.
    pub max_in_flight: usize,
    /// The place that names the customer.
    pub customer_from: CustomerFrom,
    /// `true` if the trace of a request is shown to the upstream.
    pub forward_traceparent: bool,
    /// The HTTP proxies of calls to the upstream and of the login check.
    pub outbound: Outbound,
}

/// The place that names the customer.
#[derive(Clone, Debug)]
pub enum CustomerFrom {
    /// The body of the request.
    Body,
    /// A header of the request.
    Header,
    /// The response of a server that is asked.
    LoginCheck(LoginCheck),
}

/// The server that is asked for the customer.
#[derive(Clone, Debug)]
pub struct LoginCheck {
    /// The URL.
    pub url: HttpUrl,
    /// The request's headers that are forwarded: 1 to 32.
    pub headers: Vec<HeaderName>,
    /// The time that it may take, including connecting: 1 ms to a minute.
    pub timeout: Duration,
}

/// The words of `proxy.customer-from`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum CustomerSource {
    Body,
    Header,
    LoginCheck,
}

impl Proxy {
    /// Declares the keys; `None` without an upstream.
    pub(super) fn declare(keys: &mut Keys, secrets: &Secrets, outbound: &Outbound) -> Option<Self> {
        let upstream = keys.optional(
            "proxy.upstream-url",
            Url::<Origin>::any(),
            "The upstream of sdkProxy requests; without it, sdkProxy is not configured.",
        );
        let client_id = keys.optional(
            "proxy.client-id",
            Text { max: 128 },
            "The Client-Id that Alipay+ assigned.",
        );
        let private_key_path = keys.optional(
            "proxy.private-key-path",
            FilePath,
            "The private key (PEM) that signs requests. Only its owner, and the group of secrets.group, may\n\
             have access to the file.",
        );
        let key_version = keys.setting(
            "proxy.key-version",
            Whole::between(0, u64::from(KeyVersion::MAX.get()), ""),
            KeyVersion::ONE,
            "The version of the private key in the Signature header.",
        );
        let ca_path = keys.optional(
            "proxy.ca-path",
            FilePath,
            "The only certificates (PEM) that are trusted for the upstream; without it, the platform's\n\
             roots.",
        );
        let client_certificate = Tls::declare(
            keys,
            secrets,
            "proxy",
            (
                "proxy.client-cert-path",
                "The certificate (PEM, with its chain) that is shown to the upstream on request.",
            ),
            (
                "proxy.client-key-path",
                "The private key (PEM) of that certificate. Only its owner, and the group of secrets.group,\n\
                 may have access to the file.",
            ),
        );
        let connect_timeout = keys.setting(
            "proxy.connect-timeout-ms",
            Whole::between(1, 60_000, "milliseconds"),
            Duration::from_secs(3),
            "The time that connecting to the upstream may take, including TLS.",
        );
        let total_timeout = keys.setting(
            "proxy.total-timeout-ms",
            Whole::between(10_001, 600_000, "milliseconds"),
            Duration::from_secs(12),
            "The time that a forwarded request may take, the login check included. Alipay+ takes up to 10 s,\n\
             so it is longer.",
        );
        let max_in_flight = keys.setting(
            "proxy.max-in-flight",
            Whole::between(1, 65_536, "requests"),
            512,
            "The number of requests that are forwarded at once; each further request is refused, not\n\
             queued.",
        );
        let forward_traceparent = keys.setting(
            "proxy.forward-traceparent",
            Switch,
            false,
            "Whether the upstream gets the headers traceparent and tracestate of a request, as they came. A\n\
             login check gets them in any case.",
        );
        let customer_from = CustomerFrom::declare(keys);
        let public_keys = keys.by_key_version(
            "proxy.public-keys.",
            FilePath,
            "The upstream's public keys (PEM), each under its key version.",
        );
        let given = "proxy.upstream-url";
        let upstream = upstream?;
        for (missing, is_missing) in [
            ("proxy.client-id", client_id.is_none()),
            ("proxy.private-key-path", private_key_path.is_none()),
        ] {
            if is_missing {
                keys.contradiction(Problem::Incomplete { given, missing });
            }
        }
        if public_keys.is_empty() {
            keys.contradiction(Problem::NoPublicKey);
        }
        Some(Self {
            upstream,
            client_id: client_id?,
            private_key_path: private_key_path?,
            secrets: secrets.clone(),
            key_version,
            public_keys,
            ca_path,
            client_certificate,
            connect_timeout,
            total_timeout,
            max_in_flight,
            customer_from,
            forward_traceparent,
            outbound: outbound.clone(),
        })
    }
}

impl CustomerFrom {
    fn declare(keys: &mut Keys) -> Self {
        let source = keys.setting(
            "proxy.customer-from",
            OneOf::words(),
            CustomerSource::Body,
            "The one place that names the customer: the field customerId of the body, the header\n\
             X-Customer-Id, or the response of a login check. The others are ignored.",
        );
        let url = keys.optional(
            "proxy.login-check-url",
            Url::<HttpUrl>::any(),
            "The login check: a GET of this URL with the headers below, answered 200 with X-Customer-Id\n\
             to admit the customer. For https, the platform's roots are trusted.",
        );
        let headers = keys.setting(
            "proxy.login-check-headers",
            HeaderNames,
            vec![
                HeaderName::from_static("authorization"),
                HeaderName::from_static("cookie"),
            ],
            "The request's headers that are forwarded to the login check.",
        );
        let timeout = keys.setting(
            "proxy.login-check-timeout-ms",
            Whole::between(1, 60_000, "milliseconds"),
            Duration::from_secs(2),
            "The time that the login check may take, including connecting; after it, access is denied.",
        );
        for name in headers
            .iter()
            .filter(|name| NOT_FORWARDABLE.contains(&name.as_str()))
        {
            keys.contradiction(Problem::NotForwardable(name.clone()));
        }
        let place = match (source, &url) {
            (CustomerSource::Body, _) => Self::Body,
            (CustomerSource::Header, _) => Self::Header,
            (CustomerSource::LoginCheck, Some(url)) => {
                return Self::LoginCheck(LoginCheck {
                    url: url.clone(),
                    headers,
                    timeout,
                });
            }
            (CustomerSource::LoginCheck, None) => {
                keys.contradiction(Problem::NoLoginCheck);
                Self::Body
            }
        };
        if url.is_some() {
            keys.contradiction(Problem::UnusedLoginCheck);
        }
        place
    }
}

impl Word for CustomerSource {
    const ALL: &'static [Self] = &[Self::Body, Self::Header, Self::LoginCheck];

    fn word(self) -> &'static str {
        match self {
            Self::Body => "body",
            Self::Header => "header",
            Self::LoginCheck => "login-check",
        }
    }
}
