//! Listeners on which a client must show a certificate.

use std::fs;
use std::io;
use std::process::Command;
use std::sync::Arc;

use rustls::ClientConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::{Authority, Pair, plan};
use crate::admin::access::{OPERATOR, over_tcp, port};
use crate::serve::client::{Client, Response};
use crate::serve::daemon::{Plan, Process, Served};

/// The authorities of a server and of its clients.
struct Trust {
    server: Authority,
    clients: Authority,
}

impl Trust {
    fn new() -> Self {
        Self {
            server: Authority::new(),
            clients: Authority::new(),
        }
    }

    /// Returns a plan of a daemon whose clients on `listen.http` need a certificate.
    fn plan(&self) -> Plan {
        let plan = plan(&self.server.issue("127.0.0.1"));
        plan.directory.write("clients.pem", &self.clients.pem);
        plan.set("listen.tls-client-ca-path=clients.pem")
    }

    /// Returns a client with this certificate, or none.
    fn client(&self, pair: Option<&Pair>) -> Arc<ClientConfig> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(self.server.roots());
        Arc::new(match pair {
            None => builder.with_no_client_auth(),
            Some(pair) => {
                let chain = CertificateDer::pem_slice_iter(pair.chain.as_bytes());
                let chain = chain.collect::<Result<_, _>>().unwrap();
                let key = PrivateKeyDer::from_pem_slice(pair.key.as_bytes()).unwrap();
                builder.with_client_auth_cert(chain, key).unwrap()
            }
        })
    }

    /// Returns `true` if a client with this certificate, or none, is served.
    fn serves(&self, daemon: &Served, pair: Option<&Pair>) -> bool {
        match livez(daemon.port, self.client(pair)) {
            Ok(response) => {
                assert_eq!(response.status, 200);
                true
            }
            // The alert, or the end of the connection if the alert is lost with it.
            Err(_) => false,
        }
    }
}

fn livez(port: u16, config: Arc<ClientConfig>) -> io::Result<Response> {
    let mut client = Client::tls_with(port, config)?;
    client.try_send("GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")?;
    client.try_receive(true)
}

#[test]
fn only_a_client_with_a_valid_certificate_of_the_authority_is_served() {
    let trust = Trust::new();
    let daemon = trust.plan().start();
    let good = trust.clients.issue("gateway");
    let foreign = trust.server.issue("gateway");
    let expired = trust.clients.issue_until("gateway", 2020);
    let other_key = Pair {
        chain: good.chain.clone(),
        key: foreign.key.clone(),
    };
    assert!(trust.serves(&daemon, Some(&good)));
    for refused in [None, Some(&foreign), Some(&expired)] {
        assert!(!trust.serves(&daemon, refused));
    }
    // A foreign client, with both versions of the protocol.
    let ca = trust.server.write(&daemon.directory);
    let curl = |pair: Option<&Pair>, version: &[&str]| {
        let mut command = Command::new("curl");
        command
            .args(["--silent", "--show-error", "--max-time", "60", "--cacert"])
            .arg(&ca)
            .args(version);
        if let Some(pair) = pair {
            let chain = daemon.directory.write("client.pem", &pair.chain);
            let key = daemon.directory.write_secret("client.key", &pair.key);
            command.arg("--cert").arg(chain).arg("--key").arg(key);
        }
        let url = format!("https://127.0.0.1:{}/livez", daemon.port);
        let output = command.arg(url).output().expect("curl is installed");
        output.status.success()
    };
    for version in [
        ["--tlsv1.2", "--tls-max", "1.2"],
        ["--tlsv1.3", "--tls-max", "1.3"],
    ] {
        assert!(curl(Some(&good), &version));
        for refused in [None, Some(&foreign), Some(&expired), Some(&other_key)] {
            assert!(!curl(refused, &version), "{version:?}");
        }
    }
    // The Unix socket has its permissions.
    assert_eq!(daemon.unix().bare("GET", "/livez").status, 200);
    assert!(trust.serves(&daemon, Some(&good)));
    daemon.stop();
}

/// A resumed session shows no certificate, so that one which has expired would go on being served.
#[test]
fn a_session_with_a_certificate_is_not_resumed() {
    let trust = Trust::new();
    let resumes = |daemon: &Served, config: &Arc<ClientConfig>| {
        let connect = || {
            let mut client = Client::tls_with(daemon.port, Arc::clone(config)).unwrap();
            assert_eq!(client.bare("GET", "/livez").status, 200);
            client.is_resumed()
        };
        assert!(!connect());
        connect()
    };
    let open = plan(&trust.server.issue("127.0.0.1")).start();
    assert!(resumes(&open, &trust.client(None)));
    open.stop();
    let daemon = trust.plan().start();
    let good = trust.clients.issue("gateway");
    assert!(!resumes(&daemon, &trust.client(Some(&good))));
    daemon.stop();
}

#[test]
fn admin_http_can_need_a_certificate_beside_a_token() {
    let trust = Trust::new();
    let plan = over_tcp()
        .set("admin.tls-cert-path=server.pem")
        .set("admin.tls-key-path=server.key")
        .set("admin.tls-client-ca-path=clients.pem");
    let pair = trust.server.issue("127.0.0.1");
    plan.directory.write("server.pem", &pair.chain);
    plan.directory.write_secret("server.key", &pair.key);
    plan.directory.write("clients.pem", &trust.clients.pem);
    let daemon = plan.start();
    let port = port(&daemon);
    let status = |pair: Option<&Pair>, token: &str| -> io::Result<u16> {
        let mut client = Client::tls_with(port, trust.client(pair))?;
        client.try_send(format!(
            "GET /v1/status HTTP/1.1\r\nHost: localhost:{port}\r\n{token}\r\n"
        ))?;
        Ok(client.try_receive(true)?.status)
    };
    let token = format!("Authorization: Bearer {OPERATOR}\r\n");
    let good = trust.clients.issue("operator");
    assert_eq!(status(Some(&good), &token).unwrap(), 200);
    assert_eq!(status(Some(&good), "").unwrap(), 401);
    status(None, &token).unwrap_err();
    status(Some(&trust.server.issue("operator")), &token).unwrap_err();
    status(Some(&trust.clients.issue_until("operator", 2020)), &token).unwrap_err();
    daemon.stop();
}

#[test]
fn the_file_of_the_authorities_is_followed_and_a_broken_one_changes_nothing() {
    let trust = Trust::new();
    let next = Authority::new();
    let (old_client, new_client) = (trust.clients.issue("old"), next.issue("new"));
    let mut daemon = trust.plan().spawn();
    let mut open = Client::tls_with(daemon.port, trust.client(Some(&old_client))).unwrap();
    assert_eq!(open.bare("GET", "/livez").status, 200);
    let write = |daemon: &Process, text: &str| {
        let aside = daemon.directory.write("aside.pem", text);
        fs::rename(aside, daemon.directory.path().join("clients.pem")).unwrap();
    };
    // Both for a time, as in a rotation.
    write(&daemon, &format!("{}{}", trust.clients.pem, next.pem));
    daemon.wait_for_line("new clients of listen.http need a certificate of new authorities");
    assert!(trust.serves(&daemon, Some(&old_client)));
    assert!(trust.serves(&daemon, Some(&new_client)));
    write(&daemon, &next.pem);
    daemon.wait_for_line("need a certificate of new authorities");
    assert!(!trust.serves(&daemon, Some(&old_client)));
    assert!(trust.serves(&daemon, Some(&new_client)));
    assert_eq!(open.bare("GET", "/livez").status, 200);
    for (text, why) in [
        (&next.pem[..200], "it is not valid PEM"),
        ("", "it holds no certificate in PEM"),
    ] {
        write(&daemon, text);
        let line = daemon.wait_for_line("keeps its certificate");
        let expected = format!("listen.tls-client-ca-path clients.pem: {why}");
        assert!(
            line.contains(" WARN ") && line.contains(&expected),
            "{line}"
        );
        assert!(trust.serves(&daemon, Some(&new_client)));
        assert!(!trust.serves(&daemon, None));
    }
    write(&daemon, &next.pem);
    daemon.wait_for_line("hold it again");
    // A new certificate leaves the authorities.
    let pair = trust.server.issue("127.0.0.1");
    super::write_key(
        &daemon.directory.path().join("server.key"),
        &pair.key,
        0o600,
    );
    daemon.directory.write("server.pem", &pair.chain);
    daemon.wait_for_line("new connections to listen.http get a new certificate");
    assert!(trust.serves(&daemon, Some(&new_client)));
    assert!(!trust.serves(&daemon, Some(&old_client)));
    daemon.stop();
}

#[test]
fn a_start_with_unusable_authorities_fails() {
    let trust = Trust::new();
    let garbage = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    for (text, why) in [
        (String::new(), "it holds no certificate in PEM"),
        (trust.clients.pem[..200].to_owned(), "it is not valid PEM"),
        (
            format!("{}{garbage}", trust.clients.pem),
            "its certificate number 2 cannot be read: invalid peer certificate: BadEncoding",
        ),
        ("x".repeat((1 << 20) + 1), "it has more than 1048576 bytes"),
    ] {
        let plan = trust.plan();
        plan.directory.write("clients.pem", text);
        let expected = format!("PARAM_ILLEGAL: listen.tls-client-ca-path clients.pem: {why}");
        assert_eq!(plan.fail(), expected);
        fs::remove_file(plan.directory.path().join("clients.pem")).unwrap();
        let line = plan.fail();
        assert!(
            line.ends_with("clients.pem: there is no such file"),
            "{line}"
        );
    }
}
