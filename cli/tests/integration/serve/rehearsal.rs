//! `codeid serve --check`.

use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

use super::daemon::{Plan, RULES};
use crate::admin::{good, post};
use crate::rules::remote::{Remote, Reply};

/// The outcome of a rehearsal.
struct Rehearsal {
    status: Option<i32>,
    text: String,
}

fn rehearse(plan: &Plan) -> Rehearsal {
    let output = checked(plan).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    Rehearsal {
        status: output.status.code(),
        text: String::from_utf8(output.stdout).unwrap(),
    }
}

fn checked(plan: &Plan) -> Command {
    let mut command = plan.command("serve");
    command.arg("--check");
    command
}

impl Rehearsal {
    fn assert_has(&self, parts: &[&str]) {
        for part in parts {
            assert!(self.text.contains(part), "no {part:?} in:\n{}", self.text);
        }
    }
}

/// Returns the files below a directory with their content, and the directories.
fn snapshot(directory: &Path) -> BTreeMap<PathBuf, Option<Vec<u8>>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => found.extend(snapshot(&path)),
            false => drop(found.insert(path.clone(), fs::read(&path).ok())),
        }
        found.entry(path).or_default();
    }
    found
}

#[test]
fn a_start_that_would_succeed_is_rehearsed_without_a_trace() {
    let plan = Plan::new();
    let before = snapshot(plan.directory.path());
    let rehearsal = rehearse(&plan);
    assert_eq!(rehearsal.status, Some(0), "{}", rehearsal.text);
    rehearsal.assert_has(&[
        "ok         settings: ",
        "ok         file: ac.route.save-route-config-path data/route-config.json\n",
        "ok         file: reload.freeze-path data/freeze.json\n",
        "ok         file: reload.journal-path data/compiling.json\n",
        "ok         file: admin.audit-path data/audit.jsonl\n",
        "ok         listener: listen.http 127.0.0.1:0\n",
        "ok         listener: listen.unix codeid.sock\n",
        "ok         listener: listen.resp run/codeid.resp.sock\n",
        "ok         listener: admin.unix run/codeid.admin.sock\n",
        "ok         config: the local storage data/route-config.json: no route config was saved yet\n",
        "routes.json: version test-7, 3 rules, 0 warnings\n",
        "\nthe daemon can start: ",
        " checks, 0 problems, 0 warnings\n",
    ]);
    assert_eq!(snapshot(plan.directory.path()), before);
}

#[test]
fn all_problems_are_reported_each_in_a_line() {
    let busy = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = busy.local_addr().unwrap();
    let plan = Plan::new()
        .set(&format!("listen.http={address}"))
        .set("listen.unix=socket-file")
        .set("listen.tls-cert-path=certificate.pem")
        .set("listen.tls-key-path=other.key")
        .set("admin.http=127.0.0.1:0")
        .set("admin.tokens-path=tokens")
        .set("remote.bearer-token-path=bearer")
        .set("reload.journal-path=tokens/compiling.json")
        .set("admin.audit-path=audit");
    plan.directory.write("socket-file", "");
    plan.directory.write("tokens", "nobody");
    plan.directory.write("bearer", "SECRET");
    let bearer = plan.directory.path().join("bearer");
    fs::set_permissions(bearer, Permissions::from_mode(0o644)).unwrap();
    fs::create_dir(plan.directory.path().join("audit")).unwrap();
    let certificate = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    plan.directory
        .write("certificate.pem", certificate.cert.pem());
    let other = rcgen::KeyPair::generate().unwrap();
    plan.directory
        .write_secret("other.key", other.serialize_pem());
    plan.directory.write("routes.json", "{");
    let rehearsal = rehearse(&plan);
    assert_eq!(rehearsal.status, Some(1), "{}", rehearsal.text);
    let port = address.port();
    rehearsal.assert_has(&[
        "problem    certificate: listen.tls-key-path other.key: it is not the key of the certificate in ",
        "problem    key: admin.tokens-path tokens: ",
        "problem    key: remote.bearer-token-path bearer: its mode 0644 lets other users use the secret; \
         make it 0400 or 0600",
        "problem    file: reload.journal-path tokens/compiling.json: ",
        "problem    file: admin.audit-path audit: it is a directory, not a file\n",
        &format!(
            "problem    listener: listen.http {address}: another process holds this address; to see which, \
             run: ss -ltnp 'sport = :{port}'"
        ),
        "problem    listener: listen.unix socket-file: there is a file that is not a socket\n",
        "problem    config: the preset ",
        "routes.json: refused: 1 problem\n",
        "\nthe daemon cannot start as its settings say: ",
        " 8 problems, 0 warnings\n",
    ]);
    assert!(!rehearsal.text.contains("SECRET"), "{}", rehearsal.text);
    // The start itself ends at one of them.
    plan.fail();
    drop(busy);
}

/// A user without privileges, as whom a rehearsal runs if the tests run as root, who may write everywhere.
const NOBODY: u32 = 65534;

#[test]
fn a_directory_in_which_the_user_may_not_write_is_a_problem() {
    let plan = Plan::new();
    let directory = plan.directory.path();
    let set_mode = |mode| fs::set_permissions(directory, Permissions::from_mode(mode)).unwrap();
    set_mode(0o555);
    let mut command = checked(&plan);
    if nix::unistd::geteuid().is_root() {
        command.uid(NOBODY).gid(NOBODY);
    }
    let output = command.output().unwrap();
    set_mode(0o755);
    let rehearsal = Rehearsal {
        status: output.status.code(),
        text: String::from_utf8(output.stdout).unwrap(),
    };
    assert_eq!(rehearsal.status, Some(1), "{}", rehearsal.text);
    let missing = "the directory data is missing, and cannot be made in .: Permission denied";
    rehearsal.assert_has(&[
        &format!("problem    file: reload.freeze-path data/freeze.json: cannot replace data/freeze.json: {missing}"),
        &format!("problem    file: reload.journal-path data/compiling.json: {missing}"),
        &format!("problem    file: admin.audit-path data/audit.jsonl: {missing}"),
        "problem    listener: listen.unix codeid.sock: no file can be made in the directory .: Permission denied",
        "problem    listener: admin.unix run/codeid.admin.sock: the directory run is missing, and cannot be \
         made in .: Permission denied",
    ]);
}

#[test]
fn a_refused_config_is_shown_as_codeid_check_shows_it() {
    let plan = Plan::with_rules(RULES.replace("DECODE", "ENCODE"));
    let rehearsal = rehearse(&plan);
    assert_eq!(rehearsal.status, Some(1));
    let path = plan.directory.path().join("routes.json");
    let check = Command::new(env!("CARGO_BIN_EXE_codeid"))
        .arg("check")
        .arg(&path)
        .output()
        .unwrap();
    let shown = String::from_utf8(check.stdout).unwrap();
    let (error, place) = shown.split_once(" --> ").unwrap();
    let excerpt = place.split_once('\n').unwrap().1;
    let excerpt = excerpt.split_once("\n\n").unwrap().0;
    rehearsal.assert_has(&[error, excerpt]);
    let json = checked(&plan).arg("--json").output().unwrap();
    assert_eq!(json.status.code(), Some(1));
    let checks: Vec<Value> = serde_json::from_slice(&json.stdout).unwrap();
    let refused = checks.last().unwrap();
    assert_eq!(refused["kind"], "config");
    assert_eq!(refused["outcome"], "problem");
    assert_eq!(refused["problems"][0]["rule"], "order");
    assert_eq!(checks[0]["outcome"], "good");
    assert_eq!(checks[0]["problems"], Value::Null);
}

#[test]
fn settings_that_are_not_valid_are_reported_one_by_one() {
    let plan = Plan::bare()
        .set("listen.htpp=off")
        .set("listen.backlog=0")
        .set("listen.unix-mode=x");
    let rehearsal = rehearse(&plan);
    assert_eq!(rehearsal.status, Some(1));
    let lines: Vec<_> = rehearsal.text.lines().collect();
    assert_eq!(lines.len(), 4, "{lines:?}");
    for line in &lines[..3] {
        assert!(line.starts_with("problem    settings: --set: "), "{line}");
    }
}

/// Returns a plan whose daemon and rehearsals have a port in common.
fn plan_with_port() -> (Plan, String) {
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap().to_string();
    (Plan::new().set(&format!("listen.http={address}")), address)
}

/// Runs a rehearsal in the directory of a daemon, with the settings that it was started with.
fn beside(directory: &Path, settings: &[String], more: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_codeid"));
    command.args(["serve", "--check"]).current_dir(directory);
    for setting in settings
        .iter()
        .map(String::as_str)
        .chain(more.iter().copied())
    {
        command.args(["--set", setting]);
    }
    command.output().unwrap()
}

#[test]
fn what_a_running_daemon_holds_is_free_for_its_successor_and_stays_held() {
    let (plan, address) = plan_with_port();
    let settings = plan.settings();
    let daemon = plan.spawn();
    let accepted = || daemon.status()["daemon"]["connections"].clone();
    let (connections, before) = (accepted(), snapshot(daemon.directory.path()));
    let directory = daemon.directory.path();
    let output = beside(directory, &settings, &[]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{text}");
    for line in [
        format!(
            "a daemon runs as process {}, and would be replaced",
            daemon.pid()
        ),
        format!("listen.http {address}, which the running daemon serves"),
        "listen.unix codeid.sock, which the running daemon serves".to_owned(),
        "listen.resp run/codeid.resp.sock, which the running daemon serves".to_owned(),
        "admin.unix run/codeid.admin.sock, which the running daemon serves".to_owned(),
    ] {
        assert!(
            text.contains(&format!("ok         listener: {line}\n")),
            "{text}"
        );
    }
    assert_eq!(accepted(), connections);
    assert_eq!(snapshot(directory), before);
    assert_eq!(daemon.tcp().identify("28100104X", "user-42").status, 200);
    // A daemon with another admin socket is another program.
    let output = beside(directory, &settings, &["admin.unix=other.sock"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(
        text.contains("another process holds this address"),
        "{text}"
    );
    assert!(
        text.contains("listen.unix codeid.sock: another daemon serves there\n"),
        "{text}"
    );
    daemon.stop();
}

#[test]
fn a_frozen_and_a_saved_config_are_compiled() {
    let remote = Remote::http(Reply::config(RULES));
    let plan = Plan::new().set(&format!("ac.route.pull-route-config-url={}", remote.url()));
    let settings = plan.settings();
    let daemon = plan.spawn();
    good(&post(&daemon, "/v1/freeze", ""));
    let directory = daemon.kill();
    let requests = remote.requests().len();
    let output = beside(directory.path(), &settings, &[]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{text}");
    for line in [
        "ok         config: the file of reload.freeze-path: version test-7, 3 rules, 0 warnings",
        &format!(
            "not asked  config: the remote source {}: not asked, since it is on the network",
            remote.url()
        ),
        "ok         config: the local storage data/route-config.json: version test-7, 3 rules, 0 warnings",
    ] {
        assert!(text.contains(line), "no {line:?} in:\n{text}");
    }
    assert_eq!(remote.requests().len(), requests);
    let output = beside(directory.path(), &settings, &["compile.max-states=1"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{text}");
    for line in [
        "problem    config: the file of reload.freeze-path: refused: ",
        "problem    config: the local storage data/route-config.json: refused: ",
    ] {
        assert!(text.contains(line), "no {line:?} in:\n{text}");
    }
}

#[test]
fn a_certificate_that_expires_soon_is_a_warning() {
    let plan = Plan::new()
        .set("listen.tls-cert-path=certificate.pem")
        .set("listen.tls-key-path=own.key");
    let key = rcgen::KeyPair::generate().unwrap();
    plan.directory.write_secret("own.key", key.serialize_pem());
    let parameters = || rcgen::CertificateParams::new(["localhost".to_owned()]).unwrap();
    let mut expired = parameters();
    expired.not_after = rcgen::date_time_ymd(2020, 1, 1);
    let mut valid = parameters();
    valid.not_after = rcgen::date_time_ymd(4000, 1, 1);
    for (parameters, line) in [
        (
            expired,
            "warning    certificate: listen.tls-cert-path certificate.pem, with its key: has expired: it was \
             valid until 2020-01-01T00:00:00+00:00\n",
        ),
        (
            valid,
            "ok         certificate: listen.tls-cert-path certificate.pem, with its key: is valid until \
             4000-01-01T00:00:00+00:00\n",
        ),
    ] {
        let certificate = parameters.self_signed(&key).unwrap();
        plan.directory.write("certificate.pem", certificate.pem());
        let rehearsal = rehearse(&plan);
        assert_eq!(rehearsal.status, Some(0), "{}", rehearsal.text);
        rehearsal.assert_has(&[line]);
    }
}

#[test]
fn a_lowest_level_without_a_config_is_a_problem() {
    let plan = Plan::new().set("ac.route.init-route-config-level=LOCAL");
    let rehearsal = rehearse(&plan);
    assert_eq!(rehearsal.status, Some(1), "{}", rehearsal.text);
    rehearsal.assert_has(&[
        "problem    config: no source gives a route config: ac.route.init-route-config-level is LOCAL",
    ]);
    assert!(
        !rehearsal.text.contains("the preset "),
        "{}",
        rehearsal.text
    );
}
