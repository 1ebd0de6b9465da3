//! T31: secrets that are planted wherever the daemon gets some appear in none of its outputs.

use std::fs;
use std::path::Path;
use std::process::Command;

use codeid_daemon::api::admin::ROUTES;
use codeid_daemon::api::method::Method;
use codeid_daemon::api::role::Role;
use codeid_engine::ConfigDigest;
use serde_json::json;

use crate::rules::remote::{Remote, Reply};
use crate::sdk_proxy::{self, SDK_PROXY};
use crate::serve::client::{Client, Response, request};
use crate::serve::daemon::Process;

/// The beginning of each secret but the keys.
const PLANTED: &str = "planted";
const CODE: &str = "28100104-planted-code";
const OPEN_ID: &str = "planted-open-id";
const READER: &str = "planted-reader-token";
const OPERATOR: &str = "planted-operator-token";

/// A config whose canary names users.
fn config(version: &str) -> String {
    json!({"format": "codeid/1", "version": version, "rules": [
        {"id": "one", "match": {"prefix": "281"}, "action": {"type": "DECODE"},
         "canary": {"allowlist": ["planted-listed-1", "planted-listed-2"]}}]})
    .to_string()
}

/// A config with an error in what names users.
const BAD: &str = r#"{"format": "codeid/1", "version": "bad", "rules": [
    {"id": "bad", "match": {"prefix": "281"}, "action": {"type": "DECODE"},
     "canary": {"percentage": 200, "allowlist": ["planted-listed", "planted-listed", 7]}}]}"#;

/// The texts that the daemon gave away, each with its origin.
struct Outputs(Vec<(String, String)>);

impl Outputs {
    fn add(&mut self, origin: impl Into<String>, text: impl AsRef<[u8]>) {
        let text = String::from_utf8_lossy(text.as_ref()).into_owned();
        self.0.push((origin.into(), text));
    }

    /// Requires that no text has a secret.
    fn require_clean(&self, keys: &[String]) {
        for (origin, text) in &self.0 {
            let secrets = keys.iter().map(String::as_str).chain([PLANTED]);
            for secret in secrets {
                let found = text
                    .find(secret)
                    .map(|at| text[at.saturating_sub(200)..].to_owned());
                assert_eq!(found, None, "{origin} shows a secret");
            }
        }
    }
}

#[test]
fn no_output_has_a_secret_of_a_request_a_config_a_source_or_a_file() {
    for format in ["human", "json"] {
        let remote = Remote::http(Reply::config(config("remote")));
        let fixture = sdk_proxy::responding("planted-response");
        let plan = fixture.plan;
        plan.directory
            .write_secret("bearer", "planted-bearer-token\n");
        plan.directory.write("tokens", tokens());
        let url = format!("{}?key=planted-query", remote.url());
        let daemon = plan
            .set(&format!("ac.route.pull-route-config-url={url}"))
            .set("remote.bearer-token-path=bearer")
            .set("admin.http=127.0.0.1:0")
            .set("admin.tokens-path=tokens")
            .set("decision-log.path=data/decisions.jsonl")
            .set("log.level=trace")
            .set(&format!("log.format={format}"))
            .spawn();
        let mut outputs = Outputs(Vec::new());
        identify(&daemon, &mut outputs);
        forward(&daemon, &mut outputs);
        operate(&daemon, &mut outputs);
        pull(&daemon, &remote, &mut outputs);
        look(&daemon, &mut outputs);
        run_commands(&daemon, &mut outputs);
        read_files(daemon.directory.path(), &mut outputs);
        // The config does name users: an operator sees them.
        let config = daemon.admin("GET", "/v1/config").body;
        assert!(String::from_utf8(config).unwrap().contains(PLANTED));
        let key = fs::read_to_string(daemon.directory.path().join("ours.pem")).unwrap();
        let keys: Vec<String> = key.lines().skip(1).map(str::to_owned).collect();
        let sent = &remote.requests()[0];
        assert_eq!(
            sent.header("authorization"),
            Some("Bearer planted-bearer-token")
        );
        outputs.add("the log", daemon.stop().join("\n"));
        assert!(outputs.0.len() > 60, "{} outputs", outputs.0.len());
        outputs.require_clean(&keys[..keys.len() - 1]);
    }
}

fn tokens() -> String {
    let digest = |token: &str| ConfigDigest::new(token.as_bytes());
    format!(
        "bob read {}\nalice operate {}\n",
        digest(READER),
        digest(OPERATOR)
    )
}

/// Sends code values and openIds in every way, good and bad. The responses to bad ones quote nothing.
fn identify(daemon: &Process, outputs: &mut Outputs) {
    let good = json!({"codeValue": CODE, "openId": OPEN_ID, "customerId": "planted-customer"});
    let long = json!({"codeValue": CODE.repeat(500), "openId": OPEN_ID.repeat(30)}).to_string();
    let bodies = [
        long,
        format!(r#"{{"codeValue":"{CODE}","{OPEN_ID}":1,"{OPEN_ID}":2}}"#),
        format!(r#"{{"codeValue":"{CODE}","openId":"{OPEN_ID}"#),
        format!("{CODE}{OPEN_ID}"),
    ];
    for mut client in [daemon.tcp(), daemon.unix()] {
        client.post("/v1/identifyCode", good.to_string());
        client.post("/v1/identifyCodes", json!([good, CODE]).to_string());
        for body in &bodies {
            let response = client.post("/v1/identifyCode", body);
            outputs.add(format!("the response to {body:.80}"), response.body);
        }
        let response = client.post(&format!("/{CODE}?openId={OPEN_ID}"), "{}");
        outputs.add("the response to an unknown path", response.body);
        client.send(format!("{CODE} {OPEN_ID}\r\n\r\n"));
        outputs.add("the response to no HTTP", client.rest());
    }
    let mut resp = daemon.resp();
    resp.command(&["MIDENTIFY", CODE, OPEN_ID, CODE, "planted-listed-1"]);
    resp.command(&["IDENTIFY", &CODE.repeat(500), OPEN_ID]);
    resp.command(&["planted-command", CODE]);
    resp.command(&["HELLO", "3", "AUTH", "planted-name", "planted-password"]);
}

/// Forwards requests whose every part is a secret.
fn forward(daemon: &Process, outputs: &mut Outputs) {
    let body = json!({"sdkRequestHeader": "planted-header", "sdkRequestData": "planted-data",
                      "customerId": "planted-customer"});
    let mut client = daemon.tcp();
    let bytes = String::from_utf8(request(SDK_PROXY, body.to_string())).unwrap();
    let headers = "X-Customer-Id: planted-customer\r\nCookie: planted-session\r\n\
                   Authorization: planted-token\r\nHost: ";
    client.send(bytes.replacen("Host: ", headers, 1));
    assert_eq!(client.receive().result_code(), "SUCCESS");
    let response = client.post(
        SDK_PROXY,
        json!({"sdkRequestData": "planted-data"}).to_string(),
    );
    outputs.add("the response to half a request", response.body);
}

/// Sends a request to the admin plane over TCP.
fn ask(daemon: &Process, token: &str, method: &str, path: &str, body: &str) -> Response {
    let listeners = daemon.status()["daemon"]["listeners"].clone();
    let address = listeners["adminHttp"].as_str().unwrap().to_owned();
    let port = address.rsplit_once(':').unwrap().1.parse().unwrap();
    let mut client = Client::tcp(port);
    client.send(format!(
        "{method} {path} HTTP/1.1\r\nHost: localhost:{port}\r\nContent-Type: application/json\r\n\
         Authorization: Bearer {token}\r\nIf-Match: *\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    ));
    client.receive()
}

/// Makes changes, tries codes, and is refused.
fn operate(daemon: &Process, outputs: &mut Outputs) {
    let explained = json!({"codeValue": CODE, "openId": OPEN_ID}).to_string();
    for (path, body) in [
        ("/v1/apply", config("applied-1")),
        ("/v1/apply", config("applied-2")),
        ("/v1/rollback", json!({"generation": 2}).to_string()),
        ("/v1/explain", explained.clone()),
        ("/v1/check", config("checked")),
    ] {
        let response = ask(daemon, OPERATOR, "POST", path, &body);
        assert_eq!(response.status, 200, "{path}");
        // These name the users of a config, or the code that was tried, to an operator.
        if !["/v1/explain", "/v1/check"].contains(&path) {
            outputs.add(path, response.body);
        }
    }
    for (path, body) in [
        ("/v1/apply", BAD),
        ("/v1/check", BAD),
        ("/v1/check", "planted"),
        (
            "/v1/explain",
            "{\"other\": \"planted\", \"openId\": [\"planted\"]}",
        ),
        ("/v1/log-level", "{\"level\": \"planted\"}"),
        ("/v1/rollback", "{\"generation\": \"planted\"}"),
    ] {
        let response = ask(daemon, OPERATOR, "POST", path, body);
        outputs.add(format!("{path} with an error"), response.body);
    }
    for token in [READER, "planted-unknown-token", "planted unknown"] {
        for (path, body) in [
            ("/v1/apply", config("refused")),
            ("/v1/explain", explained.clone()),
        ] {
            let response = ask(daemon, token, "POST", path, &body);
            assert!([400, 401, 403].contains(&response.status), "{path}");
            outputs.add(format!("{path} without the role"), response.body);
        }
    }
    let response = ask(daemon, READER, "POST", "/v1/check", &config("checked"));
    assert_eq!(response.status, 200);
    outputs.add("/v1/check for a reader", response.body);
    let response = ask(daemon, READER, "GET", "/planted?planted", "");
    outputs.add("a path that does not exist", response.body);
}

/// Pulls from a source that fails in every way.
fn pull(daemon: &Process, remote: &Remote, outputs: &mut Outputs) {
    assert_eq!(ask(daemon, OPERATOR, "POST", "/v1/thaw", "").status, 200);
    for reply in [
        Reply::status(500),
        Reply::status(302).header("Location", "http://other.example/?planted"),
        Reply::of_type("text/html", "planted"),
        Reply::config("planted"),
        Reply::config(BAD),
        Reply::Truncate(BAD.into()),
        Reply::config(config("pulled")),
    ] {
        remote.set(reply);
        let response = ask(daemon, OPERATOR, "POST", "/v1/reload", "");
        outputs.add("a reload", response.body);
        outputs.add(
            "the status after it",
            daemon.admin("GET", "/v1/status").body,
        );
    }
}

/// Reads everything that a reader may read, and what needs no token.
fn look(daemon: &Process, outputs: &mut Outputs) {
    for route in ROUTES.iter().filter(|route| route.method == Method::Get) {
        if route.role <= Role::Read {
            let path = route.path.replace("{module}", "api.js");
            let response = ask(daemon, READER, "GET", &path, "");
            assert_eq!(response.status, 200, "{path}");
            outputs.add(path, response.body);
        }
    }
    for path in ["/livez", "/readyz", "/planted"] {
        outputs.add(path, daemon.tcp().bare("GET", path).body);
    }
}

/// Runs the commands that show a daemon.
fn run_commands(daemon: &Process, outputs: &mut Outputs) {
    for arguments in [
        &["admin", "status"][..],
        &["admin", "status", "--json"],
        &["admin", "rules"],
        &["admin", "history"],
        &["top", "--count", "1", "--interval", "50ms"],
        &["audit", "verify", "--json"],
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_codeid"))
            .args(arguments)
            .current_dir(daemon.directory.path())
            .output()
            .unwrap();
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        outputs.add(arguments.join(" "), [output.stdout, output.stderr].concat());
    }
}

/// Reads the files that the daemon wrote, and their names. Two of them are route configs.
fn read_files(directory: &Path, outputs: &mut Outputs) {
    for directory in [directory.join("data"), directory.join("run")] {
        for entry in fs::read_dir(directory).unwrap() {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            let is_config = ["route-config.json", "freeze.json"].contains(&&*name);
            if entry.file_type().unwrap().is_file() && !is_config {
                outputs.add(&*name, fs::read(entry.path()).unwrap());
            }
            outputs.add("the name of a file", name);
        }
    }
}

/// The text of a panic quotes nothing, wherever it happens.
#[cfg(feature = "faults")]
#[test]
fn no_secret_is_in_the_text_of_a_panic_that_faults_cause() {
    for task in [
        "connection",
        "worker",
        "admin",
        "remote",
        "store",
        "compile",
        "reload",
        "proxy",
    ] {
        let remote = Remote::http(Reply::config(config("remote")));
        let fixture = sdk_proxy::responding("planted-response");
        let plan = fixture.plan;
        plan.directory
            .write_secret("bearer", "planted-bearer-token\n");
        plan.directory.write("tokens", tokens());
        let daemon = plan
            .set(&format!(
                "ac.route.pull-route-config-url={}?planted",
                remote.url()
            ))
            .set("remote.bearer-token-path=bearer")
            .set("admin.http=127.0.0.1:0")
            .set("admin.tokens-path=tokens")
            .set("log.level=trace")
            .environment("CODEID_FAULT", task)
            .spawn();
        let body = json!({"codeValue": CODE, "openId": OPEN_ID}).to_string();
        let proxied = json!({"sdkRequestHeader": "planted", "sdkRequestData": "planted",
                             "customerId": "planted"});
        for (path, body) in [("/v1/identifyCode", body), (SDK_PROXY, proxied.to_string())] {
            let mut client = daemon.tcp();
            if client.try_send(request(path, &body)).is_ok() {
                // The connection may be closed by the fault.
                let _ = client.try_receive(true);
            }
        }
        remote.set(Reply::config(config("next")));
        ask(&daemon, OPERATOR, "POST", "/v1/reload", "");
        let log = daemon.stop().join("\n");
        assert!(log.contains("ERROR panic"), "{log}");
        let mut outputs = Outputs(Vec::new());
        outputs.add(format!("the log of a panic of {task}"), log);
        outputs.require_clean(&[]);
    }
}
