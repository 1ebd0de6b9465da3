//! The daemon hides its memory from other processes.

use std::fs;
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;

use nix::unistd::geteuid;

use super::daemon::Plan;

/// A user without privileges, as whom the daemon runs if the tests run as root.
const NOBODY: u32 = 65534;

/// The files of a process that is not dumpable belong to root, so that no other user can read its memory.
#[test]
fn the_process_is_not_dumpable() {
    let plan = Plan::new();
    let mut command = plan.command("serve");
    if geteuid().is_root() {
        chown(plan.directory.path(), Some(NOBODY), Some(NOBODY)).unwrap();
        command.uid(NOBODY).gid(NOBODY);
    }
    let daemon = plan.spawn_as(&mut command);
    let memory = fs::metadata(format!("/proc/{}/mem", daemon.pid())).unwrap();
    assert_eq!(memory.uid(), 0);
    daemon.stop();
}
