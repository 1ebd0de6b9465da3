//! Saves of real editors. `./scripts/test` installs them.

use std::fs::File;
use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::thread::spawn;

use super::super::{config, plan};
use super::{Role, generation, wait_for, watching};

#[test]
fn each_save_of_vim_is_one_reload() {
    for options in [
        "",
        "set nobackup nowritebackup",
        "set backupcopy=yes",
        "set backupcopy=no",
    ] {
        let plan = plan();
        let path = plan.directory.write("routes.json", config("start"));
        let daemon = watching(plan, Role::Remote, &path).start();
        let first = generation(&daemon);
        for (count, (from, to)) in (1..).zip([("start", "first"), ("first", "second")]) {
            let status = Command::new("vim")
                .args(["-N", "-u", "NONE", "-es", "-c", options])
                .args(["-c", &format!("%s/{from}/{to}/g"), "-c", "wq"])
                .arg(&path)
                .current_dir(daemon.directory.path())
                .status()
                .expect("vim is installed");
            assert!(status.success(), "{options}");
            wait_for(&daemon, to);
            assert_eq!(generation(&daemon), first + count, "{options}");
        }
    }
}

#[test]
fn each_save_of_nano_is_one_reload() {
    // Without and with a backup of the file before.
    for options in [&["--ignorercfiles"][..], &["--ignorercfiles", "--backup"]] {
        let plan = plan();
        let path = plan.directory.write("routes.json", config("start"));
        let daemon = watching(plan, Role::Remote, &path).start();
        let first = generation(&daemon);
        for (count, label) in (1..).zip(["first", "second"]) {
            let mut command = Command::new("nano");
            command.args(options).arg(&path);
            // Cuts the only line, types another, writes out under the same name, and ends.
            edit(command, &format!("\x0b{}\x0f\r\x18", config(label)));
            wait_for(&daemon, label);
            assert_eq!(generation(&daemon), first + count, "{options:?}");
        }
    }
}

/// Runs an editor on a terminal, and types `keys` once it shows its menu.
fn edit(mut command: Command, keys: &str) {
    let terminal = nix::pty::openpty(None, None).unwrap();
    let ours = || Stdio::from(terminal.slave.try_clone().unwrap());
    command
        .env("TERM", "xterm")
        .stdin(ours())
        .stdout(ours())
        .stderr(ours());
    let mut editor = command.spawn().expect("the editor is installed");
    drop((command, terminal.slave));
    let mut screen = File::from(terminal.master);
    let mut shown = Vec::new();
    while !String::from_utf8_lossy(&shown).contains("Exit") {
        let mut bytes = [0; 4096];
        let count = screen.read(&mut bytes).unwrap();
        shown.extend_from_slice(&bytes[..count]);
    }
    let mut keyboard = screen.try_clone().unwrap();
    // Reads on, so that the editor can draw; fails once the editor has ended.
    let drawing = spawn(move || std::io::copy(&mut screen, &mut std::io::sink()));
    keyboard.write_all(keys.as_bytes()).unwrap();
    assert!(editor.wait().unwrap().success());
    let _ = drawing.join().unwrap();
}
