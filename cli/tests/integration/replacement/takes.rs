//! Single take-overs: the sockets of a successor, the reasons to refuse it, and the end of the predecessor.

use std::fs;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use serde_json::{Value, json};

use super::successor::{ByHand, Listener};
use super::{SOCKETS, assert_sockets_exist, plan, successor};
use crate::admin::{good, post};
use crate::resp::client::{Reply, RespClient};
use crate::serve::client::Client;
use crate::serve::daemon::{Directory, Ended, Plan, Process, RULES};
use crate::serve::service_manager::Manager;

const CODE: &str = "28100104x";

fn assert_serves(daemon: &Process) {
    for mut client in [daemon.tcp(), daemon.unix()] {
        let response = client.identify(CODE, "user-42");
        assert_eq!(response.header("x-codeid-rule"), Some("order"));
    }
    let socket = daemon.directory.path().join("run/codeid.resp.sock");
    let pong = RespClient::connect(&socket).command(&["PING"]);
    assert_eq!(pong, Reply::Simple("PONG".to_owned()));
    assert_eq!(daemon.admin("GET", "/readyz").status, 200);
}

/// Starts a successor that does not serve. Returns the last line that it writes.
fn refuse(plan: Plan) -> String {
    let mut command = plan.command("serve");
    let Err(Ended { status, log, .. }) = Process::launch(plan.directory, &mut command) else {
        panic!("it serves");
    };
    assert_eq!(status.code(), Some(1), "{log:?}");
    log.last().unwrap().clone()
}

/// Returns the action and the outcome of each line of the audit log, which must be sound.
fn audited(directory: &Directory) -> Vec<(String, String)> {
    let mut verify = Command::new(env!("CARGO_BIN_EXE_codeid"));
    verify
        .args(["audit", "verify"])
        .current_dir(directory.path());
    let verified = verify.output().unwrap();
    assert!(verified.status.success(), "{verified:?}");
    let text = fs::read_to_string(directory.path().join("data/audit.jsonl")).unwrap();
    let text_of = |line: &Value, member: &str| line[member].as_str().unwrap().to_owned();
    let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
    lines
        .map(|line| (text_of(&line, "action"), text_of(&line, "outcome")))
        .collect()
}

fn take_over(outcome: &str) -> (String, String) {
    ("takeOver".to_owned(), outcome.to_owned())
}

#[test]
fn a_successor_takes_every_socket_and_the_predecessor_ends_well() {
    let directory = Directory::new();
    let mut first = plan(&directory).spawn();
    let mut kept = first.tcp();
    assert_eq!(kept.bare("GET", "/livez").status, 200);
    let second = successor(&directory).spawn();
    assert_eq!(second.port, first.port);
    assert!(first.wait().success(), "{:?}", first.log);
    // It had no request, and the address is as ready as before.
    assert_eq!(kept.rest(), b"");
    assert_sockets_exist(directory.path());
    assert_serves(&second);
    let addresses = &second.status()["daemon"]["listeners"];
    assert_eq!(addresses["unix"], "codeid.sock");
    assert_eq!(addresses["admin"], "run/codeid.admin.sock");
    assert_eq!(
        audited(&directory),
        [take_over("intended"), take_over("done")]
    );
    // It owns the files that it has taken over.
    second.stop();
    for socket in SOCKETS {
        assert!(!directory.path().join(socket).exists(), "{socket}");
    }
    // Nothing is locked.
    assert_serves(&plan(&directory).spawn());
}

#[test]
fn a_freeze_survives_and_operators_find_the_same_plane() {
    let directory = Directory::new();
    let mut first = plan(&directory).spawn();
    good(&post(&first, "/v1/freeze", ""));
    let frozen = first.status()["freeze"].clone();
    let second = successor(&directory).spawn();
    assert!(first.wait().success(), "{:?}", first.log);
    assert_eq!(second.status()["freeze"], frozen);
    good(&post(&second, "/v1/thaw", ""));
    let actions: Vec<String> = audited(&directory).into_iter().map(|line| line.0).collect();
    assert_eq!(
        actions,
        ["freeze", "freeze", "takeOver", "takeOver", "thaw", "thaw"]
    );
}

#[test]
fn a_successor_with_a_config_of_a_lower_level_serves_nobody() {
    let directory = Directory::new();
    let remote = directory.write("remote.json", RULES.replace("test-7", "test-9"));
    let remote = format!("ac.route.pull-route-config-url=file://{}", remote.display());
    let first = plan(&directory).set(&remote).spawn();
    let saved = directory.path().join("data/route-config.json");
    assert!(saved.exists());
    let line = refuse(successor(&directory).set("ac.route.save-route-config-path=data/other.json"));
    let expected = "UNKNOWN_EXCEPTION: the running daemon goes on, and this one does not serve: The successor \
                    would serve test-7 from PRESET, and test-9 from REMOTE is live";
    assert!(line.starts_with(expected), "{line}");
    assert_serves(&first);
    assert_sockets_exist(directory.path());
    assert_eq!(
        audited(&directory),
        [take_over("intended"), take_over("takeOverFailed")]
    );
    // The same config suffices, whatever its level: the remote may be down.
    let mut first = first;
    let second = successor(&directory).spawn();
    assert!(first.wait().success(), "{:?}", first.log);
    assert_eq!(second.status()["table"]["level"], "LOCAL");
}

#[test]
fn a_refused_successor_has_written_no_file() {
    let directory = Directory::new();
    let first = plan(&directory).spawn();
    good(&post(&first, "/v1/freeze", ""));
    let remote = directory.write("remote.json", RULES.replace("test-7", "test-9"));
    let remote = format!("ac.route.pull-route-config-url=file://{}", remote.display());
    // It finds another freeze than the one in force, since it reads another file.
    let line = refuse(
        successor(&directory)
            .set(&remote)
            .set("reload.freeze-path=data/other.json"),
    );
    assert!(line.contains("has not found the freeze"), "{line}");
    assert!(!directory.path().join("data/route-config.json").exists());
    drop(first);
    // One that is accepted saves what it has pulled.
    let mut first = plan(&directory)
        .set("reload.freeze-path=data/none.json")
        .spawn();
    let second = successor(&directory)
        .set(&remote)
        .set("reload.freeze-path=data/none.json")
        .spawn();
    assert!(first.wait().success(), "{:?}", first.log);
    while second.status()["save"]["lastGoodAt"].is_null() {
        sleep(Duration::from_millis(10));
    }
    assert!(directory.path().join("data/route-config.json").exists());
}

#[test]
fn a_successor_that_does_not_become_ready_leaves_all_as_it_was() {
    let directory = Directory::new();
    let mut first = plan(&directory).spawn();
    // One that cannot load its config.
    let broken = directory.write("broken.json", "{");
    let broken = format!("ac.route.preset-route-config-path={}", broken.display());
    let line = refuse(successor(&directory).set(&broken));
    assert!(line.starts_with("INIT_CONFIG_IS_INVALID: "), "{line}");
    first.wait_for_line("before its message \\\"ready\\\"");

    // One that takes the sockets and ends.
    drop(ByHand::offered(directory.path()));
    first.wait_for_line("before its message \\\"ready\\\"");

    // One that does not speak the protocol.
    let (mut other, _) = ByHand::offered(directory.path());
    other.send(&json!({"message": "serving"}));
    assert_eq!(other.receive().unwrap()["message"], "refused");

    assert_serves(&first);
    assert_sockets_exist(directory.path());
    first.stop();
    assert!(!directory.path().join("codeid.sock").exists());
}

#[test]
fn a_successor_that_hangs_has_a_deadline_and_no_other_takes_over_meanwhile() {
    let directory = Directory::new();
    let mut first = plan(&directory)
        .set("serve.take-over-deadline-ms=500")
        .spawn();
    let (mut hung, offer) = ByHand::offered(directory.path());
    let names: Vec<&str> = offer["sockets"]
        .as_array()
        .unwrap()
        .iter()
        .map(|socket| socket["name"].as_str().unwrap())
        .collect();
    assert_eq!(
        names,
        ["listen.http", "listen.unix", "listen.resp", "admin.unix"]
    );
    let head = ByHand::connect(directory.path()).ask();
    assert!(head.starts_with("HTTP/1.1 409 "), "{head}");
    first.wait_for_line("the successor has not sent its message");
    let refused = hung.receive().unwrap();
    assert_eq!(refused["message"], "refused");
    assert_eq!(hung.receive(), None);

    assert_serves(&first);
    assert_sockets_exist(directory.path());
    first.stop();
    assert!(!directory.path().join("codeid.sock").exists());
}

#[test]
fn a_successor_that_ends_after_it_was_accepted_leaves_all_as_it_was() {
    let directory = Directory::new();
    let mut first = plan(&directory).spawn();
    let taken = ["listen.http", "listen.unix", "listen.resp", "admin.unix"];
    let (mut successor, _) = ByHand::offered(directory.path());
    successor.send_ready(&first.status(), &taken);
    assert_eq!(successor.receive().unwrap()["message"], "accepted");
    // Nothing is decided until it serves.
    let refused = post(&first, "/v1/freeze", "");
    assert_eq!(refused.json()["error"], "stopping");
    drop(successor);
    first.wait_for_line("this daemon goes on");
    // The next action waits until the failure is recorded.
    while post(&first, "/v1/freeze", "").status != 200 {
        sleep(Duration::from_millis(10));
    }
    assert_serves(&first);
    let expected = ["intended", "done", "intended", "takeOverFailed"].map(take_over);
    let of_take_over = || {
        let mut lines = audited(&directory);
        lines.retain(|(action, _)| action == "takeOver");
        lines
    };
    while of_take_over().len() < expected.len() {
        sleep(Duration::from_millis(10));
    }
    assert_eq!(of_take_over(), expected);
    // The files of the sockets are its own again.
    first.stop();
    assert!(!directory.path().join("codeid.sock").exists());
}

#[test]
fn listeners_with_other_settings_are_opened_and_closed() {
    let directory = Directory::new();
    let mut first = plan(&directory).spawn();
    let second = Plan::bare_in(directory.alias())
        .set("listen.http=127.0.0.1:0")
        .set("listen.unix=other.sock")
        .set("listen.resp=off")
        .argument("--take-over")
        .spawn();
    assert!(first.wait().success(), "{:?}", first.log);
    assert_eq!(second.port, first.port);
    assert!(!directory.path().join("codeid.sock").exists());
    assert!(!directory.path().join("run/codeid.resp.sock").exists());
    let mut client = Client::unix(&directory.path().join("other.sock"));
    assert_eq!(client.bare("GET", "/readyz").status, 200);
}

#[test]
fn a_daemon_that_drains_leaves_its_admin_plane() {
    for signal in [false, true] {
        let directory = Directory::new();
        let mut first = plan(&directory).spawn();
        // A request that keeps the first from its end.
        let mut half = first.unix();
        half.send("POST /v1/identifyCode HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{");
        assert_eq!(first.unix().bare("GET", "/livez").status, 200);
        match signal {
            true => {
                first.signal("TERM");
                first.wait_for_line("stopping");
            }
            false => {
                good(&post(&first, "/v1/drain", ""));
                first.wait_for_line("draining, as an operator asked");
            }
        }
        let second = successor(&directory).spawn();
        assert_serves(&second);
        half.send("        ");
        assert_eq!(half.receive().status, 400);
        assert!(first.wait().success(), "{:?}", first.log);
        assert_sockets_exist(directory.path());
    }
}

#[test]
fn a_predecessor_that_is_killed_while_it_drains_takes_nothing_with_it() {
    let directory = Directory::new();
    let mut first = plan(&directory).spawn();
    let mut half = first.unix();
    half.send("POST /v1/identifyCode HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{");
    assert_eq!(first.unix().bare("GET", "/livez").status, 200);
    let second = successor(&directory).spawn();
    first.wait_for_line("draining: a successor serves");
    first.end();
    assert_sockets_exist(directory.path());
    assert_serves(&second);
    // The locks are the successor's: no other daemon takes its sockets for dead.
    let line = refuse(plan(&directory));
    assert!(line.contains("another daemon serves there"), "{line}");
}

#[test]
fn the_first_signal_to_a_predecessor_that_drains_cuts_no_request() {
    let directory = Directory::new();
    let mut first = plan(&directory).spawn();
    let mut half = first.unix();
    half.send("POST /v1/identifyCode HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{");
    assert_eq!(first.unix().bare("GET", "/livez").status, 200);
    let second = successor(&directory).spawn();
    first.wait_for_line("draining: a successor serves");
    first.signal("TERM");
    first.wait_for_line("stopping");
    half.send("        ");
    assert_eq!(half.receive().status, 400);
    assert!(first.wait().success(), "{:?}", first.log);
    assert_serves(&second);
}

#[test]
fn a_successor_that_is_stopped_before_it_serves_leaves_all_as_it_was() {
    for is_offered in [false, true] {
        let directory = Directory::new();
        let (manager, plan) = Manager::of(successor(&directory));
        let listener = Listener::new(directory.path());
        let mut command = plan.command("serve");
        let mut child = command.stderr(Stdio::null()).spawn().unwrap();
        let mut asked = listener.accept();
        if is_offered {
            asked.offer_nothing();
            assert_eq!(asked.receive().unwrap()["message"], "ready");
        }
        let pid = child.id().to_string();
        let killed = Command::new("kill").args(["-TERM", &pid]).status();
        assert!(killed.unwrap().success());
        assert!(child.wait().unwrap().success());
        assert_eq!(asked.receive(), None);
        let messages = manager.rest();
        assert!(
            !messages.contains(&vec!["STOPPING=1".to_owned()]),
            "{messages:?}"
        );
        assert!(!directory.path().join("codeid.sock").exists());
    }
}

#[test]
fn an_ordinary_start_follows_if_no_daemon_runs() {
    let directory = Directory::new();
    let first = successor(&directory).spawn();
    let said = |log: &[String]| {
        log.iter()
            .any(|line| line.contains("no daemon runs from which"))
    };
    assert!(said(&first.log), "{:?}", first.log);
    assert_serves(&first);
    // A daemon that was killed leaves its sockets, on which no process listens.
    let mut first = first;
    first.end();
    let second = successor(&directory).spawn();
    assert!(said(&second.log), "{:?}", second.log);
    assert_serves(&second);
    let line = refuse(successor(&directory).set("admin.unix=off"));
    let expected = "PARAM_ILLEGAL: --take-over asks the running daemon over its admin socket";
    assert!(line.starts_with(expected), "{line}");
}

#[test]
fn only_a_successor_on_the_unix_socket_can_ask() {
    let directory = Directory::new();
    let first = plan(&directory).spawn();
    let refused = post(&first, "/v1/take-over", "");
    assert_eq!(refused.status, 400);
    assert_eq!(refused.json()["error"], "malformed");
    assert_serves(&first);
}

#[test]
fn the_service_manager_follows_the_successor() {
    let directory = Directory::new();
    let (manager, first_plan) = Manager::of(plan(&directory));
    let mut first = first_plan.spawn();
    let path = directory.path().join("notify");
    let second = successor(&directory)
        .environment("NOTIFY_SOCKET", path.to_str().unwrap())
        .spawn();
    assert!(first.wait().success(), "{:?}", first.log);
    let main = format!("MAINPID={}", second.pid());
    let messages = manager.rest();
    assert!(messages.contains(&vec![main.clone()]), "{messages:?}");
    let ready = |message: &Vec<String>| message[0] == "READY=1" && message[1] == main;
    assert!(messages.iter().any(ready), "{messages:?}");
    // The service goes on.
    let stopping = vec!["STOPPING=1".to_owned()];
    assert!(!messages.contains(&stopping), "{messages:?}");
}

#[test]
fn tls_and_the_admin_plane_over_tcp_are_taken_over() {
    let authority = crate::tls::Authority::new();
    let first = crate::tls::plan(&authority.issue("127.0.0.1"));
    let directory = first.directory.alias();
    let tokens = format!("alice operate {}\n", "ab".repeat(32));
    directory.write_secret("tokens", tokens);
    let with_admin = |plan: Plan| {
        plan.set("admin.http=127.0.0.1:0")
            .set("admin.tokens-path=tokens")
    };
    let first = with_admin(first);
    let mut second = Plan::bare_in(directory.alias());
    for setting in first.settings() {
        second = second.set(&setting);
    }
    let mut first = first.spawn();
    let addresses = first.status()["daemon"]["listeners"].clone();
    let second = second.argument("--take-over").spawn();
    assert_eq!(second.status()["daemon"]["listeners"], addresses);
    let mut client = crate::tls::connect(&second, &authority);
    assert_eq!(client.bare("GET", "/readyz").status, 200);
    let port = addresses["adminHttp"]
        .as_str()
        .unwrap()
        .rsplit_once(':')
        .unwrap()
        .1;
    let mut client = Client::tcp(port.parse().unwrap());
    assert_eq!(client.bare("GET", "/readyz").status, 200);
    assert!(first.wait().success(), "{:?}", first.log);
}
