//! T31: no figure shows a code value, an openId, or the credentials of a source.

use serde_json::json;

use crate::rules::remote::{Remote, Reply};
use crate::serve::daemon::Plan;

const RULES: &str = r#"{"format": "codeid/1", "version": "1", "rules": [
    {"id": "one", "match": {"prefix": "28"}, "canary": {"allowlist": ["planted-listed"]},
     "action": {"type": "OPEN_URL", "redirectUrl": "https://planted.example/"}}]}"#;

#[test]
fn no_figure_shows_a_secret() {
    let remote = Remote::http(Reply::config(RULES));
    let url = format!("{}?token=planted-query", remote.url());
    let daemon = Plan::new()
        .set(&format!("ac.route.pull-route-config-url={url}"))
        .start();
    let mut client = daemon.tcp();
    for code in ["28-planted", "planted"] {
        client.identify(code, "planted-user");
        client.identify(code, "planted-listed");
        client.identify(code, &"planted-user".repeat(50));
        daemon.resp().command(&["IDENTIFY", code, "planted-user"]);
        daemon.resp().command(&["planted", code]);
    }
    let proxied = json!({"sdkRequestHeader": "planted", "sdkRequestData": "planted"});
    client.post("/aps/api/v1/mobile/sdkProxy", proxied.to_string());
    client.post("/planted", "planted");
    let text = daemon.metrics_text() + &daemon.snapshot().to_string();
    assert!(text.len() > 1000);
    assert!(!text.contains("planted"), "{text}");
}
