//! Opening sources and stores from settings.

use tempfile::TempDir;

use super::server::{Authority, Reply, Server};
use super::{CONFIG, config, pull, write};
use crate::error_chain::ErrorChain;
use crate::rules::source::by_scheme::{remote_source, route_store};
use crate::settings::{Settings, SettingsError, Sources};

fn settings(given: &[(&str, &str)]) -> Settings {
    let set = given
        .iter()
        .map(|&(key, value)| (key.to_owned(), value.to_owned()));
    Settings::read(&Sources {
        set: set.collect(),
        ..Sources::default()
    })
    .unwrap()
}

/// Returns the message of the error that `opened` must be.
fn error_of<T>(opened: Result<T, SettingsError>) -> String {
    let error = opened.err().expect("it was opened");
    ErrorChain(&error).to_string()
}

#[tokio::test]
async fn the_settings_for_tls_and_the_token_are_used() {
    let directory = TempDir::new().unwrap();
    let authority = Authority::new();
    let ca = write(&directory, "ca.pem", &authority.pem);
    let token = write(&directory, "token", "abc");
    let settings = settings(&[
        ("remote.ca-path", ca.to_str().unwrap()),
        ("remote.bearer-token-path", token.to_str().unwrap()),
    ]);
    let server = Server::https(&authority, "127.0.0.1", |request| {
        match request.method.as_str() {
            "GET" => Reply::json(CONFIG),
            _ => Reply::json(r#"{"result": {"resultStatus": "S"}, "routeConfigData": "{}"}"#),
        }
    })
    .await;

    let source = remote_source(&server.url("/routes"), &settings).unwrap();
    let pulled = pull(&*source, &server.url("/routes")).await;
    assert_eq!(pulled, Ok(config(None)));
    let uri = format!("callback+{}", server.url("/spi"));
    let source = remote_source(&uri, &settings).unwrap();
    assert!(pull(&*source, &uri).await.is_ok());
    let store = route_store(&uri, &settings).unwrap();
    let read = store.read_route_config_from_local().await;
    assert_eq!(read.unwrap(), Some(b"{}".to_vec()));
    let requests = server.requests();
    assert_eq!(requests.len(), 3);
    for request in requests {
        assert_eq!(request.header("authorization"), Some("Bearer abc"));
    }
}

#[tokio::test]
async fn a_longer_config_is_read_if_the_settings_allow_it() {
    let settings = settings(&[("ac.route.max-config-characters", "1000000")]);
    for (length, is_read) in [(4_000_000, true), (4_000_001, false)] {
        let server = Server::http(move |_| Reply::json(&" ".repeat(length))).await;
        let source = remote_source(&server.url("/"), &settings).unwrap();
        let pulled = pull(&*source, &server.url("/")).await;
        assert_eq!(pulled.is_ok(), is_read, "{length}");
    }
}

#[test]
fn an_unknown_scheme_is_rejected_with_a_list_of_the_known_ones() {
    let settings = settings(&[]);
    for uri in [
        "ftp://SECRET",
        "redis://SECRET",
        "SECRET",
        "callback+ftp://h",
        "https:/h",
        "",
    ] {
        let error = error_of(remote_source(uri, &settings));
        assert!(
            error.starts_with("ac.route.pull-route-config-url must begin with"),
            "{error}"
        );
        assert!(
            error.contains("https://, http://, file://, callback+https://"),
            "{error}"
        );
        assert!(!error.contains("SECRET"), "{error}");
    }
    for uri in ["https://SECRET", "redis://SECRET"] {
        let error = error_of(route_store(uri, &settings));
        assert!(
            error.starts_with("ac.route.save-route-config-path must be a path"),
            "{error}"
        );
        assert!(!error.contains("SECRET"), "{error}");
    }
}

#[test]
fn a_url_that_cannot_be_called_is_rejected() {
    let settings = settings(&[]);
    for (uri, expected) in [
        ("http://SECRET:p@h.example/", "names a user"),
        ("callback+http://SECRET@h.example/", "names a user"),
        ("http://h.example/\u{e9}", "percent-encoded"),
        ("http://h.example:SECRET/", "names a port"),
        ("http://h.example:65536/", "names a port"),
        ("http://h.example:/", "names a port"),
        ("http://h.example:0/", "names a port"),
        ("http:///routes", "names no host"),
        ("callback+http://", "names no host"),
        ("http://[:]/", "it is not an IPv6 address in brackets"),
        ("callback+http://SECRET-/", "a label begins or ends with -"),
        (
            "https://SECRET_1/",
            "a character other than letters, digits",
        ),
        (
            "http://b\u{fc}cher.example/",
            "write such a name in Punycode",
        ),
        (
            "http://127.1/",
            "it ends in a number but is not an IPv4 address",
        ),
        ("http://h.example/#SECRET", "it has a fragment"),
    ] {
        let error = error_of(remote_source(uri, &settings));
        assert!(
            error.starts_with("ac.route.pull-route-config-url "),
            "{error}"
        );
        assert!(error.contains(expected), "{uri}: {error}");
        assert!(!error.contains("SECRET"), "{error}");
    }
    let store = error_of(route_store("callback+http://SECRET@h.example/", &settings));
    assert!(
        store.starts_with("ac.route.save-route-config-path names a user"),
        "{store}"
    );
}

#[test]
fn a_token_is_sent_without_encryption_on_the_loopback_only() {
    let directory = TempDir::new().unwrap();
    let token = write(&directory, "token", "abc");
    let with_token = settings(&[("remote.bearer-token-path", token.to_str().unwrap())]);
    let without_token = settings(&[]);
    let rest = "must be an https URL, or an http URL of localhost or of a loopback address, since \
                remote.bearer-token-path is set: other machines would see the token";
    for url in [
        "http://h.example/?SECRET",
        "http://192.0.2.7/",
        "http://127.0.0.1.example/",
        "http://localhost.example/",
        "http://[2001:db8::1]:8080/",
        "http://0.0.0.0/",
    ] {
        let error = error_of(remote_source(url, &with_token));
        assert_eq!(error, format!("ac.route.pull-route-config-url {rest}"));
        let callback = format!("callback+{url}");
        let error = error_of(remote_source(&callback, &with_token));
        assert_eq!(error, format!("ac.route.pull-route-config-url {rest}"));
        let error = error_of(route_store(&callback, &with_token));
        assert_eq!(error, format!("ac.route.save-route-config-path {rest}"));
        assert!(remote_source(url, &without_token).is_ok(), "{url}");
    }
    for url in [
        "http://localhost/",
        "http://LOCALHOST:8080/",
        "http://127.8.8.8/",
        "http://[::1]:8080/",
        "http://[::ffff:127.0.0.1]/",
    ] {
        assert!(remote_source(url, &with_token).is_ok(), "{url}");
        let callback = format!("callback+{url}");
        assert!(route_store(&callback, &with_token).is_ok(), "{url}");
    }
}

#[test]
fn a_file_without_certificates_is_rejected_when_the_source_is_opened() {
    let directory = TempDir::new().unwrap();
    let ca = write(&directory, "ca.pem", "nothing");
    let settings = settings(&[("remote.ca-path", ca.to_str().unwrap())]);
    for uri in ["https://h.example/", "callback+https://h.example/"] {
        let error = error_of(remote_source(uri, &settings));
        assert!(error.starts_with("remote.ca-path "), "{error}");
        assert!(error.contains("holds no certificate"), "{error}");
    }
}
