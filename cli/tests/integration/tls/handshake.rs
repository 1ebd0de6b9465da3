//! Handshakes that fail, or never end.

use std::process::{Command, Stdio};

use super::{Authority, connect, plan};
use crate::admin::access::{over_tcp, port};
use crate::serve::client::Client;
use crate::serve::daemon::Served;

/// Runs curl, which trusts the authority. Returns its exit status and its errors.
fn curl(daemon: &Served, authority: &Authority) -> (Option<i32>, String) {
    let output = Command::new("curl")
        .args(["--silent", "--show-error", "--max-time", "60", "--cacert"])
        .arg(authority.write(&daemon.directory))
        .arg(format!("https://127.0.0.1:{}/livez", daemon.port))
        .output()
        .expect("curl is installed");
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.code(), errors)
}

#[test]
fn a_client_refuses_a_certificate_of_another_name_or_authority() {
    let authority = Authority::new();
    let daemon = plan(&authority.issue("other.example")).start();
    let (status, errors) = curl(&daemon, &authority);
    assert_eq!(status, Some(60), "{errors}");
    assert!(errors.contains("127.0.0.1"), "{errors}");
    let daemon = plan(&authority.issue("127.0.0.1")).start();
    let (status, errors) = curl(&daemon, &Authority::new());
    assert_eq!(status, Some(60), "{errors}");
    assert_eq!(curl(&daemon, &authority).0, Some(0));
}

#[test]
fn tls_below_1_2_is_refused() {
    let authority = Authority::new();
    let daemon = plan(&authority.issue("127.0.0.1")).start();
    let connect = |version: &str| {
        let output = Command::new("openssl")
            .args([
                "s_client",
                version,
                "-cipher",
                "ALL:@SECLEVEL=0",
                "-connect",
            ])
            .arg(format!("127.0.0.1:{}", daemon.port))
            .stdin(Stdio::null())
            .output()
            .expect("openssl is installed");
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.success(), errors)
    };
    for version in ["-tls1", "-tls1_1"] {
        let (connected, errors) = connect(version);
        assert!(
            !connected && errors.contains(" alert "),
            "{version}: {errors}"
        );
    }
    assert!(connect("-tls1_2").0);
}

#[test]
fn a_slow_handshake_is_cut_and_delays_no_other_client() {
    let authority = Authority::new();
    let daemon = plan(&authority.issue("127.0.0.1"))
        .set("http.header-timeout-ms=1000")
        .start();
    let mut served = connect(&daemon, &authority);
    assert_eq!(served.bare("GET", "/livez").status, 200);
    let mut silent = daemon.tcp();
    let mut slow = daemon.tcp();
    // The header of a record, and the first byte of a ClientHello.
    slow.send([22, 3, 1, 2, 0, 1]);
    // This client completes its handshake and sends no request.
    let mut idle = connect(&daemon, &authority);
    idle.shake_hands();
    for _ in 0..100 {
        assert_eq!(served.identify("28100104x", "user-42").status, 200);
    }
    assert_eq!(slow.rest(), b"");
    assert_eq!(silent.rest(), b"");
    assert_eq!(idle.rest(), b"");
    daemon.stop();
}

#[test]
fn a_client_without_tls_is_closed() {
    let authority = Authority::new();
    let daemon = plan(&authority.issue("127.0.0.1"))
        .set("log.level=info")
        .spawn();
    let garbage = "\0".repeat(100_000);
    for text in [
        "GET /livez HTTP/1.1\r\nHost: h\r\n\r\n",
        "*1\r\n$4\r\nPING\r\n",
        &garbage,
    ] {
        let mut client = daemon.tcp();
        // The connection may be closed before all of it is sent.
        let _ = client.try_send(text);
        let rest = client.rest();
        assert!(
            !rest.starts_with(b"HTTP"),
            "{}",
            String::from_utf8_lossy(&rest)
        );
    }
    assert_eq!(
        connect(&daemon, &authority).bare("GET", "/livez").status,
        200
    );
    // Such clients cannot fill the log.
    let log = daemon.stop();
    assert!(
        !log.iter().any(|line| line.contains("handshake")),
        "{log:?}"
    );
}

#[test]
fn handshakes_that_fail_are_counted_for_each_listener_and_logged_at_debug() {
    let authority = Authority::new();
    let pair = authority.issue("127.0.0.1");
    let plan = over_tcp()
        .set("listen.http=127.0.0.1:0")
        .set("http.header-timeout-ms=1000")
        .set("log.level=debug");
    let plan = ["listen", "admin"].into_iter().fold(plan, |plan, table| {
        plan.set(&format!("{table}.tls-cert-path=server.pem"))
            .set(&format!("{table}.tls-key-path=server.key"))
    });
    plan.directory.write("server.pem", &pair.chain);
    plan.directory.write_secret("server.key", &pair.key);
    let mut daemon = plan.spawn();
    let counts = |daemon: &Served| {
        ["http", "adminHttp"].map(|listener| {
            let labels = format!("{{listener=\"{listener}\"}}");
            let name = format!("codeid_tls_handshake_failures_total{labels}");
            daemon.metrics().get(&name)
        })
    };
    let mut good = connect(&daemon, &authority);
    assert_eq!(good.bare("GET", "/livez").status, 200);
    assert_eq!(counts(&daemon), [0.0, 0.0]);

    let mut silent = daemon.tcp();
    assert_eq!(silent.rest(), b"");
    // It is logged after it was counted.
    let line = daemon.wait_for_line("a TLS handshake took too long");
    assert!(line.contains("DEBUG") && line.contains("http"), "{line}");
    assert_eq!(counts(&daemon), [1.0, 0.0]);

    let mut plain = daemon.tcp();
    plain.send("GET / HTTP/1.1\r\n\r\n");
    plain.rest();
    let line = daemon.wait_for_line("a TLS handshake failed");
    assert!(line.contains("InvalidContentType"), "{line}");
    let mut plain = Client::tcp(port(&daemon));
    plain.send("GET / HTTP/1.1\r\n\r\n");
    plain.rest();
    let line = daemon.wait_for_line("a TLS handshake failed");
    assert!(line.contains("adminHttp"), "{line}");
    assert_eq!(counts(&daemon), [2.0, 1.0]);
    let connections = daemon.status()["daemon"]["connections"].clone();
    assert_eq!(connections["http"]["tlsHandshakeFailures"], 2);
    assert_eq!(connections["unix"]["tlsHandshakeFailures"], 0);
    daemon.stop();
}
