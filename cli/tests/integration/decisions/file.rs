//! The file of the log, and what happens if it cannot be written.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use serde_json::Value;

use super::{CODE, LOG, OPEN_ID, lines, outcome, plan};
use crate::rules::remote::wait_until;
use crate::serve::daemon::Plan;

#[test]
fn a_file_that_was_renamed_is_followed_by_a_new_one() {
    let daemon = plan().start();
    let path = daemon.directory.path().join(LOG);
    let mode = fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let mut client = daemon.tcp();
    client.identify(CODE, OPEN_ID);
    lines(&daemon, 1);
    fs::rename(&path, path.with_extension("old")).unwrap();
    client.identify(CODE, OPEN_ID);
    client.identify(CODE, OPEN_ID);
    lines(&daemon, 2);
    assert_eq!(outcome(&daemon, "written"), 3.0);
}

#[test]
fn the_file_and_the_one_before_it_have_a_limit() {
    let daemon = plan().set("decision-log.max-bytes=65536").start();
    let path = daemon.directory.path().join(LOG);
    let before = daemon.directory.path().join(format!("{LOG}.1"));
    let length = |path: &_| fs::metadata(path).map_or(0, |metadata| metadata.len());
    let mut client = daemon.tcp();
    let mut sent = 0;
    // A line has more than 150 bytes, so that the file is renamed twice.
    while sent < 1000 {
        client.identify(CODE, OPEN_ID);
        sent += 1;
        assert!(length(&path) <= 65_536 && length(&before) <= 65_536);
    }
    wait_until("all lines", || {
        (outcome(&daemon, "written") == f64::from(sent)).then_some(())
    });
    assert!(length(&before) > 32_768);
}

#[test]
fn lines_that_cannot_be_written_are_counted_and_clients_are_served() {
    let mut daemon = plan().spawn();
    let path = daemon.directory.path().join(LOG);
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    let mut client = daemon.tcp();
    for _ in 0..10 {
        assert_eq!(client.identify(CODE, OPEN_ID).result_code(), "SUCCESS");
    }
    wait_until("dropped lines", || {
        (outcome(&daemon, "dropped_disk") == 10.0).then_some(())
    });
    let failure = daemon.status()["daemon"]["decisionLog"]["failure"].clone();
    assert!(
        failure.as_str().unwrap().contains("a directory"),
        "{failure}"
    );
    daemon.wait_for_line("the decision log cannot be written: its lines are dropped");
    fs::remove_dir(&path).unwrap();
    client.identify(CODE, OPEN_ID);
    lines(&daemon, 1);
    daemon.wait_for_line("the decision log can be written again");
    let status = daemon.status()["daemon"]["decisionLog"].clone();
    assert_eq!(status["failure"], Value::Null);
    assert_eq!(
        (&status["written"], &status["droppedOnDisk"]),
        (&1.into(), &10.into())
    );
    daemon.stop();
}

#[test]
fn a_start_fails_with_a_file_that_is_none_and_with_a_key_that_others_can_read() {
    let line = Plan::new().set("decision-log.path=/dev/full").fail();
    assert!(
        line.starts_with("PARAM_ILLEGAL: invalid decision-log.path: "),
        "{line}"
    );
    assert!(line.contains("it is a device, not a file"), "{line}");
    let plan = plan()
        .set("decision-log.values=hashed")
        .set("decision-log.hash-key-path=key");
    let key = plan.directory.write_secret("key", "x".repeat(31));
    let line = plan.fail();
    assert!(
        line.contains("the key has 31 bytes, but must have at least 32"),
        "{line}"
    );
    fs::write(&key, "x".repeat(32)).unwrap();
    fs::set_permissions(&key, Permissions::from_mode(0o644)).unwrap();
    let line = plan.fail();
    assert!(
        line.starts_with("PARAM_ILLEGAL: invalid decision-log.hash-key-path: "),
        "{line}"
    );
    assert!(
        line.contains("its mode 0644 lets other users use the secret"),
        "{line}"
    );
}

#[test]
fn values_and_key_must_fit_together() {
    let line = plan().set("decision-log.values=hashed").fail();
    let expected = "decision-log.values is hashed, and decision-log.hash-key-path is not set";
    assert_eq!(line, format!("PARAM_ILLEGAL: {expected}"));
    let line = plan().set("decision-log.hash-key-path=key").fail();
    let expected = "decision-log.hash-key-path is set, and decision-log.values is not hashed";
    assert_eq!(line, format!("PARAM_ILLEGAL: {expected}"));
    for share in ["1.5", "-1", "all"] {
        let line = plan().set(&format!("decision-log.sample={share}")).fail();
        let expected = "decision-log.sample must be a share from 0 to 1, such as 0.01, not";
        assert!(line.contains(expected), "{line}");
    }
}

#[test]
fn a_share_may_stand_in_the_file_as_a_number() {
    let plan = Plan::new();
    let log = plan.directory.path().join(LOG);
    let settings =
        format!("[decision-log]\npath = {log:?}\nsample = 0.0\nrules = [\"a\", \"@none\"]\n");
    plan.directory.write("codeid.toml", settings);
    let daemon = plan.argument("--config").argument("codeid.toml").spawn();
    daemon.tcp().identify(CODE, OPEN_ID);
    assert_eq!(fs::read_to_string(&log).unwrap(), "");
    daemon.stop();
}
