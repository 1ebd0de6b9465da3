//! The files in the directory, and directories that are refused.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::{Gateway, command};
use crate::serve::daemon::Directory;

const PRIVATE: [&str; 3] = [
    "mock-gateway-ca-key.pem",
    "gateway-private-key.pem",
    "client-private-key.pem",
];

fn refused(output: &Output, status: i32, why: &str) {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(status), "{stderr}");
    assert!(stderr.contains(why), "{stderr}");
}

#[test]
fn keys_are_created_once_and_only_their_owner_can_read_them() {
    let directory = Directory::new();
    let first = Gateway::start(&directory, &[]);
    let path = first.directory.clone();
    let mode = |name: &str| fs::metadata(path.join(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode("."), 0o700);
    for name in PRIVATE {
        assert_eq!(mode(name), 0o600, "{name}");
    }
    let content = |name: &str| fs::read(path.join(name)).unwrap();
    let kept = ["ca.pem", "gateway-public-key.pem"];
    let before: Vec<_> = PRIVATE
        .iter()
        .chain(&kept)
        .map(|name| content(name))
        .collect();
    drop(first);
    // A missing public key is written again.
    fs::remove_file(path.join("gateway-public-key.pem")).unwrap();
    let second = Gateway::start(&directory, &[]);
    let after: Vec<_> = PRIVATE
        .iter()
        .chain(&kept)
        .map(|name| content(name))
        .collect();
    assert!(before == after);
    drop(second);
    let key = path.join("client-private-key.pem");
    fs::set_permissions(&key, Permissions::from_mode(0o644)).unwrap();
    let output = command(&path)
        .args(["--listen", "127.0.0.1:0"])
        .output()
        .unwrap();
    refused(
        &output,
        1,
        "client-private-key.pem: its mode 0644 lets other users use the secret",
    );
    fs::remove_file(&key).unwrap();
    fs::write(&key, "").unwrap();
    fs::set_permissions(&key, Permissions::from_mode(0o600)).unwrap();
    let output = command(&path)
        .args(["--listen", "127.0.0.1:0"])
        .output()
        .unwrap();
    refused(
        &output,
        1,
        "client-private-key.pem: not a private key in PEM",
    );
}

#[test]
fn a_directory_with_other_files_is_refused_unchanged() {
    let directory = Directory::new();
    let settings = directory.write("codeid.toml", "precious");
    let run = |path| {
        command(path)
            .args(["--listen", "127.0.0.1:0"])
            .output()
            .unwrap()
    };
    refused(
        &run(directory.path()),
        1,
        "contains files that are not of a mock-gateway",
    );
    assert_eq!(fs::read(&settings).unwrap(), b"precious");
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    refused(&run(&settings), 1, "cannot use the directory");
}

#[test]
fn bad_arguments_and_a_taken_address_are_refused() {
    let directory = Directory::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let run = |arguments: &[&str]| {
        let path = directory.path().join("gateway");
        command(&path).args(arguments).output().unwrap()
    };
    let port = taken.local_addr().unwrap().port();
    let why = format!(
        "cannot listen on {address}: another process holds this address; to see which, run: ss -ltnp \
         'sport = :{port}': "
    );
    refused(&run(&["--listen", &address]), 1, &why);
    for arguments in [
        ["--status", "199"],
        ["--status", "204"],
        ["--status", "x"],
        ["--result", "NO_SUCH_CODE"],
        ["--delay", "-1"],
        ["--client-id", ""],
        ["--client-id", "a b"],
        ["--listen", "localhost:1"],
        ["--drop", "--wrong-signature"],
        ["--drop", "--unsigned"],
        ["--unsigned", "--wrong-signature"],
    ] {
        refused(&run(&arguments), 2, "error: ");
    }
    // No file was created.
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
}

#[test]
fn a_runtime_that_cannot_be_made_is_not_reported_as_standard_output() {
    let mut command = Command::new("sh");
    // The loader needs one descriptor beside the standard ones, and the runtime more.
    command.args(["-c", "ulimit -n 4; exec \"$0\" mock-gateway"]);
    command.arg(env!("CARGO_BIN_EXE_codeid"));
    let output = command.output().unwrap();
    refused(&output, 1, "error: cannot start the runtime: ");
}

#[test]
fn an_interrupted_stand_in_exits_0() {
    let directory = Directory::new();
    let mut gateway = Gateway::start(&directory, &[]);
    let process = Pid::from_raw(i32::try_from(gateway.child.id()).unwrap());
    kill(process, Signal::SIGINT).unwrap();
    assert_eq!(gateway.child.wait().unwrap().code(), Some(0));
}
