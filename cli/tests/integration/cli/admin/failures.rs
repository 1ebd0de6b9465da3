//! No daemon, a socket that may not be opened, and responses of another version.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::os::unix::process::CommandExt;
use std::thread;

use super::{admin, assert_has, refused};
use crate::cli::{Ran, codeid};
use crate::serve::daemon::{Daemon, Directory};

fn run_in(directory: &Directory, arguments: &[&str]) -> Ran {
    let mut command = codeid(arguments);
    Ran::from(command.current_dir(directory.path()).output().unwrap())
}

#[test]
fn without_a_daemon_the_message_says_what_to_check() {
    let directory = Directory::new();
    for command in ["status", "reload", "thaw", "history"] {
        let ran = run_in(&directory, &["admin", command]);
        assert_eq!((ran.status, &*ran.stdout), (3, ""), "{command}");
        assert_has(
            &ran.stderr,
            &[
                "error: no daemon is listening on run/codeid.admin.sock: there is no such socket;",
                "admin.unix",
                "--socket",
            ],
        );
    }
    // The socket of a killed daemon; a file; a path that is too long for a socket.
    drop(UnixListener::bind(directory.path().join("dead.sock")).unwrap());
    directory.write("file", "");
    for socket in ["dead.sock", "file"] {
        let ran = run_in(&directory, &["admin", "status", "--socket", socket]);
        assert_eq!(ran.status, 3);
        assert_has(
            &ran.stderr,
            &[
                &format!("no daemon is listening on {socket}: "),
                "is the daemon running?",
            ],
        );
    }
    let ran = run_in(
        &directory,
        &["admin", "status", "--socket", &"x".repeat(200)],
    );
    assert_eq!(ran.status, 3);
    assert_has(&ran.stderr, &["cannot connect to "]);
}

#[test]
fn a_socket_that_is_off_in_the_settings_is_reported() {
    let directory = Directory::new();
    let ran = run_in(&directory, &["admin", "status", "--set", "admin.unix=off"]);
    assert_eq!(ran.status, 1);
    assert_has(
        &ran.stderr,
        &["error: the setting admin.unix is off", "--socket names one"],
    );
    let ran = run_in(&directory, &["top", "--set", "admin.unx=x"]);
    assert_eq!(ran.status, 1);
    assert_has(&ran.stderr, &["PARAM_ILLEGAL: ", "admin.unx"]);
    // With --socket, the settings are not read.
    let ran = run_in(
        &directory,
        &["admin", "status", "--set", "admin.unx=x", "--socket", "s"],
    );
    assert_eq!(ran.status, 3);
}

/// A user without privileges, as whom a command runs if the tests run as root, who may open every socket.
const NOBODY: u32 = 65534;

#[test]
fn a_socket_of_another_user_is_reported_with_its_owner() {
    let daemon = Daemon::start();
    let status = || {
        let mut command = codeid(["admin", "status"]);
        command.current_dir(daemon.directory.path());
        if nix::unistd::geteuid().is_root() {
            command.uid(NOBODY).gid(NOBODY);
        }
        let ran = Ran::from(command.output().unwrap());
        assert_eq!(ran.status, 3, "{}{}", ran.stdout, ran.stderr);
        ran
    };
    let socket = daemon.directory.path().join("run/codeid.admin.sock");
    let set_mode = |path: &std::path::Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    set_mode(&socket, 0);
    set_mode(&daemon.directory.path().join("run"), 0o755);
    let ran = status();
    let uid = nix::unistd::geteuid();
    assert_has(
        &ran.stderr,
        &[
            "cannot be opened by this user",
            &format!("it belongs to uid {uid};"),
        ],
    );
    let directory = daemon.directory.path().join("run");
    set_mode(&directory, 0);
    let ran = status();
    set_mode(&directory, 0o700);
    assert_has(
        &ran.stderr,
        &["this user cannot enter one of its directories"],
    );
}

#[test]
fn a_file_that_cannot_be_read_or_is_too_long_is_refused() {
    let daemon = Daemon::start();
    let ran = refused(&daemon, 1, &["apply", "missing.json"]);
    assert_has(&ran.stderr, &["error: missing.json cannot be opened: "]);
    let ran = refused(&daemon, 1, &["check", "."]);
    assert_has(
        &ran.stderr,
        &["error: . cannot be opened: it is a directory, not a file"],
    );
    daemon.directory.write("long.json", " ".repeat(4 << 20));
    let unanswered = ["admin", "--socket", "no.sock", "check", "long.json"];
    let ran = run_in(&daemon.directory, &unanswered);
    assert_has(&ran.stderr, &["error: no daemon is listening on no.sock"]);
    for command in ["check", "apply"] {
        let ran = admin(&daemon, &[command, "long.json"]);
        assert_eq!(ran.status, 1, "{}", ran.stderr);
        assert_has(&ran.stderr, &[" bytes"]);
        assert_eq!(ran.stdout, "");
    }
}

/// Answers each request on `listener` by its method and path; `None` closes the connection.
fn answer(listener: UnixListener, answer: impl Fn(&str) -> Option<String> + Send + 'static) {
    thread::spawn(move || {
        while let Ok((stream, _)) = listener.accept() {
            let head = read_request(&stream);
            let Some(answer) = answer(&head) else {
                continue;
            };
            let _ = (&stream).write_all(answer.as_bytes());
        }
    });
}

/// Returns the method and the path. The rest is read as well, so that closing does not reset.
fn read_request(stream: &UnixStream) -> String {
    let mut reader = BufReader::new(stream);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        if line.trim().is_empty() {
            break;
        }
        lines.push(line.to_ascii_lowercase());
    }
    let length = lines
        .iter()
        .find_map(|line| line.strip_prefix("content-length:"));
    let length: usize = length.map_or(0, |length| length.trim().parse().unwrap());
    reader.read_exact(&mut vec![0; length]).unwrap();
    lines[0].trim_end_matches(" http/1.1\r\n").to_owned()
}

fn http(status: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

#[test]
fn a_daemon_of_another_version_is_named() {
    let directory = Directory::new();
    let listener = UnixListener::bind(directory.path().join("old.sock")).unwrap();
    answer(listener, |head| {
        Some(match head {
            "get /v1/status" => http("200 OK", r#"{"daemon": {"version": "0.0.9"}}"#),
            _ => http(
                "404 Not Found",
                r#"{"error": "notFound", "detail": "There is nothing at this path."}"#,
            ),
        })
    });
    let ours = env!("CARGO_PKG_VERSION");
    for (arguments, why) in [
        (
            &["rules"][..],
            "it lacks this command: There is nothing at this path.",
        ),
        (&["thaw", "--json"], "it lacks this command"),
        (&["status"], "): missing field `pid` at line 1"),
    ] {
        let all = [&["admin", "--socket", "old.sock"], arguments].concat();
        let ran = run_in(&directory, &all);
        assert_eq!(ran.status, 3, "{arguments:?}");
        let versions = format!("the daemon has version 0.0.9, this program {ours}; ");
        assert_has(
            &ran.stderr,
            &["cannot understand the daemon at old.sock: ", why, &versions],
        );
    }
}

#[test]
fn other_servers_are_not_understood() {
    let directory = Directory::new();
    for (name, reply, why) in [
        (
            "a.sock",
            http("200 OK", "<html>"),
            "its response is not valid",
        ),
        (
            "b.sock",
            http("502 Bad Gateway", "no"),
            "it responded 502 Bad Gateway",
        ),
        (
            "c.sock",
            "+PONG\r\n".to_owned(),
            "sent no complete response: ",
        ),
    ] {
        let listener = UnixListener::bind(directory.path().join(name)).unwrap();
        answer(listener, move |_| Some(reply.clone()));
        let ran = run_in(&directory, &["admin", "status", "--socket", name]);
        assert_eq!(ran.status, 3);
        assert_has(&ran.stderr, &[name, why]);
    }
}

#[test]
fn a_command_without_a_response_may_have_been_carried_out() {
    let directory = Directory::new();
    let listener = UnixListener::bind(directory.path().join("gone.sock")).unwrap();
    answer(listener, |_| None);
    let ran = run_in(
        &directory,
        &["admin", "rollback", "1", "--socket", "gone.sock"],
    );
    assert_eq!(ran.status, 3);
    assert_has(
        &ran.stderr,
        &[
            "the daemon at gone.sock sent no complete response: ",
            "the command may have been carried out",
        ],
    );
    let words = "admin explain 28 --open-id user-1 --socket gone.sock";
    let explain: Vec<&str> = words.split(' ').collect();
    for reading in [&["admin", "status", "--socket", "gone.sock"][..], &explain] {
        let ran = run_in(&directory, reading);
        assert_eq!(ran.status, 3);
        assert!(!ran.stderr.contains("carried out"), "{}", ran.stderr);
    }
}
