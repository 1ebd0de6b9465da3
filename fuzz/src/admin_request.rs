//! Any bytes, read as a request to `admin.http`.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::LazyLock;

use codeid_daemon::api::apply::RollbackRequest;
use codeid_daemon::api::empty::EmptyRequest;
use codeid_daemon::api::explain::ExplainRequest;
use codeid_daemon::api::freeze::FreezeRequest;
use codeid_daemon::api::log_level::LogLevelDocument;
use codeid_daemon::api::refusal::ErrorCode;
use codeid_daemon::api::role::Role;
use codeid_daemon::fuzzing::{Tokens, admin_access, admin_if_match, parse_admin_body};
use codeid_daemon::host::HostName;
use codeid_engine::ConfigDigest;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderMap, HeaderValue, IF_MATCH, ORIGIN};
use hyper::{Method, Uri};
use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::headers::{split_headers, split_line};

const SCRAPER: &str = "scraper-secret";
const READER: &str = "reader-secret";
const OPERATOR: &str = "operator-secret";
const OWN_HOST: &str = "codeid.example";

/// The paths that change the daemon.
const CHANGES: [&str; 9] = [
    "/v1/apply",
    "/v1/drain",
    "/v1/forget",
    "/v1/freeze",
    "/v1/log-level",
    "/v1/reload",
    "/v1/rollback",
    "/v1/thaw",
    "/v1/undrain",
];

/// Other paths that only an operator opens, since they show which users a canary admits.
const DISCLOSURES: [&str; 2] = ["/v1/config", "/v1/explain"];

/// The paths that a token of any role opens.
const METRICS: [&str; 2] = ["/metrics", "/v1/metrics"];

/// The paths that anyone may read who can connect.
const OPEN: [&str; 6] = [
    "/",
    "/console.css",
    "/console.js",
    "/livez",
    "/openapi.json",
    "/readyz",
];

static OWN_HOSTS: LazyLock<[HostName; 1]> =
    LazyLock::new(|| [OWN_HOST.parse().expect("a name of a host")]);

static TOKENS: LazyLock<Tokens> = LazyLock::new(|| {
    let digest = |token: &str| ConfigDigest::new(token.as_bytes());
    let list = format!(
        "scraper metrics {}\nreader read {}\noperator operate {}\n",
        digest(SCRAPER),
        digest(READER),
        digest(OPERATOR)
    );
    Tokens::parse(list.as_bytes()).expect("a valid list")
});

/// Checks that a request is let through only for a host of the daemon, from no page of another
/// origin, with a token of the role that its path needs, and as JSON if it is a `POST`; and that its
/// body is refused, without being quoted, or read as another parser reads it.
///
/// The input is the method and the path, header fields up to an empty line, and the body.
///
/// # Panics
///
/// If the property does not hold.
pub fn admin_request(bytes: &[u8]) {
    let Some((method, path, headers, body)) = split(bytes) else {
        return;
    };
    check_access(&method, path, &headers);
    check_if_match(&headers);
    check_body::<RollbackRequest>(body);
    check_body::<FreezeRequest>(body);
    check_body::<LogLevelDocument>(body);
    check_body::<ExplainRequest>(body);
    check_body::<EmptyRequest>(body);
}

fn split(bytes: &[u8]) -> Option<(Method, &str, HeaderMap, &[u8])> {
    let (line, rest) = split_line(bytes)?;
    let (method, path) = std::str::from_utf8(line).ok()?.split_once(' ')?;
    let (headers, body) = split_headers(rest)?;
    Some((method.parse().ok()?, path, headers, body))
}

fn access(method: &Method, path: &str, headers: &HeaderMap) -> Result<Role, ErrorCode> {
    admin_access(method, path, headers, &TOKENS, &*OWN_HOSTS)
}

fn check_access(method: &Method, path: &str, headers: &HeaderMap) {
    let access = access(method, path, headers);
    match access {
        Ok(_) => {
            check_route(method, path, headers);
            check_host(headers);
            check_origin(headers);
            if method == Method::POST {
                check_json(headers);
            }
        }
        Err(code) => assert!((400..500).contains(&code.status()), "{code}"),
    }
    check_with_another_token(method, path, headers);
    check_from_another_page(method, path, headers);
}

/// Checks that the path takes the method, and that the caller has a token of the necessary role.
fn check_route(method: &Method, path: &str, headers: &HeaderMap) {
    let token = bearer_token(headers);
    if CHANGES.contains(&path) {
        assert_eq!(method, Method::POST);
        assert_eq!(token.as_deref(), Some(OPERATOR.as_bytes()));
    } else if DISCLOSURES.contains(&path) || path.starts_with("/v1/history/") {
        assert_eq!(token.as_deref(), Some(OPERATOR.as_bytes()));
    } else if OPEN.contains(&path) || path.starts_with("/modules/") {
        assert!(method == Method::GET || method == Method::HEAD);
    } else {
        assert!(path.starts_with("/v1/") || METRICS.contains(&path));
        let token = token.expect("a token");
        let is_scraper = token == SCRAPER.as_bytes() && METRICS.contains(&path);
        assert!(is_scraper || token == READER.as_bytes() || token == OPERATOR.as_bytes());
    }
}

fn bearer_token(headers: &HeaderMap) -> Option<Vec<u8>> {
    let value = headers.get(AUTHORIZATION)?.as_bytes();
    let (scheme, token) = (value.get(..7)?, &value[7..]);
    let is_bearer = scheme.eq_ignore_ascii_case(b"bearer ");
    is_bearer.then(|| token.trim_ascii().to_vec())
}

/// Checks that the only host, if any, has a name that no other machine can have.
fn check_host(headers: &HeaderMap) {
    let mut hosts = headers.get_all(HOST).iter();
    let Some(host) = hosts.next() else { return };
    assert!(hosts.next().is_none());
    let host = host.to_str().expect("an accepted host is ASCII");
    let uri: Uri = format!("http://{host}/")
        .parse()
        .expect("an accepted host is an authority");
    let name = uri.host().expect("an authority has a host");
    let address = name
        .strip_prefix('[')
        .and_then(|name| name.strip_suffix(']'));
    assert!(
        name.eq_ignore_ascii_case("localhost")
            || name.eq_ignore_ascii_case(OWN_HOST)
            || name.parse::<Ipv4Addr>().is_ok()
            || address.is_some_and(|address| address.parse::<Ipv6Addr>().is_ok()),
        "{host}"
    );
    assert!(!host.contains('@'), "{host}");
}

/// Checks that the only origin, if any, is that of the host.
fn check_origin(headers: &HeaderMap) {
    let mut origins = headers.get_all(ORIGIN).iter();
    let Some(origin) = origins.next() else { return };
    assert!(origins.next().is_none());
    let origin = origin.to_str().expect("an accepted origin is ASCII");
    let (scheme, authority) = origin.split_once("://").expect("an origin has a scheme");
    assert!(scheme == "http" || scheme == "https", "{origin}");
    let host = headers.get(HOST).map_or("localhost", |host| {
        host.to_str().expect("an accepted host is ASCII")
    });
    assert_eq!(authority.to_ascii_lowercase(), host.to_ascii_lowercase());
}

/// Checks that the body is declared as JSON, exactly once.
fn check_json(headers: &HeaderMap) {
    let mut types = headers.get_all(CONTENT_TYPE).iter();
    let media_type = types.next().expect("a media type").as_bytes();
    assert!(types.next().is_none());
    let media_type = String::from_utf8_lossy(media_type).to_ascii_lowercase();
    let rest = media_type.trim_start().strip_prefix("application/json");
    let rest = rest.expect("a media type of JSON").trim_start();
    assert!(rest.is_empty() || rest.starts_with(';'), "{media_type}");
}

/// Checks that a token which differs in a bit from that of the operator opens nothing but what is
/// open to anyone.
fn check_with_another_token(method: &Method, path: &str, headers: &HeaderMap) {
    let mut headers = headers.clone();
    let mut token = format!("Bearer {OPERATOR}").into_bytes();
    let place = 7 + path.len() % OPERATOR.len();
    token[place] ^= 1;
    let token = HeaderValue::from_bytes(&token).expect("visible ASCII");
    headers.insert(AUTHORIZATION, token);
    if let Ok(role) = access(method, path, &headers) {
        assert!(OPEN.contains(&path) || path.starts_with("/modules/"));
        assert!(role < Role::Metrics);
    }
}

/// Checks that a page of another origin can do nothing, whatever else it sends.
fn check_from_another_page(method: &Method, path: &str, headers: &HeaderMap) {
    for (name, value) in [
        (ORIGIN, "https://codeid.example.evil.example"),
        (ORIGIN, "null"),
        (HOST, "codeid.example.evil.example"),
    ] {
        let mut headers = headers.clone();
        headers.insert(name, HeaderValue::from_static(value));
        assert!(access(method, path, &headers).is_err());
    }
}

/// Checks that `If-Match` is `*` or one digest, which reads as it is written.
fn check_if_match(headers: &HeaderMap) {
    let given: Vec<_> = headers.get_all(IF_MATCH).iter().collect();
    match (admin_if_match(headers), &given[..]) {
        (Ok(None), []) => {}
        (Ok(Some(digest)), [value]) => {
            let value = value.to_str().expect("an accepted tag is ASCII").trim();
            let written = digest.map_or("*".to_owned(), |digest| format!("\"{digest}\""));
            assert_eq!(value, written);
        }
        (Err(code), [_, ..]) => assert_eq!(code, ErrorCode::IfMatchStale),
        other => panic!("{other:?}"),
    }
}

/// Checks that a body is refused without being quoted, or has the members that another parser finds
/// and no others.
fn check_body<T: DeserializeOwned + JsonSchema + Serialize>(body: &[u8]) {
    match parse_admin_body::<T>(body) {
        Err(refusal) => {
            let detail = refusal.detail;
            let is_quoted = detail.contains(['"', '`', '{']) || detail.contains(char::is_control);
            assert!(!detail.is_empty() && !is_quoted, "{detail}");
        }
        Ok(document) => {
            let Value::Object(parsed) = serde_json::from_slice(body).expect("JSON") else {
                panic!("accepted, but not an object");
            };
            let Value::Object(read) = serde_json::to_value(&document).expect("string keys") else {
                panic!("a request is an object");
            };
            for (name, value) in &parsed {
                let is_equal = match (read.get(name), value) {
                    (None, Value::Null) => true,
                    // A whole number may be written with a fraction of zero.
                    (Some(Value::Number(read)), Value::Number(value)) => {
                        read.as_f64() == value.as_f64()
                    }
                    (read, value) => read == Some(value),
                };
                assert!(is_equal, "{name}: {value} is read as {:?}", read.get(name));
            }
            assert!(read.keys().all(|name| parsed.contains_key(name)));
        }
    }
}
