//! T30: the sockets are open to those whom the settings name and to no others, from the first instant.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use nix::unistd::{getegid, geteuid};

use super::daemon::Plan;
use super::unix_socket::with_umask;

/// The number of starts that are watched.
const STARTS: usize = 10;

/// A user and a group without privileges.
const OTHER: u32 = 54321;

/// The states in which a name was seen: its type, its mode and its group.
type Seen = BTreeMap<String, Vec<(char, u32, u32)>>;

/// Returns the group that the sockets get: root may give any, every user their own.
fn group() -> u32 {
    match geteuid().is_root() {
        true => OTHER + 1,
        false => getegid().as_raw(),
    }
}

/// Looks at a directory and the names in it until `is_watching` is `false`, and once more. A socket that
/// accepts a connection must have the permissions of one of the three already.
fn watch(directory: &Path, is_watching: &AtomicBool, group: u32) -> Seen {
    let mut seen = Seen::new();
    loop {
        let is_last = !is_watching.load(Ordering::Relaxed);
        look(directory, "run", &mut seen);
        let entries = fs::read_dir(directory);
        for entry in entries.into_iter().flatten().flatten() {
            let is_open = UnixStream::connect(entry.path()).is_ok();
            let name = entry.file_name().into_string().unwrap();
            if let Some((_, mode, of)) = look(&entry.path(), &name, &mut seen)
                && is_open
            {
                let is_admin = mode == 0o600;
                assert!(
                    is_admin || (mode == 0o660 && of == group),
                    "{name}: {mode:o} {of}"
                );
            }
        }
        if is_last {
            return seen;
        }
    }
}

fn look(path: &Path, name: &str, seen: &mut Seen) -> Option<(char, u32, u32)> {
    let metadata = fs::symlink_metadata(path).ok()?;
    let kind = match metadata.file_type() {
        kind if kind.is_socket() => 's',
        kind if kind.is_dir() => 'd',
        _ => '-',
    };
    let now = (kind, metadata.mode() & 0o7777, metadata.gid());
    let before = seen.entry(name.to_owned()).or_default();
    if before.last() != Some(&now) {
        before.push(now);
    }
    Some(now)
}

#[test]
fn no_socket_is_more_open_than_the_settings_say_at_any_instant_of_a_start() {
    let group = group();
    for _ in 0..STARTS {
        let plan = Plan::new()
            .set("listen.unix=run/codeid.sock")
            .set("listen.resp=run/codeid.resp.sock")
            .set(&format!("listen.unix-group={group}"));
        let directory = plan.directory.path().join("run");
        let mut command = with_umask(&plan, "000");
        let is_watching = AtomicBool::new(true);
        let (seen, daemon) = thread::scope(|scope| {
            let watcher = scope.spawn(|| watch(&directory, &is_watching, group));
            let daemon = plan.spawn_as(&mut command);
            is_watching.store(false, Ordering::Relaxed);
            (watcher.join().unwrap(), daemon)
        });
        for name in ["codeid.sock", "codeid.resp.sock", "codeid.admin.sock"] {
            // It had the same whenever its name was there.
            let [(kind, mode, of)] = seen[name][..] else {
                panic!("{name}: {seen:?}");
            };
            let is_admin = name.contains("admin");
            assert_eq!(
                (kind, mode),
                ('s', if is_admin { 0o600 } else { 0o660 }),
                "{name}"
            );
            assert!(is_admin || of == group, "{name}: {of}");
        }
        for (kind, mode, of) in &seen["run"] {
            assert_eq!((*kind, mode & 0o007), ('d', 0), "{seen:?}");
            assert!(mode & 0o070 == 0 || *of == group, "{seen:?}");
        }
        let locks = seen.iter().filter(|(name, _)| name.ends_with(".lock"));
        for (name, seen) in locks {
            assert!(
                seen.iter().all(|(_, mode, _)| *mode == 0o600),
                "{name}: {seen:?}"
            );
        }
        daemon.stop();
    }
}

/// Tries to get a response from a socket as another user. Returns `true` if there is one.
fn is_served(socket: &Path, user: u32, group: u32) -> bool {
    let status = Command::new("curl")
        .args([
            "--silent",
            "--max-time",
            "60",
            "--output",
            "/dev/null",
            "--unix-socket",
        ])
        .arg(socket)
        .arg("http://localhost/livez")
        .current_dir("/")
        .uid(user)
        .gid(group)
        .status()
        .unwrap();
    // 7: it could not connect.
    assert!(matches!(status.code(), Some(0 | 7)), "{status}");
    status.success()
}

#[test]
fn another_user_is_refused_on_the_admin_socket_whatever_the_group_is() {
    let group = group();
    let daemon = Plan::new()
        .set("listen.unix=run/codeid.sock")
        .set(&format!("listen.unix-group={group}"))
        .spawn();
    let run = daemon.directory.path().join("run");
    let (serving, admin) = (run.join("codeid.sock"), run.join("codeid.admin.sock"));
    let metadata = fs::symlink_metadata(&admin).unwrap();
    assert_eq!(metadata.mode() & 0o7777, 0o600);
    assert_eq!(metadata.uid(), geteuid().as_raw());
    assert!(is_served(&admin, geteuid().as_raw(), getegid().as_raw()));
    if geteuid().is_root() {
        // The directory lets every user in here, so that the socket alone refuses.
        for mode in [0o750, 0o755, 0o777] {
            fs::set_permissions(&run, fs::Permissions::from_mode(mode)).unwrap();
            assert!(is_served(&serving, OTHER, group), "{mode:o}");
            assert!(!is_served(&serving, OTHER, OTHER), "{mode:o}");
            assert!(!is_served(&admin, OTHER, group), "{mode:o}");
            assert!(!is_served(&admin, OTHER, OTHER), "{mode:o}");
        }
    } else {
        println!("only root can try as another user: the mode and the owner were checked alone");
    }
    daemon.stop();
}
