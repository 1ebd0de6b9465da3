//! An action with a fault at its first file operation, at its second, and so on.

use std::fs;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;

use super::action::Action;
use super::machine::{Machine, REMOTE, State, copy, kill, require_serving};
use super::records;
use super::shim::{Fault, Operations};
use crate::admin::{good, post};
use crate::serve::client::{Client, Response};
use crate::serve::daemon::{Directory, Process, Served};

/// One action with a fault at one operation.
struct Step<'a> {
    machine: &'a Machine,
    action: &'a Action,
    fault: Fault,
    n: u64,
    label: String,
}

/// The end of an action.
struct Ending {
    /// `None` if the daemon was killed before it responded.
    response: Option<Response>,
    /// `None` if the daemon was killed.
    state: Option<State>,
    operations: Operations,
}

/// Carries out an action again and again, with a fault at its first operation, its second, and so on. Each
/// time the daemon is the one that was started after the fault before; with a template, it is started in a
/// copy of that. Returns the operations of the action without a fault, and the last daemon.
pub(super) fn try_every_step(
    machine: &Machine,
    action: &Action,
    fault: Fault,
    mut daemon: Process,
    template: Option<&Directory>,
) -> (Operations, Process) {
    for n in 1.. {
        if let Some(template) = template {
            kill(daemon);
            daemon = machine.start(copy(template));
        }
        let label = format!("{}-{fault:?}-{n}", action.name);
        let step = Step {
            machine,
            action,
            fault,
            n,
            label,
        };
        let operations;
        (operations, daemon) = step.run(daemon);
        if !operations.is_hit {
            return (operations, daemon);
        }
    }
    unreachable!()
}

impl Step<'_> {
    /// Carries out the action with the fault, and starts another daemon in the directory.
    fn run(&self, mut daemon: Process) -> (Operations, Process) {
        let label = &self.label;
        (self.action.prepare)(&daemon, label);
        let before = State::of(&daemon);
        let done = (self.action.done)(before.clone(), label);
        let recorded = records::audit_lines(daemon.directory.path()).len();
        let ending = self.act(&mut daemon);
        println!("{label}: {:?}", ending.operations);
        let response = ending.response.as_ref();
        let has_succeeded = response.is_some_and(|response| self.is_success(response));
        let was_killed = ending.state.is_none();
        let mut possible = Vec::new();
        if has_succeeded || was_killed {
            possible.push(done);
        }
        if !has_succeeded {
            possible.push(before.clone());
        }
        if let Some(state) = &ending.state {
            // A thaw has succeeded, too, if no source gives a config.
            let is_thawed = self.action.name == "thaw" && has_succeeded && state.freeze.is_none();
            assert!(
                is_thawed || possible.contains(state),
                "{label}: {state:#?}, but not {possible:#?}"
            );
            self.settle(&daemon, response.unwrap(), recorded);
        }

        let directory = kill(daemon);
        records::require_whole_files(directory.path());
        records::require_sound_log(directory.path(), was_killed);
        let has_remote = self.action.name != "reload";
        if !has_remote {
            fs::remove_file(directory.path().join("remote.json")).unwrap();
        }
        let daemon = self.machine.start(directory);
        let restarted = State::of(&daemon);
        let possible = possible
            .into_iter()
            .map(|state| after_restart(state, has_remote));
        let possible: Vec<_> = possible.collect();
        assert!(
            possible.contains(&restarted),
            "{label}: {restarted:#?}, but not {possible:#?}"
        );
        require_serving(&daemon);
        let directory = daemon.directory.path();
        records::require_sound_log(directory, false);
        records::require_tidy(directory);
        if restarted != after_restart(before, has_remote) {
            self.require_intent(directory, recorded);
        }
        (ending.operations, daemon)
    }

    /// Carries out the action with the fault.
    fn act(&self, daemon: &mut Process) -> Ending {
        let (path, body) = (self.action.request)(daemon, &self.label);
        let control = &self.machine.control;
        control.arm(self.fault, self.n);
        let response = send(daemon, path, &body);
        if self.action.name == "drain" && response.as_ref().is_ok_and(|r| r.status == 200) {
            daemon.next_line_with("drained; the daemon can be stopped");
        }
        if self.fault == Fault::Kill && control.is_hit() {
            let status = daemon.wait();
            assert_eq!(status.signal(), Some(9), "{}: {status}", self.label);
            return Ending {
                response: response.ok(),
                state: None,
                operations: control.disarm(),
            };
        }
        let response = response.unwrap_or_else(|error| panic!("{}: {error}", self.label));
        let state = State::of(daemon);
        if !state.is_draining {
            require_serving(daemon);
        }
        Ending {
            response: Some(response),
            state: Some(state),
            operations: control.disarm(),
        }
    }

    /// Returns `true` if a response reports success. One that reports failure must say what failed.
    fn is_success(&self, response: &Response) -> bool {
        let json = response.json();
        if response.status == 200 {
            let outcome = json["outcome"].as_str().unwrap_or("activated");
            let why = &json["checks"][0]["why"];
            assert!(
                outcome == "activated" || why.is_string(),
                "{}: {json}",
                self.label
            );
            return outcome == "activated";
        }
        assert_eq!(response.status, 507, "{}: {json}", self.label);
        assert!(json["detail"].as_str().unwrap().ends_with('.'), "{json}");
        false
    }

    /// Requires that a daemon recovers once files can be written again, and that its audit log is whole.
    fn settle(&self, daemon: &Served, response: &Response, recorded: usize) {
        let label = &self.label;
        good(&post(daemon, "/v1/log-level", r#"{"level": "info"}"#));
        let lines = records::audit_lines(daemon.directory.path());
        let lines = &lines[recorded..];
        let is_intent = |line: &&serde_json::Value| {
            line["action"] == self.action.name && line["outcome"] == "intended"
        };
        let outcome = match response.status {
            200 => "done".to_owned(),
            _ => response.json()["error"].as_str().unwrap().to_owned(),
        };
        if outcome != "notAudited" {
            let intent = lines.iter().find(is_intent);
            let intent = intent.unwrap_or_else(|| panic!("{label}: no intent in {lines:#?}"));
            let end = lines.iter().find(|line| line["intent"] == intent["seq"]);
            let end = end.unwrap_or_else(|| panic!("{label}: no outcome in {lines:#?}"));
            assert_eq!(end["outcome"], outcome, "{label}");
        }
        // A pull that was not saved is saved by the next one.
        if self.action.name == "reload" && !daemon.status()["save"]["failure"].is_null() {
            good(&post(daemon, "/v1/reload", ""));
            assert!(daemon.status()["save"]["failure"].is_null(), "{label}");
        }
    }

    /// Requires that the action, which took effect, was recorded as intended.
    fn require_intent(&self, directory: &Path, recorded: usize) {
        let lines = records::audit_lines(directory);
        let mut lines = lines[recorded..].iter();
        assert!(
            lines.any(|line| line["action"] == self.action.name && line["outcome"] == "intended"),
            "{}: the action took effect without a record",
            self.label
        );
    }
}

/// Returns the state after a restart in this state.
fn after_restart(state: State, has_remote: bool) -> State {
    let version = match state.freeze {
        None if has_remote => REMOTE.to_owned(),
        _ => state.version,
    };
    State {
        version,
        is_draining: false,
        ..state
    }
}

/// Sends a request to the admin plane of a daemon that may be killed meanwhile.
fn send(daemon: &Served, path: &str, body: &str) -> io::Result<Response> {
    let socket = daemon.directory.path().join("run/codeid.admin.sock");
    let mut client = Client::try_unix(&socket)?;
    client.try_send(format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
         If-Match: *\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    ))?;
    client.try_receive(true)
}
