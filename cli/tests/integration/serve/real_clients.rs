//! Common HTTP clients, over both transports. `scripts/test` installs those that are missing.

use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::client::body;
use super::daemon::Daemon;

#[test]
fn curl_is_answered() {
    let daemon = Daemon::start();
    let socket = daemon.socket();
    let (tcp, unix) = (
        vec!["http://127.0.0.1:PORT".replace("PORT", &daemon.port.to_string())],
        vec![
            "--unix-socket".to_owned(),
            socket.display().to_string(),
            "http://codeid".to_owned(),
        ],
    );
    let large = daemon.directory.write("large.json", " ".repeat(200 << 10));
    for mut target in [tcp, unix] {
        let base = target.pop().unwrap();
        let curl = |arguments: &[&str], path: &str| {
            let output = Command::new("curl")
                .args([
                    "--silent",
                    "--show-error",
                    "--max-time",
                    "60",
                    "--write-out",
                    "\n%{http_code}",
                ])
                .args(&target)
                .args(arguments)
                .arg(format!("{base}{path}"))
                .output()
                .expect("curl is installed");
            let text = String::from_utf8(output.stdout).unwrap();
            assert!(
                output.status.success(),
                "{}",
                String::from_utf8_lossy(&output.stderr)
            );
            let (body, status) = text.rsplit_once('\n').unwrap();
            (status.parse::<u16>().unwrap(), body.to_owned())
        };
        let json = "Content-Type: application/json";
        let text = body("28100104x", "user-42");
        let (status, response) = curl(&["--header", json, "--data", &text], "/v1/identifyCode");
        let response: Value = serde_json::from_str(&response).unwrap();
        assert_eq!((status, &response["codeValue"]), (200, &json!("28100104x")));
        let chunked = [
            "--header",
            json,
            "--header",
            "Transfer-Encoding: chunked",
            "--data",
            &text,
        ];
        assert_eq!(curl(&chunked, "/v1/identifyCode").0, 200);
        let file = format!("@{}", large.display());
        for wait in ["Expect: 100-continue", "Expect:"] {
            let upload = ["--header", json, "--header", wait, "--data-binary", &file];
            assert_eq!(curl(&upload, "/v1/identifyCode").0, 413);
        }
        assert_eq!(curl(&["--data", &text], "/v1/identifyCode").0, 415);
        assert_eq!(curl(&["--head"], "/readyz").0, 200);
        assert_eq!(curl(&[], "/livez"), (200, String::new()));
    }
}

#[test]
fn python_is_answered_over_a_unix_socket() {
    const SCRIPT: &str = r#"
import http.client, json, socket, sys

class Connection(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(sys.argv[1])

connection = Connection("codeid")
for n in range(100):
    code = "28100104-%d" % n
    connection.request("POST", "/v1/identifyCode", json.dumps({"codeValue": code, "openId": "user-42"}),
                       {"Content-Type": "application/json"})
    response = connection.getresponse()
    assert response.status == 200 and response.headers["X-Codeid-Rule"] == "order", response.status
    assert json.load(response)["codeValue"] == code
connection.request("GET", "/readyz")
response = connection.getresponse()
assert response.status == 200 and response.read() == b""
# A body that is too long gets its response, and the next request has another connection.
connection.request("POST", "/v1/identifyCode", b" " * (1 << 20), {"Content-Type": "application/json"})
response = connection.getresponse()
assert response.status == 413 and response.headers["Connection"] == "close"
assert json.load(response)["result"]["resultCode"] == "PARAM_ILLEGAL"
# A body of unknown length is sent in chunks.
connection.request("POST", "/v1/identifyCodes", iter([b"[", b"]"]), {"Content-Type": "application/json"})
response = connection.getresponse()
assert response.status == 200 and json.load(response) == []
print("done")
"#;
    let daemon = Daemon::start();
    let output = Command::new("python3")
        .args(["-c", SCRIPT])
        .arg(daemon.socket())
        .stdin(Stdio::null())
        .output()
        .expect("python3 is installed");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(
        String::from_utf8_lossy(&output.stdout).trim(),
        "done",
        "{stderr}"
    );
}

#[test]
fn wrk_is_answered_without_an_error() {
    let daemon = Daemon::start();
    let script = daemon.directory.write(
        "identify.lua",
        format!(
            "wrk.method = 'POST'\nwrk.headers['Content-Type'] = 'application/json'\nwrk.body = '{}'\n",
            body("28100104x", "user-42")
        ),
    );
    let output = Command::new("wrk")
        .args([
            "--threads",
            "1",
            "--connections",
            "32",
            "--duration",
            "1s",
            "--script",
        ])
        .arg(script)
        .arg(format!("http://127.0.0.1:{}/v1/identifyCode", daemon.port))
        .output()
        .expect("wrk is installed");
    let report = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{report}");
    assert!(report.contains("requests in "), "{report}");
    // wrk writes these lines only after errors.
    assert!(
        !report.contains("Non-2xx") && !report.contains("Socket errors"),
        "{report}"
    );
    daemon.stop();
}
