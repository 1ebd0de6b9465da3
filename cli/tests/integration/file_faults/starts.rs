//! Starts and stops with a fault at their first file operation, at their second, and so on.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;

use codeid_engine::ConfigDigest;

use super::action::apply;
use super::machine::{
    Machine, REMOTE, State, copy, kill, require_no_panic, require_serving, with_remote,
};
use super::records;
use super::shim::{Fault, Operations};
use crate::rules::CODE;
use crate::sdk_proxy::with_key_of_ours;
use crate::serve::client::Client;
use crate::serve::daemon::{Directory, Ended, Plan, Process, Served};
use crate::tls::with_certificate;

/// A directory to start in, and the state of a daemon that starts there without a fault.
pub(super) struct Template {
    pub(super) directory: Directory,
    pub(super) state: State,
}

/// Returns a directory in which no daemon has run yet.
pub(super) fn new() -> Template {
    Template {
        directory: with_remote(),
        state: unfrozen(),
    }
}

/// Returns a directory with a saved config, whose remote source is away.
pub(super) fn saved(machine: &Machine) -> Template {
    let directory = kill(machine.start(with_remote()));
    fs::remove_file(directory.path().join("remote.json")).unwrap();
    Template {
        directory,
        state: unfrozen(),
    }
}

/// Returns the directory of a daemon that was killed while it wrote its files, and had frozen a config.
pub(super) fn killed(machine: &Machine) -> Template {
    let daemon = machine.start(with_remote());
    apply(&daemon, "applied");
    let sha256 = daemon.status()["table"]["sha256"].clone();
    let directory = kill(daemon);
    let log = directory.path().join("data/audit.jsonl");
    let mut log = OpenOptions::new().append(true).open(log).unwrap();
    log.write_all(br#"{"seq":3,"time":"2026-"#).unwrap();
    let version = env!("CARGO_PKG_VERSION");
    let journal =
        serde_json::json!({"codeid": version, "sha256": sha256, "deaths": 0, "others": {}});
    directory.write("data/compiling.json", journal.to_string());
    directory.write("data/compiling.json.tmp", "{");
    directory.write("data/.freeze.json.0123456789abcdef.tmp", "{");
    Template {
        directory,
        state: State {
            version: "applied".to_owned(),
            freeze: Some(("apply".to_owned(), None)),
            is_draining: false,
        },
    }
}

/// The files that [`with_every_file`] names.
pub(super) const EVERY_FILE: [&str; 7] = [
    "config/codeid.toml",
    "ca.pem",
    "ours.pem",
    "theirs.pub.pem",
    "chain.pem",
    "server.key",
    "tokens",
];

/// Returns settings that name files of all kinds, and a directory with these files.
pub(super) fn with_every_file() -> (Vec<String>, Template) {
    let plan = with_key_of_ours(Plan::bare_in(with_remote()), "ours.pem");
    let certificate = ["listen.tls-cert-path", "listen.tls-key-path"];
    let plan = with_certificate(plan, certificate, "server.key");
    let digest = ConfigDigest::new(b"token");
    plan.directory
        .write("tokens", format!("alice operate {digest}\n"));
    fs::create_dir(plan.directory.path().join("config")).unwrap();
    plan.directory
        .write("config/codeid.toml", "[log]\nformat = \"json\"\n");
    let plan = plan
        .set("listen.http=127.0.0.1:0")
        .set("admin.http=127.0.0.1:0")
        .set("admin.tokens-path=tokens");
    let settings = plan.settings();
    let template = Template {
        directory: plan.directory,
        state: unfrozen(),
    };
    (settings, template)
}

fn unfrozen() -> State {
    State {
        version: REMOTE.to_owned(),
        freeze: None,
        is_draining: false,
    }
}

/// Starts daemons in copies of a directory, with a fault at the first operation of the start, the second,
/// and so on. Returns the operations of a start without a fault.
pub(super) fn try_every_start(machine: &Machine, template: &Template, fault: Fault) -> Operations {
    for n in 1.. {
        let label = format!("start-{fault:?}-{n}");
        machine.control.arm(fault, n);
        let launched = machine.launch(copy(&template.directory));
        let (operations, directory) = match launched {
            Ok(daemon) => {
                if fault != Fault::Kill {
                    require_responding(&daemon);
                }
                let operations = machine.control.disarm();
                (operations, kill(daemon))
            }
            Err(ended) => {
                let operations = machine.control.disarm();
                require_clear_end(&label, fault, &ended);
                (operations, ended.directory)
            }
        };
        println!("{label}: {operations:?}");
        require_private_sockets(directory.path());
        records::require_whole_files(directory.path());
        let daemon = machine.start(directory);
        assert_eq!(State::of(&daemon), template.state, "{label}");
        require_serving(&daemon);
        records::require_sound_log(daemon.directory.path(), false);
        records::require_tidy(daemon.directory.path());
        kill(daemon);
        if !operations.is_hit {
            return operations;
        }
    }
    unreachable!()
}

/// Stops a daemon again and again, with a fault at the first operation of the stop, the second, and so on.
/// Returns the operations of a stop without a fault, and the last daemon.
pub(super) fn try_every_stop(
    machine: &Machine,
    fault: Fault,
    mut daemon: Process,
) -> (Operations, Process) {
    for n in 1.. {
        let label = format!("stop-{fault:?}-{n}");
        machine.control.arm(fault, n);
        daemon.signal("TERM");
        let status = daemon.wait();
        let operations = machine.control.disarm();
        println!("{label}: {operations:?}");
        let was_killed = fault == Fault::Kill && operations.is_hit;
        assert!(
            status.success() || (was_killed && status.signal() == Some(9)),
            "{label}: {status}"
        );
        require_no_panic(&daemon.log);
        let directory = daemon.kill();
        records::require_sound_log(directory.path(), was_killed);
        daemon = machine.start(directory);
        assert_eq!(State::of(&daemon), unfrozen(), "{label}");
        records::require_tidy(daemon.directory.path());
        if !operations.is_hit {
            return (operations, daemon);
        }
    }
    unreachable!()
}

/// Requires that a start that failed says why, in its last line.
fn require_clear_end(label: &str, fault: Fault, ended: &Ended) {
    require_no_panic(&ended.log);
    if fault == Fault::Kill {
        assert_eq!(ended.status.signal(), Some(9), "{label}: {:#?}", ended.log);
        return;
    }
    assert_eq!(ended.status.code(), Some(1), "{label}: {:#?}", ended.log);
    let last = ended.log.last().unwrap();
    let (word, why) = last.split_once(": ").unwrap();
    let is_word = word
        .bytes()
        .all(|byte| byte.is_ascii_uppercase() || byte == b'_');
    assert!(is_word && !why.is_empty(), "{label}: {last}");
}

/// Requires that a daemon responds, whatever its config is.
fn require_responding(daemon: &Served) {
    assert_eq!(daemon.admin("GET", "/readyz").status, 200);
    let socket = daemon.directory.path().join("run/codeid.sock");
    let response = Client::unix(&socket).identify(CODE, "user-42");
    assert_eq!(response.result_code(), "SUCCESS");
}

/// Requires that each socket has the permissions of the settings, at whatever operation the start ended.
fn require_private_sockets(directory: &Path) {
    for (name, expected) in [("codeid.sock", 0o660), ("codeid.admin.sock", 0o600)] {
        if let Ok(metadata) = fs::symlink_metadata(directory.join("run").join(name)) {
            assert_eq!(metadata.permissions().mode() & 0o7777, expected, "{name}");
        }
    }
}
