//! A FIFO or a directory where a file is expected is an error, and nothing waits for it.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::mpsc::channel;

use nix::sys::signal::{Signal, kill};
use nix::sys::stat::Mode;
use nix::unistd::{Pid, mkfifo};

use super::daemon::{Directory, PATIENCE, Plan, RULES};
use crate::rules::remote::{Remote, Reply};
use crate::rules::{config, plan};
use crate::sdk_proxy::with_key_of_ours;
use crate::tls::with_certificate;

/// The kinds of what is not a file, each with its part of a message.
const KINDS: [(&str, &str); 2] = [
    ("fifo", "it is a FIFO, not a file"),
    ("directory", "it is a directory, not a file"),
];

/// Makes a FIFO or a directory at `path`.
fn make(kind: &str, path: &Path) {
    match kind {
        "fifo" => mkfifo(path, Mode::S_IRUSR | Mode::S_IWUSR).unwrap(),
        _ => {
            fs::create_dir(path).unwrap();
            // A key may not be in a directory that others can write to.
            fs::set_permissions(path, Permissions::from_mode(0o700)).unwrap();
        }
    }
}

/// Requires that the start of a daemon fails with each kind at `name` in its directory.
fn refused(plan: &Plan, name: &str, setting: &str) {
    for (kind, why) in KINDS {
        let path = plan.directory.path().join(name);
        let _ = fs::remove_file(&path);
        make(kind, &path);
        let line = plan.fail();
        assert!(line.contains(why), "{setting}: {line}");
        assert!(line.contains(setting), "{setting}: {line}");
        if kind == "directory" {
            fs::remove_dir(&path).unwrap();
        } else {
            fs::remove_file(&path).unwrap();
        }
    }
}

#[test]
fn a_start_that_needs_the_file_fails() {
    let tls = |table: &str, part: &str| {
        let settings = [
            format!("{table}.{part}cert-path"),
            format!("{table}.{part}key-path"),
        ];
        let plan = with_key_of_ours(Plan::new(), "ours.pem");
        let digest = codeid_engine::ConfigDigest::new(b"token");
        plan.directory.write("tokens", format!("a read {digest}\n"));
        let plan = plan
            .set("admin.http=127.0.0.1:0")
            .set("admin.tokens-path=tokens");
        with_certificate(plan, [&settings[0], &settings[1]], "key.pem")
    };
    for (table, part) in [("listen", "tls-"), ("admin", "tls-"), ("proxy", "client-")] {
        for file in ["cert", "key"] {
            let setting = format!("{table}.{part}{file}-path");
            let plan = tls(table, part).set(&format!("{setting}=x"));
            // The two files of a client certificate are one error.
            refused(&plan, "x", &setting.replace("client-key", "client-cert"));
        }
    }
    for table in ["listen", "admin"] {
        let setting = format!("{table}.tls-client-ca-path");
        refused(
            &tls(table, "tls-").set(&format!("{setting}=x")),
            "x",
            &setting,
        );
    }
    for setting in [
        "proxy.private-key-path",
        "proxy.public-keys.1",
        "proxy.ca-path",
    ] {
        let plan = with_key_of_ours(Plan::new(), "ours.pem").set(&format!("{setting}=x"));
        refused(&plan, "x", setting);
    }
    let plan = Plan::new()
        .set("admin.http=127.0.0.1:0")
        .set("admin.tokens-path=x");
    refused(&plan, "x", "admin.tokens-path");
    let plan = Plan::new()
        .set("ac.route.pull-route-config-url=https://h.example/")
        .set("remote.ca-path=x");
    refused(&plan, "x", "remote.ca-path");
    let plan = Plan::new().set("admin.audit-path=x");
    refused(&plan, "x", "admin.audit-path");
    let plan = Plan::new().set("ac.route.preset-route-config-path=x");
    refused(&plan, "x", "INIT_CONFIG_IS_INVALID");
    let plan = Plan::new()
        .set("ac.route.save-route-config-path=x")
        .set("ac.route.init-route-config-level=LOCAL");
    refused(&plan, "x", "STORAGE_CONFIG_LOAD_FAILED");
    let plan = Plan::new().set("listen.unix=s");
    refused(&plan, "s.lock", "listen.unix s: cannot open its lock file");
    let plan = Plan::new().argument("--config").argument("x.toml");
    refused(&plan, "x.toml", "x.toml: cannot be used");
    let plan = with_key_of_ours(Plan::new(), "ours.pem")
        .set("proxy.ca-path=ca.pem")
        .set("ac.route.pull-route-config-url=https://h.example/")
        .environment("SSL_CERT_FILE", "x.pem");
    refused(&plan, "x.pem", "remote.ca-path");
}

#[test]
fn a_start_that_can_do_without_the_file_warns() {
    for (kind, why) in KINDS {
        let plan = Plan::new();
        for name in ["journal", "freeze", "storage"] {
            make(kind, &plan.directory.path().join(name));
        }
        let mut daemon = plan
            .set("reload.journal-path=journal")
            .set("reload.freeze-path=freeze")
            .set("ac.route.save-route-config-path=storage")
            .spawn();
        let log = daemon.log.join("\n");
        for name in ["journal", "freeze", "storage"] {
            let is_logged = |line: &&str| line.contains(name) && line.contains(why);
            assert!(log.lines().any(|line| is_logged(&line)), "{name}:\n{log}");
        }
        let path = daemon.directory.path().join("journal");
        daemon.signal("TERM");
        assert!(daemon.wait().success());
        // What is not the daemon's is not replaced.
        assert!(!fs::metadata(path).unwrap().is_file());
    }
}

#[test]
fn what_is_written_later_fails_without_waiting() {
    for (kind, why) in KINDS {
        let remote = Remote::http(Reply::config(config("good")));
        let plan = plan();
        let at = |name: &str| plan.directory.path().join(name);
        let (token, audit) = (at("token"), at("audit.jsonl"));
        make(kind, &token);
        make(kind, &at("storage"));
        make(kind, &at("compiling.json.tmp"));
        let mut daemon = plan
            .set(&format!("ac.route.pull-route-config-url={}", remote.url()))
            .set("ac.route.pull-route-config-exception-retry-delay=100")
            .set("remote.bearer-token-path=token")
            .set("ac.route.save-route-config-path=storage")
            .set("reload.journal-path=compiling.json")
            .set("admin.audit-path=audit.jsonl")
            .spawn();
        let log = daemon.log.join("\n");
        let expected = format!("cannot use the bearer token in token: {why}");
        assert!(log.contains(&expected), "{log}");
        let _ = fs::remove_file(&token);
        let _ = fs::remove_dir(&token);
        daemon.directory.write_secret("token", "planted");
        let line = daemon.wait_for_line("cannot write the journal of compiles");
        assert!(line.contains(why), "{line}");
        let line = daemon.wait_for_line("cannot replace");
        assert!(line.contains("storage") && line.contains(why), "{line}");
        fs::remove_file(&audit).unwrap();
        make(kind, &audit);
        let mut client =
            super::client::Client::unix(&daemon.directory.path().join("run/codeid.admin.sock"));
        client.send(
            "POST /v1/freeze HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
             Content-Length: 0\r\n\r\n",
        );
        let answer = client.receive();
        assert_eq!(answer.json()["error"], "notAudited", "{}", answer.json());
        assert!(answer.json()["detail"].as_str().unwrap().contains(why));
        daemon.stop();
    }
}

/// Runs the program in `directory`. Panics if it waits for longer than a test is willing to.
fn run(directory: &Directory, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_codeid"));
    let child = command
        .args(arguments)
        .current_dir(directory.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let process = Pid::from_raw(i32::try_from(child.id()).unwrap());
    let (sender, ended) = channel();
    let waiting = std::thread::spawn(move || {
        let output = child.wait_with_output().unwrap();
        let _ = sender.send(());
        output
    });
    let in_time = ended.recv_timeout(PATIENCE).is_ok();
    if !in_time {
        kill(process, Signal::SIGKILL).unwrap();
    }
    let output = waiting.join().unwrap();
    assert!(in_time, "it does not end: {arguments:?}");
    output
}

#[test]
fn every_command_refuses_it() {
    for (kind, why) in KINDS {
        let directory = Directory::new();
        make(kind, &directory.path().join("x"));
        directory.write("routes.json", RULES);
        directory.write("codes", "28100104df2342342\n");
        let bench = ["bench", "--http", "http://127.0.0.1:9/", "--codes"];
        for arguments in [
            &["check", "x"][..],
            &[
                "identify",
                "28100104",
                "--open-id",
                "user-42",
                "--routes",
                "x",
            ],
            &["identify", "--open-id", "user-42", "--file", "x"],
            &["settings", "--config", "x"],
            &["admin", "check", "x"],
            &["admin", "apply", "x"],
            &[&bench[..], &["x"]].concat(),
            &[&bench[..], &["codes", "--expect", "x"]].concat(),
            &[&bench[..], &["codes", "--saved", "x"]].concat(),
        ] {
            let output = run(&directory, arguments);
            let shown = [&output.stdout[..], &output.stderr].concat();
            let shown = String::from_utf8_lossy(&shown);
            assert!(shown.contains(why), "{arguments:?}: {shown}");
            assert_eq!(output.status.code(), Some(1), "{arguments:?}: {shown}");
        }
    }
}

#[test]
fn the_files_that_commands_write_are_not_special_ones() {
    for (kind, why) in KINDS {
        let daemon = plan().start();
        let url = format!("http://127.0.0.1:{}/v1/identifyCode", daemon.port);
        make(kind, &daemon.directory.path().join("x.svg"));
        for option in ["--hdr", "--plot"] {
            let short = [
                "--duration",
                "100ms",
                "--warm-up",
                "0",
                "--connections",
                "1",
            ];
            let output = run(
                &daemon.directory,
                &[&["bench", "--http", &url, option, "x.svg"], &short[..]].concat(),
            );
            let stderr = String::from_utf8_lossy(&output.stderr);
            assert!(stderr.contains(why), "{option}: {stderr}");
            assert_eq!(output.status.code(), Some(1), "{option}: {stderr}");
        }
        daemon.stop();

        let mock = Directory::new();
        let arguments = [
            "mock-gateway",
            "--directory",
            "mock",
            "--listen",
            "127.0.0.1:0",
        ];
        for name in ["mock-gateway-ca-key.pem", "gateway-public-key.pem"] {
            let path = mock.path().join("mock");
            let _ = fs::remove_dir_all(&path);
            fs::create_dir(&path).unwrap();
            fs::set_permissions(&path, Permissions::from_mode(0o700)).unwrap();
            make(kind, &path.join(name));
            // By its key, the directory is that of a mock gateway.
            if name != "mock-gateway-ca-key.pem" {
                let key = rcgen::KeyPair::generate().unwrap().serialize_pem();
                mock.write_secret("mock/mock-gateway-ca-key.pem", key);
            }
            let output = run(&mock, &arguments);
            let stderr = String::from_utf8_lossy(&output.stderr);
            assert!(stderr.contains(why), "{name}: {stderr}");
            assert_eq!(output.status.code(), Some(1), "{name}: {stderr}");
        }
    }
}
