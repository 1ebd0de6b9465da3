//! What is different on a terminal: colours, and a progress bar.

use std::fs::File;
use std::io::Read;
use std::os::fd::OwnedFd;
use std::process::{Command, Stdio};

use super::{codeid, file};

/// Runs `command` with its standard error on a terminal, and its standard output too unless that
/// goes to `stdout`; tells what the terminal was sent.
fn on_terminal(mut command: Command, stdout: Option<File>) -> String {
    let terminal = nix::pty::openpty(None, None).unwrap();
    let ours = |side: &OwnedFd| Stdio::from(side.try_clone().unwrap());
    command
        .env("TERM", "xterm")
        .stderr(ours(&terminal.slave))
        .stdout(stdout.map_or_else(|| ours(&terminal.slave), Stdio::from));
    let mut child = command.spawn().unwrap();
    // With the command's own copies, these are all there are: reading ends when it has ended.
    drop((command, terminal.slave));
    let mut sent = Vec::new();
    // A terminal whose other side is gone fails to be read; what came before is kept.
    let _ = File::from(terminal.master).read_to_end(&mut sent);
    assert!(child.wait().unwrap().code().is_some());
    String::from_utf8(sent).unwrap()
}

#[test]
fn findings_are_coloured_unless_that_is_refused() {
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
fn progress_is_shown_beside_answers_not_among_them() {
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
fn a_benchmark_shows_how_far_it_is() {
    let nobody_answers = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", nobody_answers.local_addr().unwrap());
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
    assert!(sent.contains("0 requests/s, 0 errors"), "{sent:?}");
    assert!(sent.contains("no answer within 5 s"), "{sent:?}");
}
