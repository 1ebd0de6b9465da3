//! The upstream and the login check over TLS: the roots that the platform trusts decide, unless
//! `proxy.ca-path` does for the upstream.

use serde_json::json;
use tokio::runtime::Runtime;

use super::gateway::{Authority, Behavior, Gateway, Reply, SUCCESS, signed};
use super::{SDK_PROXY, with_files, with_keys};
use crate::rules::remote::{self, Remote};
use crate::serve::daemon::Plan;

/// Asserts that `plan` leads to a response with this code, and to a line of the log with `reason`.
fn assert_responds(plan: Plan, code: &str, reason: Option<&str>) {
    let mut daemon = plan.spawn();
    let body = json!({"sdkRequestHeader": "h", "sdkRequestData": "d"}).to_string();
    assert_eq!(daemon.tcp().post(SDK_PROXY, body).result_code(), code);
    if let Some(reason) = reason {
        let line = daemon.wait_for_line(reason);
        assert!(line.contains("certificate"), "{line}");
    }
    daemon.stop();
}

#[test]
fn the_platform_decides_whom_the_upstream_and_the_login_check_are() {
    let runtime = Runtime::new().unwrap();
    let authority = Authority::new();
    let start = Gateway::start(&authority, Behavior::default(), |_| {
        Reply::Send(signed(SUCCESS))
    });
    let gateway = runtime.block_on(start);
    let admits = remote::Reply::status(200).header("X-Customer-Id", "customer-1");
    let login = Remote::https("127.0.0.1", admits);
    let calling = |with: fn(Plan, &Authority) -> Plan, roots: &str| {
        let plan = with(Plan::new(), &authority);
        plan.directory.write("upstream.pem", &authority.pem);
        plan.directory.write("login.pem", &login.certificate);
        let both = format!("{}{}", authority.pem, login.certificate);
        plan.directory.write("both.pem", both);
        plan.set(&format!("proxy.upstream-url={}", gateway.url()))
            .set("proxy.customer-from=login-check")
            .set(&format!("proxy.login-check-url={}", login.url()))
            .set("proxy.login-check-timeout-ms=60000")
            .set("proxy.connect-timeout-ms=60000")
            .set("proxy.total-timeout-ms=60000")
            .environment("SSL_CERT_FILE", roots)
    };
    let no_login = Some("there was no login check");
    let no_upstream = Some("the upstream did not answer a request");
    for (with, roots, code, reason) in [
        (
            with_keys as fn(Plan, &Authority) -> Plan,
            "both.pem",
            "SUCCESS",
            None,
        ),
        (with_keys, "login.pem", "UNKNOWN_EXCEPTION", no_upstream),
        (with_keys, "upstream.pem", "ACCESS_DENIED", no_login),
        // The setting is for the upstream alone, and replaces what the platform trusts.
        (with_files, "login.pem", "SUCCESS", None),
        (with_files, "upstream.pem", "ACCESS_DENIED", no_login),
    ] {
        assert_responds(calling(with, roots), code, reason);
    }
    let other = calling(with_files, "both.pem");
    other.directory.write("ca.pem", &Authority::new().pem);
    assert_responds(other, "UNKNOWN_EXCEPTION", no_upstream);
}
