//! The servers that the forwarder trusts, and the certificate that it shows.

use std::path::PathBuf;

use super::gateway::{Authority, Behavior, Reply, Request, SUCCESS, signed};
use super::{Fixture, request};
use crate::clock::Clock;
use crate::error_chain::ErrorChain;
use crate::sdk_proxy::OpenError;
use crate::settings::{Secrets, Tls};

fn success(_: &Request) -> Reply {
    Reply::Send(signed(SUCCESS))
}

#[tokio::test]
async fn a_server_without_a_valid_certificate_receives_no_request() {
    let refused = |behavior: Behavior, stranger: bool| async move {
        let fixture = Fixture::new();
        if stranger {
            fixture.write("ca.pem", &Authority::new().pem);
        }
        let running = fixture.run_with(behavior, success).await;
        let response = running.post(request()).await;
        assert_eq!(response.own_result(), "UNKNOWN_EXCEPTION");
        assert_eq!(running.gateway.begun(), 0);
    };
    let name = "other.example";
    refused(
        Behavior {
            name,
            ..Behavior::default()
        },
        false,
    )
    .await;
    refused(
        Behavior {
            expired: true,
            ..Behavior::default()
        },
        false,
    )
    .await;
    refused(Behavior::default(), true).await;
}

#[tokio::test]
async fn a_certificate_is_shown_to_a_server_that_requires_one() {
    let asking = || Behavior {
        wants_certificate: true,
        ..Behavior::default()
    };
    let without = Fixture::new().run_with(asking(), success).await;
    let response = without.post(request()).await;
    assert_eq!(response.own_result(), "UNKNOWN_EXCEPTION");
    assert!(without.gateway.requests().is_empty());
    let mut fixture = Fixture::new();
    let (certificate, key) = fixture.authority.certify("wallet.example", false);
    fixture.settings.client_certificate = Some(Tls {
        table: "proxy",
        cert_path: fixture.write("client.pem", &certificate.pem()),
        key_path: fixture.write("client.key.pem", &key.serialize_pem()),
        secrets: Secrets::default(),
    });
    let with = fixture.run_with(asking(), success).await;
    assert!(with.post(request()).await.is_success());
}

#[test]
fn an_unusable_file_is_an_error_that_names_the_setting_and_the_reason() {
    let fixture = Fixture::new();
    let (certificate, key) = fixture.authority.certify("wallet.example", false);
    let (_, other_key) = fixture.authority.certify("wallet.example", false);
    let certificate = fixture.write("client.pem", &certificate.pem());
    let key = fixture.write("client.key.pem", &key.serialize_pem());
    let other_key = fixture.write("other.key.pem", &other_key.serialize_pem());
    let empty = fixture.write("empty", "");
    let open = fixture.write("open.pem", &super::OURS.private);
    let permissions = std::os::unix::fs::PermissionsExt::from_mode(0o644);
    std::fs::set_permissions(&open, permissions).unwrap();
    let missing = fixture.directory.path().join("missing");
    let refused = |change: &dyn Fn(&mut crate::settings::Proxy), expected: &str| {
        let mut settings = fixture.settings.clone();
        settings.upstream = "https://h.example".parse().unwrap();
        change(&mut settings);
        let budget = std::sync::Arc::new(crate::budget::Budget::new(0));
        let error = super::SdkProxy::open(&settings, 1, &budget, &Clock::system()).unwrap_err();
        assert!(matches!(error, OpenError::Settings(_)));
        let error = ErrorChain(&error).to_string();
        assert!(error.starts_with(expected), "{error}");
    };
    let shown = |cert_path: &PathBuf, key_path: &PathBuf| {
        Some(Tls {
            table: "proxy",
            cert_path: cert_path.clone(),
            key_path: key_path.clone(),
            secrets: Secrets::default(),
        })
    };
    let at = |key: &str, path: &PathBuf| {
        let path = path.display();
        format!("invalid {key}: cannot use the key file {path}: ")
    };
    let in_certificate = |path: &PathBuf| {
        let path = path.display();
        format!("invalid proxy.client-cert-path: cannot use {path}: ")
    };
    refused(
        &|s| s.private_key_path = missing.clone(),
        &at("proxy.private-key-path", &missing),
    );
    refused(
        &|s| s.private_key_path = open.clone(),
        &format!(
            "{}its mode 0644 lets other users",
            at("proxy.private-key-path", &open)
        ),
    );
    refused(
        &|s| s.public_keys[0].1 = key.clone(),
        &at("proxy.public-keys.1", &key),
    );
    refused(
        &|s| s.ca_path = Some(empty.clone()),
        "invalid proxy.ca-path: ",
    );
    refused(
        &|s| s.client_certificate = shown(&empty, &key),
        &in_certificate(&empty),
    );
    refused(
        &|s| s.client_certificate = shown(&certificate, &empty),
        &in_certificate(&empty),
    );
    refused(
        &|s| s.client_certificate = shown(&certificate, &open),
        &in_certificate(&open),
    );
    refused(
        &|s| s.client_certificate = shown(&certificate, &other_key),
        &format!("{}it is not the key", in_certificate(&other_key)),
    );
}
