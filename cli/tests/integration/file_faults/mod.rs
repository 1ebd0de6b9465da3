//! Every file operation of the real program fails once, is the first on a disk that is gone or full or can
//! only be read, or is the last of a process that is killed.
//!
//! A library that is preloaded into the program (`shim.c`) counts its file operations and lets the nth
//! fail. For each fault and each n, until an action is over before its nth operation:
//!
//! - the daemon neither ends nor panics, and serves;
//! - the response is a success, or an error after which nothing has changed;
//! - what has changed was recorded as intended before, and its outcome is recorded once that is possible;
//! - each file is the old one or the new one, and temporary files do not pile up;
//! - the next start serves what was acknowledged.

mod action;
mod machine;
mod records;
mod shim;
mod starts;
mod steps;

use std::fs;

use self::action::{APPLY, Action, DRAIN, FREEZE, LOG_LEVEL, RELOAD, ROLLBACK, THAW};
use self::machine::{Machine, kill, with_remote};
use self::shim::{Fault, Operations};
use self::starts::{Template, try_every_start, try_every_stop};
use self::steps::try_every_step;

/// No further settings.
const NOTHING: [&str; 0] = [];

/// Tries each fault at each operation of an action. `counted` has operations that the action must have.
fn try_action(action: &Action, counted: &[&str]) {
    let machine = Machine::new(NOTHING);
    for fault in Fault::ALL {
        let daemon = machine.start(with_remote());
        let (operations, daemon) = try_every_step(&machine, action, fault, daemon, None);
        require_counted(fault, &operations, counted);
        let directory = kill(daemon);
        for file in ["freeze.json", "route-config.json"] {
            let left = records::temporary_files(directory.path(), file);
            assert!(left.is_empty(), "{left:?}");
        }
    }
}

/// Tries each fault at each operation of a start.
fn try_start(template: impl FnOnce(&Machine) -> Template, counted: &[&str]) {
    let machine = Machine::new(NOTHING);
    let template = template(&machine);
    for fault in Fault::ALL {
        let operations = try_every_start(&machine, &template, fault);
        require_counted(fault, &operations, counted);
    }
}

/// Requires that the library saw these operations, if the fault counts all.
fn require_counted(fault: Fault, operations: &Operations, names: &[&str]) {
    for name in names {
        let is_counted = fault != Fault::Once || operations.count(name) > 0;
        assert!(is_counted, "no {name}: {operations:#?}");
    }
}

#[test]
fn an_apply_withstands_a_fault_of_each_file_operation() {
    try_action(
        &APPLY,
        &["create", "write", "fsync", "fdatasync", "rename", "unlink"],
    );
}

#[test]
fn a_rollback_withstands_a_fault_of_each_file_operation() {
    try_action(
        &ROLLBACK,
        &["create", "write", "fsync", "fdatasync", "rename", "unlink"],
    );
}

#[test]
fn a_freeze_withstands_a_fault_of_each_file_operation() {
    try_action(
        &FREEZE,
        &["create", "write", "fsync", "fdatasync", "rename"],
    );
}

#[test]
fn a_thaw_withstands_a_fault_of_each_file_operation() {
    try_action(&THAW, &["write", "fsync", "fdatasync", "unlink"]);
}

#[test]
fn a_pull_withstands_a_fault_of_each_file_operation() {
    try_action(
        &RELOAD,
        &["create", "write", "fsync", "fdatasync", "rename", "unlink"],
    );
}

#[test]
fn a_drain_withstands_a_fault_of_each_file_operation() {
    try_action(&DRAIN, &["write", "fdatasync", "unlink"]);
}

#[test]
fn a_rotation_of_the_audit_log_withstands_a_fault_of_each_file_operation() {
    let machine = Machine::new(["admin.audit-max-bytes=65536"]);
    let template = with_remote();
    fs::create_dir(template.path().join("data")).unwrap();
    // Lines of a version that did not number them.
    let line = |bytes: usize| format!("{{\"x\":\"{}\"}}\n", "x".repeat(bytes - 9));
    template.write("data/audit.jsonl", line(7000).repeat(9) + &line(2450));
    let mut daemon = machine.start(with_remote());
    for fault in Fault::ALL {
        let operations;
        (operations, daemon) = try_every_step(&machine, &LOG_LEVEL, fault, daemon, Some(&template));
        let counted = ["create", "write", "fsync", "fdatasync", "rename"];
        require_counted(fault, &operations, &counted);
    }
    daemon.stop();
}

#[test]
fn a_first_start_withstands_a_fault_of_each_file_operation() {
    let counted = [
        "mkdir", "fchmod", "bind", "chmod", "create", "write", "rename", "fsync",
    ];
    try_start(|_| starts::new(), &counted);
}

#[test]
fn a_start_from_the_saved_config_withstands_a_fault_of_each_file_operation() {
    try_start(starts::saved, &["open", "read", "bind", "rename"]);
}

#[test]
fn a_start_after_a_kill_withstands_a_fault_of_each_file_operation() {
    try_start(
        starts::killed,
        &["read", "ftruncate", "write", "fdatasync", "rename"],
    );
}

#[test]
fn a_start_that_reads_every_file_of_the_settings_withstands_a_fault_of_each() {
    let (settings, template) = starts::with_every_file();
    let operations = try_every_start(&Machine::new(settings), &template, Fault::Once);
    for file in starts::EVERY_FILE {
        assert!(operations.names.contains(&format!("open {file}")), "{file}");
    }
}

#[test]
fn a_stop_withstands_a_fault_of_each_file_operation() {
    let machine = Machine::new(NOTHING);
    let mut daemon = machine.start(with_remote());
    for fault in Fault::ALL {
        let operations;
        (operations, daemon) = try_every_stop(&machine, fault, daemon);
        require_counted(fault, &operations, &["unlink"]);
    }
    daemon.stop();
}
