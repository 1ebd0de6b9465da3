//! The units of systemd.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use super::packaged;

const SERVICE: &str = "codeid.service";

/// The units of sockets, each with the setting whose socket it opens.
const SOCKETS: [(&str, &str); 4] = [
    ("codeid-http.socket", "listen.http"),
    ("codeid-unix.socket", "listen.unix"),
    ("codeid-resp.socket", "listen.resp"),
    ("codeid-admin.socket", "admin.unix"),
];

/// Ten times the exposure, from 0 to 10, that `systemd-analyze security` may find.
const MAX_EXPOSURE: &str = "--threshold=15";

/// Runs `systemd-analyze` in `directory`.
fn analyze(directory: &Path, arguments: &[&str]) -> Output {
    Command::new("systemd-analyze")
        .args(arguments)
        .current_dir(directory)
        .output()
        .expect("systemd-analyze, of Debian's package systemd, is installed")
}

/// Makes a directory with the units, in which the program is the one under test, since systemd looks for it.
fn with_the_program() -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    for unit in SOCKETS.map(|(unit, _)| unit).into_iter().chain([SERVICE]) {
        let text = fs::read_to_string(packaged(unit)).unwrap();
        let text = text.replace("/usr/bin/codeid", env!("CARGO_BIN_EXE_codeid"));
        fs::write(directory.path().join(unit), text).unwrap();
    }
    directory
}

/// Returns the values of a unit's lines `key=value`; of a key with several lines, the last.
fn values(unit: &str) -> BTreeMap<String, String> {
    let text = fs::read_to_string(packaged(unit)).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let pairs = lines.filter_map(|line| line.split_once('='));
    pairs
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect()
}

#[test]
fn systemd_understands_every_line_of_the_units() {
    let directory = with_the_program();
    let mut arguments = vec!["verify", "--man=no", SERVICE];
    arguments.extend(SOCKETS.map(|(unit, _)| unit));
    let ran = analyze(directory.path(), &arguments);
    let stderr = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success() && stderr.is_empty(), "{stderr}");

    let path = directory.path().join(SERVICE);
    let text = fs::read_to_string(&path).unwrap();
    let misspelt = text.replace("\nWatchdogSec=", "\nWatchdogSecs=");
    fs::write(&path, misspelt).unwrap();
    let ran = analyze(directory.path(), &arguments);
    let stderr = String::from_utf8_lossy(&ran.stderr);
    assert!(stderr.contains("WatchdogSecs"), "{stderr}");
}

#[test]
fn the_exposure_of_the_service_is_at_most_one_and_a_half() {
    let directory = with_the_program();
    let path = directory.path().join(SERVICE);
    let unit = path.to_str().unwrap();
    let arguments = ["security", "--offline=true", MAX_EXPOSURE, unit];
    let ran = analyze(directory.path(), &arguments);
    let report = String::from_utf8_lossy(&ran.stdout);
    assert!(ran.status.success(), "{report}");

    let text = fs::read_to_string(&path).unwrap();
    let without = text.replace("\nPrivateDevices=yes", "");
    fs::write(&path, without).unwrap();
    assert!(!analyze(directory.path(), &arguments).status.success());
}

#[test]
fn each_socket_has_the_name_and_the_address_of_its_setting() {
    let file = fs::read_to_string(packaged("codeid.toml")).unwrap();
    let settings: toml::Table = file.parse().unwrap();
    for (unit, setting) in SOCKETS {
        let values = values(unit);
        assert_eq!(values["FileDescriptorName"], setting, "{unit}");
        assert_eq!(values["Service"], SERVICE, "{unit}");
        let (table, key) = setting.split_once('.').unwrap();
        let address = settings[table][key].as_str().unwrap();
        assert_eq!(values["ListenStream"], address, "{unit}");
    }
    let service = fs::read_to_string(packaged(SERVICE)).unwrap();
    let units = SOCKETS.map(|(unit, _)| unit);
    assert!(service.contains(&format!("\nSockets={}\n", units.join(" "))));
    // One a line, since cargo-deb takes a line for one unit.
    let enabled = service
        .lines()
        .filter_map(|line| line.strip_prefix("Also="));
    assert_eq!(enabled.collect::<Vec<_>>(), units);
}

#[test]
fn no_socket_admits_a_user_outside_of_the_group() {
    for (unit, _) in SOCKETS {
        let values = values(unit);
        let Some(mode) = values.get("SocketMode") else {
            assert!(values["ListenStream"].starts_with("127.0.0.1:"), "{unit}");
            continue;
        };
        let expected = if unit == "codeid-admin.socket" {
            "0600"
        } else {
            "0660"
        };
        assert_eq!(mode, expected, "{unit}");
        let owner = (&*values["SocketUser"], &*values["SocketGroup"]);
        assert_eq!(owner, ("codeid", "codeid"), "{unit}");
        assert_eq!(values["DirectoryMode"], "0750", "{unit}");
    }
    let service = values(SERVICE);
    assert_eq!(service["RuntimeDirectoryMode"], "0750");
    assert_eq!(service["RuntimeDirectoryPreserve"], "yes");
    assert_eq!(service["StateDirectoryMode"], "0700");
}
