//! The file of the Unix socket: its permissions, when it is taken over, and when it is removed.

use std::fs;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Command;
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};

use nix::unistd::{getegid, geteuid};

use super::client::Client;
use super::daemon::{Daemon, Plan, Process};

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().permissions().mode() & 0o7777
}

#[test]
fn the_directory_and_the_socket_have_their_default_permissions() {
    let daemon = Plan::new()
        .set("listen.unix=a/b/codeid.sock")
        .set("listen.http=off")
        .start();
    let directory = daemon.directory.path().join("a/b");
    assert_eq!(mode(&directory), 0o750);
    assert_eq!(mode(&directory.join("codeid.sock")), 0o660);
    let mut client = Client::unix(&directory.join("codeid.sock"));
    assert_eq!(client.bare("GET", "/livez").status, 200);
    drop(client);
    daemon.stop();
}

#[test]
fn the_socket_has_its_permissions_from_the_first_moment() {
    for (setting, expected) in [("0600", 0o600), ("0666", 0o666)] {
        let plan = Plan::new().set(&format!("listen.unix-mode={setting}"));
        let socket = plan.directory.path().join("codeid.sock");
        let check = || {
            let metadata = fs::symlink_metadata(&socket).ok()?;
            // A client that sees the file can connect.
            assert!(Client::try_unix(&socket).is_ok());
            Some(metadata.permissions().mode() & 0o7777)
        };
        let (watching, begun) = (AtomicBool::new(true), Barrier::new(2));
        std::thread::scope(|scope| {
            let watcher = scope.spawn(|| {
                // The mode at every check. The first check is made before the daemon starts.
                let mut seen = Vec::from_iter(check());
                begun.wait();
                loop {
                    let is_last = !watching.load(Ordering::Relaxed);
                    seen.extend(check());
                    if is_last {
                        seen.dedup();
                        return seen;
                    }
                }
            });
            begun.wait();
            let daemon = plan.start();
            watching.store(false, Ordering::Relaxed);
            let seen = watcher.join().unwrap();
            assert!(!seen.is_empty());
            assert!(seen.iter().all(|mode| *mode == expected), "{seen:?}");
            assert_eq!(mode(&daemon.socket()), expected);
        });
    }
}

#[test]
fn the_socket_has_the_group_of_the_setting() {
    // Root may give a socket any group; every user may give it their own.
    let own = getegid().as_raw();
    let group = match geteuid().is_root() {
        true => own + 12345,
        false => own,
    };
    let daemon = Plan::new()
        .set(&format!("listen.unix-group={group}"))
        .start();
    assert_eq!(fs::metadata(daemon.socket()).unwrap().gid(), group);
    let line = Plan::new()
        .set("listen.unix-group=no-such-group-here")
        .fail();
    assert!(
        line.starts_with("PARAM_ILLEGAL: listen.unix codeid.sock: "),
        "{line}"
    );
    assert!(line.contains("no group no-such-group-here"), "{line}");
}

/// Returns the command of a daemon in a shell that sets the umask first.
pub(super) fn with_umask(plan: &Plan, umask: &str) -> Command {
    let daemon = plan.command("serve");
    let mut command = Command::new("sh");
    let script = format!("umask {umask} && exec \"$0\" \"$@\"");
    command
        .args(["-c", &script])
        .arg(daemon.get_program())
        .args(daemon.get_args());
    command
}

#[test]
fn a_directory_that_is_made_has_the_group_and_the_mode_whatever_the_umask_is() {
    // Root may give a directory any group; every user may give it their own.
    let own = fs::metadata(std::env::temp_dir()).unwrap().gid();
    let group = if geteuid().is_root() {
        own + 12345
    } else {
        getegid().as_raw()
    };
    for umask in ["000", "022", "077", "027"] {
        let plan = Plan::new()
            .set("listen.unix=a/b/codeid.sock")
            .set("listen.resp=a/c/codeid.resp.sock")
            .set("admin.unix=a/b/codeid.admin.sock")
            .set(&format!("listen.unix-group={group}"));
        let mut command = with_umask(&plan, umask);
        let daemon = plan.spawn_as(&mut command);
        for path in ["a", "a/b", "a/c"] {
            let metadata = fs::metadata(daemon.directory.path().join(path)).unwrap();
            assert_eq!(metadata.mode() & 0o7777, 0o750, "{umask} {path}");
            assert_eq!(metadata.gid(), group, "{umask} {path}");
        }
        let log = daemon.stop();
        assert!(!log.iter().any(|line| line.contains(SHUT_OUT)), "{log:?}");
    }
}

/// The warning of a directory that keeps the group from a socket.
const SHUT_OUT: &str = "the group of a socket cannot enter one of its directories";

#[test]
fn a_directory_that_shuts_the_group_out_is_a_warning() {
    let plan = Plan::new();
    let directory = plan.directory.path().join("run");
    fs::create_dir(&directory).unwrap();
    fs::set_permissions(&directory, fs::Permissions::from_mode(0o700)).unwrap();
    let own = fs::metadata(&directory).unwrap().gid();
    let mut daemon = plan
        .set("listen.unix=run/codeid.sock")
        .set(&format!("listen.unix-group={own}"))
        .spawn();
    let line = daemon.log.iter().find(|line| line.contains(SHUT_OUT));
    let line = line.expect("a warning").clone();
    assert!(
        line.contains(" WARN ") && line.contains("run/codeid.sock"),
        "{line}"
    );
    assert!(line.contains("0700"), "{line}");
    // It is a warning only, and the directory is left alone.
    assert_eq!(mode(&directory), 0o700);
    daemon.signal("TERM");
    assert!(daemon.wait().success());
}

#[test]
fn the_socket_of_a_dead_daemon_is_taken_over() {
    let plan = Plan::new();
    let socket = plan.directory.path().join("codeid.sock");
    drop(UnixListener::bind(&socket).unwrap());
    assert!(
        fs::symlink_metadata(&socket)
            .unwrap()
            .file_type()
            .is_socket()
    );
    let daemon = plan.start();
    assert_eq!(daemon.unix().bare("GET", "/readyz").status, 200);
    daemon.stop();
}

#[test]
fn a_daemon_takes_over_the_socket_of_a_killed_one() {
    let mut killed = Process::start();
    killed.signal("KILL");
    killed.wait();
    let socket = killed.socket();
    assert!(socket.exists());
    let daemon = Plan::new()
        .set(&format!("listen.unix={}", socket.display()))
        .spawn();
    assert_eq!(Client::unix(&socket).bare("GET", "/readyz").status, 200);
    daemon.stop();
    assert!(!socket.exists());
}

#[test]
fn a_socket_that_another_daemon_serves_is_left_alone() {
    let daemon = Daemon::start();
    let socket = daemon.socket();
    let line = Plan::new()
        .set(&format!("listen.unix={}", socket.display()))
        .fail();
    assert!(line.contains("another daemon serves there"), "{line}");
    assert_eq!(daemon.unix().bare("GET", "/livez").status, 200);
    // This also holds for a server that does not know the lock.
    let plan = Plan::new();
    let foreign = UnixListener::bind(plan.directory.path().join("codeid.sock")).unwrap();
    let line = plan.fail();
    assert!(
        line.starts_with("PARAM_ILLEGAL: listen.unix codeid.sock: another daemon"),
        "{line}"
    );
    drop(foreign);
}

#[test]
fn a_file_that_is_not_a_socket_is_left_alone() {
    let plan = Plan::new();
    let path = plan.directory.write("codeid.sock", "precious");
    let line = plan.fail();
    assert!(
        line.contains("there is a file that is not a socket"),
        "{line}"
    );
    assert_eq!(fs::read_to_string(path).unwrap(), "precious");
}

#[test]
fn the_stop_does_not_remove_the_socket_of_another_server() {
    let daemon = Process::start();
    let socket = daemon.socket();
    fs::remove_file(&socket).unwrap();
    let other = UnixListener::bind(&socket).unwrap();
    let mut daemon = daemon;
    daemon.signal("TERM");
    assert!(daemon.wait().success());
    assert!(socket.exists());
    drop(other);
}

#[test]
fn a_path_that_is_too_long_for_an_address_is_refused() {
    let line = Plan::new()
        .set(&format!("listen.unix={}/x.sock", "d".repeat(120)))
        .fail();
    let expected = "listen.unix must be the path of a socket, 1 to 107 bytes ";
    assert!(line.contains(expected), "{line}");
}
