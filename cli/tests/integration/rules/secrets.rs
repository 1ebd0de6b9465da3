//! Credentials of a source and openIds of a config are neither logged nor shown.

use super::remote::{Remote, Reply, wait_until};
use super::{config, plan};

const BAD: &str = r#"{"format": "codeid/1", "version": "bad", "rules": [
    {"id": "bad", "match": {"prefix": "281"}, "action": {"type": "DECODE"},
     "canary": {"percentage": 200, "allowlist": ["planted-open-id", "planted-open-id"]}}]}"#;

#[test]
fn a_start_that_would_send_the_token_in_the_clear_fails() {
    for (key, value) in [
        ("ac.route.pull-route-config-url", "http://192.0.2.7/planted"),
        (
            "ac.route.pull-route-config-url",
            "callback+http://h.example/planted",
        ),
        (
            "ac.route.save-route-config-path",
            "callback+http://h.example/planted",
        ),
    ] {
        let plan = plan();
        plan.directory.write_secret("token", "planted-token\n");
        let line = plan
            .set("remote.bearer-token-path=token")
            .set(&format!("{key}={value}"))
            .fail();
        assert_eq!(
            line,
            format!(
                "PARAM_ILLEGAL: {key} must be an https URL, or an http URL of localhost or of a \
                 loopback address, since remote.bearer-token-path is set: other machines would see \
                 the token"
            )
        );
    }
}

#[test]
fn no_secret_of_a_source_or_config_is_logged_or_shown() {
    for format in ["human", "json"] {
        for callback in ["", "callback+"] {
            let remote = Remote::http(Reply::config(config("good")));
            let url = format!(
                "{callback}http://{}/routes.json?token=planted-query",
                remote.authority()
            );
            let plan = plan();
            let token = plan.directory.write_secret("token", "planted-token\n");
            let mut daemon = plan
                .set(&format!("ac.route.pull-route-config-url={url}"))
                .set(&format!("remote.bearer-token-path={}", token.display()))
                .set("ac.route.pull-route-config-fixed-delay=100")
                .set("ac.route.pull-route-config-exception-retry-delay=100")
                .set("log.level=trace")
                .set(&format!("log.format={format}"))
                .spawn();
            let replies = [
                Reply::status(500),
                Reply::status(302).header("Location", "http://other.example/?planted"),
                Reply::of_type("text/html", "planted"),
                Reply::config("planted"),
                Reply::config(BAD),
                Reply::Truncate(BAD.into()),
            ];
            for reply in replies {
                remote.set(reply);
                remote.wait_for_more(2);
                let status = daemon.status().to_string();
                assert!(!status.contains("planted"), "{status}");
                daemon.signal("HUP");
            }
            remote.set(Reply::config(config("next")));
            if callback.is_empty() {
                daemon.wait_for_line("next");
            }
            for path in ["/readyz", "/livez", "/planted"] {
                let answer = daemon.admin("GET", path);
                assert!(!String::from_utf8_lossy(&answer.body).contains("planted"));
            }
            let request = &remote.requests()[0];
            assert_eq!(
                request.header("authorization"),
                Some("Bearer planted-token")
            );
            assert!(
                request.line.ends_with("/routes.json?token=planted-query"),
                "{}",
                request.line
            );
            for line in daemon.stop() {
                assert!(!line.contains("planted"), "{line}");
            }
        }
    }
}

#[test]
fn no_secret_is_logged_by_a_start_that_fails() {
    let remote = Remote::http(Reply::status(403));
    let plan = |url: &str| {
        plan()
            .set("ac.route.init-route-config-level=REMOTE")
            .set("log.level=trace")
            .set(&format!("ac.route.pull-route-config-url={url}"))
    };
    let host = remote.authority();
    for (url, why) in [
        (format!("http://{host}/r?planted"), "403"),
        (
            format!("http://{host}/r?planted#planted"),
            "it has a fragment, which is not sent",
        ),
        (
            "http://planted-/r".to_owned(),
            "a label begins or ends with -",
        ),
        (format!("http://planted:planted@{host}/r"), "names a user"),
        (format!("callback+https://planted@{host}/r"), "names a user"),
        (
            format!("planted-scheme://planted:planted@{host}/r?planted"),
            "PARAM_ILLEGAL",
        ),
        (
            format!("http://planted:plan ted@{host}/planted"),
            "PARAM_ILLEGAL",
        ),
    ] {
        let output = plan(&url).run();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{url}");
        assert!(stderr.contains(why), "{url}: {stderr}");
        assert!(!stderr.contains("planted"), "{url}: {stderr}");
    }
}

#[test]
fn no_secret_of_a_callback_store_is_logged_or_shown() {
    let store = Remote::http(Reply::status(500));
    let remote = Remote::http(Reply::config(config("good")));
    let daemon = plan()
        .set(&format!("ac.route.pull-route-config-url={}", remote.url()))
        .set(&format!(
            "ac.route.save-route-config-path=callback+http://{}/store?planted",
            store.authority()
        ))
        .set("log.level=trace")
        .spawn();
    let status = wait_until("the failed save to be known", || {
        let status = daemon.status();
        status["save"]["failure"].is_string().then_some(status)
    });
    assert_eq!(super::live_label(&daemon).as_deref(), Some("good"));
    assert!(!status.to_string().contains("planted"), "{status}");
    for line in daemon.stop() {
        assert!(!line.contains("planted"), "{line}");
    }
}
