//! No daemon, one that may not be asked, and one that says what this program does not know.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::thread;

use super::{admin, assert_has, refused};
use crate::cli::{Ran, codeid};
use crate::serve::daemon::{Daemon, Directory};

fn run_in(directory: &Directory, arguments: &[&str]) -> Ran {
    let mut command = codeid(arguments);
    Ran::from(command.current_dir(directory.path()).output().unwrap())
}

#[test]
fn where_nobody_listens_it_is_told_what_to_look_at() {
    let directory = Directory::new();
    for command in ["status", "reload", "thaw", "history"] {
        let ran = run_in(&directory, &["admin", command]);
        assert_eq!((ran.status, &*ran.stdout), (3, ""), "{command}");
        assert_has(
            &ran.stderr,
            &[
                "error: no daemon listens on run/codeid.admin.sock: there is no such socket;",
                "admin.unix",
                "--socket",
            ],
        );
    }
    // Left by a daemon that was killed; never a socket; too long to be one.
    drop(UnixListener::bind(directory.path().join("dead.sock")).unwrap());
    directory.write("file", "");
    for socket in ["dead.sock", "file"] {
        let ran = run_in(&directory, &["admin", "status", "--socket", socket]);
        assert_eq!(ran.status, 3);
        assert_has(
            &ran.stderr,
            &[
                &format!("no daemon listens on {socket}: "),
                "is the daemon running?",
            ],
        );
    }
    let ran = run_in(
        &directory,
        &["admin", "status", "--socket", &"x".repeat(200)],
    );
    assert_eq!(ran.status, 3);
    assert_has(&ran.stderr, &["cannot be connected to"]);
}

#[test]
fn without_a_socket_in_the_settings_there_is_nobody_to_ask() {
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
    // Settings are not read where they are not needed.
    let ran = run_in(
        &directory,
        &["admin", "status", "--set", "admin.unx=x", "--socket", "s"],
    );
    assert_eq!(ran.status, 3);
}

/// Root may do what it likes.
#[test]
fn who_may_not_open_the_socket_is_told_who_may() {
    if nix::unistd::geteuid().is_root() {
        return;
    }
    let daemon = Daemon::start();
    let socket = daemon.directory.path().join("run/codeid.admin.sock");
    let set_mode = |path: &std::path::Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    set_mode(&socket, 0);
    let ran = refused(&daemon, 3, &["status"]);
    let uid = nix::unistd::geteuid();
    assert_has(
        &ran.stderr,
        &[
            "may not be opened by this user",
            &format!("it belongs to uid {uid};"),
        ],
    );
    let directory = daemon.directory.path().join("run");
    set_mode(&directory, 0);
    let ran = refused(&daemon, 3, &["status"]);
    set_mode(&directory, 0o700);
    assert_has(
        &ran.stderr,
        &["a directory on the way to it is closed to this user"],
    );
}

#[test]
fn a_file_that_cannot_be_read_or_is_too_long_is_refused() {
    let daemon = Daemon::start();
    let ran = refused(&daemon, 1, &["apply", "missing.json"]);
    assert_has(&ran.stderr, &["error: missing.json cannot be opened: "]);
    let ran = refused(&daemon, 1, &["check", "."]);
    assert_has(&ran.stderr, &["error: . cannot be read: "]);
    daemon.directory.write("long.json", " ".repeat(4 << 20));
    for command in ["check", "apply"] {
        let ran = admin(&daemon, &[command, "long.json"]);
        assert_eq!(ran.status, 1, "{}", ran.stderr);
        assert_has(&ran.stderr, &[" bytes"]);
        assert_eq!(ran.stdout, "");
    }
}

/// Answers each request on `listener` by its method and path, until there is nothing to answer.
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

/// The method and the path; the rest is read, so that closing is no reset.
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
            "it does not know this: There is nothing at this path.",
        ),
        (&["thaw", "--json"], "it does not know this"),
        (
            &["status"],
            "its answer is not what it should be: missing field",
        ),
    ] {
        let all = [&["admin", "--socket", "old.sock"], arguments].concat();
        let ran = run_in(&directory, &all);
        assert_eq!(ran.status, 3, "{arguments:?}");
        let versions =
            format!("it is version 0.0.9, this program {ours}: use the program of its version");
        assert_has(
            &ran.stderr,
            &["the daemon at old.sock was not understood", why, &versions],
        );
    }
}

#[test]
fn what_is_no_daemon_at_all_is_told() {
    let directory = Directory::new();
    for (name, reply, why) in [
        (
            "a.sock",
            http("200 OK", "<html>"),
            "its answer is not what it should be",
        ),
        (
            "b.sock",
            http("502 Bad Gateway", "no"),
            "it answered status 502 Bad Gateway",
        ),
        ("c.sock", "+PONG\r\n".to_owned(), "gave no answer: "),
    ] {
        let listener = UnixListener::bind(directory.path().join(name)).unwrap();
        answer(listener, move |_| Some(reply.clone()));
        let ran = run_in(&directory, &["admin", "status", "--socket", name]);
        assert_eq!(ran.status, 3);
        assert_has(&ran.stderr, &[name, why]);
    }
}

#[test]
fn an_order_without_an_answer_may_have_been_carried_out() {
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
            "the daemon at gone.sock gave no answer: ",
            "whether it was done is not known",
        ],
    );
    let ran = run_in(&directory, &["admin", "status", "--socket", "gone.sock"]);
    assert_eq!(ran.status, 3);
    assert!(!ran.stderr.contains("whether"), "{}", ran.stderr);
}
