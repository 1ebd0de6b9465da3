//! Output on a terminal: colours, and a progress bar.

use std::fs::File;
use std::io::Read;
use std::os::fd::OwnedFd;
use std::process::{Command, Stdio};

use super::{codeid, file};

/// Runs `command` with standard error on a terminal, and standard output too unless `stdout` is
/// given. Returns the output to the terminal.
fn on_terminal(mut command: Command, stdout: Option<File>) -> String {
    let terminal = nix::pty::openpty(None, None).unwrap();
    let ours = |side: &OwnedFd| Stdio::from(side.try_clone().unwrap());
    command
        .env("TERM", "xterm")
        .stderr(ours(&terminal.slave))
        .stdout(stdout.map_or_else(|| ours(&terminal.slave), Stdio::from));
    let mut child = command.spawn().unwrap();
    // The child now has the only copies of the terminal: reading ends when the child does.
    drop((command, terminal.slave));
    let mut sent = Vec::new();
    // Reading fails once the other side of the terminal is closed; the bytes before are kept.
    let _ = File::from(terminal.master).read_to_end(&mut sent);
    assert!(child.wait().unwrap().code().is_some());
    String::from_utf8(sent).unwrap()
}

#[test]
fn findings_are_coloured_unless_no_color_is_set() {
    let bad = file("terminal.json", "[]");
    let check = || codeid(["check".as_ref(), bad.as_os_str()]);
    let sent = on_terminal(check(), None);
    assert!(sent.contains("\x1b["), "{sent:?}");
    let mut command = check();
    command.env("NO_COLOR", "1");
    let sent = on_terminal(command, None);
    assert!(
        sent.contains("error: ") && !sent.contains('\x1b'),
        "{sent:?}"
    );
}

#[test]
fn progress_is_shown_unless_responses_go_to_the_terminal() {
    let lines = file("progress.txt", "28100104df2342342\n".repeat(50_000));
    let identify = || {
        let arguments = ["identify", "--open-id", "user-42", "--file"];
        let mut command = codeid(arguments);
        command.arg(&*lines);
        command
    };
    let answers = file("progress.jsonl", "");
    let sent = on_terminal(identify(), Some(File::create(&*answers).unwrap()));
    assert!(
        sent.contains(" % ") && !sent.contains("SUCCESS"),
        "{sent:?}"
    );
    assert_eq!(
        std::fs::read_to_string(&*answers).unwrap().lines().count(),
        50_000
    );
    let sent = on_terminal(identify(), None);
    assert!(!sent.contains(" % ") && sent.contains("SUCCESS"));
}

#[test]
fn a_benchmark_shows_its_progress() {
    let silent_server = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", silent_server.local_addr().unwrap());
    let arguments = [
        "bench",
        "--http",
        &url,
        "--duration",
        "1s",
        "--connections",
        "1",
    ];
    let sent = on_terminal(codeid(arguments), None);
    assert!(sent.contains("0 good responses/s, 0 errors"), "{sent:?}");
    assert!(sent.contains("no response within 5 s"), "{sent:?}");
}
