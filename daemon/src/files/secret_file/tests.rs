//! Owners and permissions of files and their directories.

use std::os::unix::fs::{PermissionsExt, symlink};

use super::*;
use crate::error_chain::ErrorChain;

const DAEMON: u32 = 1000;
const GROUP: u32 = 2000;

fn access(group: Option<u32>) -> Access {
    let user = DAEMON;
    Access { user, group }
}

fn permissions(owner: u32, group: u32, mode: u32) -> Permissions {
    Permissions { owner, group, mode }
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn only_the_user_of_the_process_or_root_may_own_a_file() {
    for (owner, accepted) in [(DAEMON, true), (ROOT, true), (1001, false)] {
        let file = access(None).require_file(permissions(owner, 5, 0o600));
        assert_eq!(file.is_ok(), accepted, "{owner}");
        let directory = permissions(owner, 5, 0o755);
        let directory = access(None).check_directory(Path::new("/d"), directory);
        assert_eq!(directory.is_ok(), accepted, "{owner}");
    }
    let error = access(None).require_file(permissions(1001, 5, 0o600));
    assert_eq!(
        error.unwrap_err().to_string(),
        "it belongs to the user with the ID 1001, but must belong to root or to the user of this \
         process, which has the ID 1000"
    );
    let error = access(None).check_directory(Path::new("/d"), permissions(1001, 5, 0o700));
    let error = error.unwrap_err().to_string();
    assert!(
        error.starts_with("its directory /d belongs to the user with the ID 1001, but must"),
        "{error}"
    );
}

#[test]
fn only_the_group_of_the_setting_may_read_a_file() {
    for (mode, group, accepted) in [
        (0o600, None, true),
        (0o400, None, true),
        (0o640, None, false),
        (0o440, None, false),
        (0o640, Some(GROUP), true),
        (0o440, Some(GROUP), true),
        (0o640, Some(3000), false),
        (0o660, Some(GROUP), false),
        (0o620, Some(GROUP), false),
        (0o650, Some(GROUP), false),
        (0o644, Some(GROUP), false),
        (0o604, Some(GROUP), false),
        (0o601, Some(GROUP), false),
    ] {
        let checked = access(group).require_file(permissions(ROOT, GROUP, mode));
        assert_eq!(checked.is_ok(), accepted, "{mode:04o} {group:?}");
    }
    let error = |group| {
        let checked = access(group).require_file(permissions(ROOT, GROUP, 0o640));
        checked.unwrap_err().to_string()
    };
    assert_eq!(
        error(None),
        "its mode 0640 lets other users use the secret; make it 0400 or 0600, or 0440 or 0640 for \
         the group that secrets.group names"
    );
    assert_eq!(
        error(Some(3000)),
        "its mode 0640 lets the group with the ID 2000 read the secret, but secrets.group has the \
         ID 3000; make it 0400 or 0600, or change its group"
    );
}

#[test]
fn other_users_may_not_write_to_a_directory_that_is_not_sticky() {
    for (mode, accepted) in [
        (0o700, true),
        (0o755, true),
        (0o2755, true),
        (0o1777, true),
        (0o3777, true),
        (0o775, false),
        (0o757, false),
        (0o2770, false),
    ] {
        let directory = permissions(ROOT, GROUP, mode);
        let checked = access(Some(GROUP)).check_directory(Path::new("/d"), directory);
        assert_eq!(checked.is_ok(), accepted, "{mode:04o}");
    }
}

#[test]
fn the_directories_of_a_link_and_of_its_target_count() {
    let root = tempfile::tempdir().unwrap();
    let [inner, outer] = ["inner", "outer"].map(|name| root.path().join(name));
    for directory in [&inner, &outer] {
        fs::create_dir(directory).unwrap();
        set_mode(directory, 0o755);
    }
    let (target, link) = (inner.join("key"), outer.join("key"));
    fs::write(&target, "secret").unwrap();
    set_mode(&target, 0o600);
    symlink(&target, &link).unwrap();
    let read = || read(&link, 100, &Secrets::default());
    assert_eq!(**read().unwrap(), *b"secret");
    for directory in [&inner, &outer] {
        set_mode(directory, 0o777);
        let error = read().unwrap_err().to_string();
        let expected = format!(
            "its directory {} has the mode 0777, so that other users can replace the file; make \
             it 0755 or less",
            directory.canonicalize().unwrap().display()
        );
        assert_eq!(error, expected);
        set_mode(directory, 0o755);
    }
}

#[test]
fn a_group_that_does_not_exist_is_an_error() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("key");
    fs::write(&path, "secret").unwrap();
    set_mode(&path, 0o600);
    let secrets = |group: &str| Secrets {
        group: Some(group.to_owned()),
    };
    let error = read(&path, 100, &secrets("no-such-group-here")).unwrap_err();
    assert_eq!(
        ErrorChain(&error).to_string(),
        "secrets.group is not usable: there is no group no-such-group-here"
    );
    assert!(read(&path, 100, &secrets("12345")).is_ok());
}

#[test]
fn a_file_that_is_too_long_or_missing_is_not_read() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("key");
    let error = || {
        let read = read(&path, 3, &Secrets::default());
        read.unwrap_err().to_string()
    };
    assert_eq!(error(), "there is no such file");
    fs::write(&path, "secret").unwrap();
    set_mode(&path, 0o600);
    assert_eq!(error(), "it has more than 3 bytes");
}
