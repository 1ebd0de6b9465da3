//! Reads files that hold secrets: private keys, and the bearer token.
//!
//! Such a file is read only if no other user can read it or replace it. Its owner, and that of its
//! directory, must be root or the user of the process. Other users may not have access to the file,
//! unless the settings name the group that may read it, and may not be able to write to the directory.
//! A directory with the sticky bit may be writable, since only the owner of a file can replace it there.
//! Where the path is a symbolic link, both its directory and that of the file count.

use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use nix::unistd::geteuid;
use thiserror::Error;
use zeroize::Zeroizing;

use super::group::{self, GroupError};
use crate::regular_file::{self, ReadError};
use crate::settings::Secrets;
use crate::uri::shown_path;

/// The bits of a mode that are permissions.
const PERMISSIONS: u32 = 0o7777;

/// The sticky bit.
const STICKY: u32 = 0o1000;

const ROOT: u32 = 0;

/// The reason why a file with a secret was not read. It shows nothing of the secret.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SecretFileError {
    /// The file cannot be read.
    #[error(transparent)]
    Unread(#[from] ReadError),
    /// The group of the setting is not known.
    #[error("secrets.group is not usable")]
    Group(#[source] GroupError),
    /// The file belongs to another user, who can change it.
    #[error(
        "it belongs to the user with the ID {owner}, but must belong to root or to the user of this \
         process, which has the ID {user}"
    )]
    Owner {
        /// The owner of the file.
        owner: u32,
        /// The effective user of the process.
        user: u32,
    },
    /// The mode lets other users than those of `secrets.group` use the file.
    #[error(
        "its mode {0:04o} lets other users use the secret; make it 0400 or 0600, or 0440 or 0640 for \
         the group that secrets.group names"
    )]
    Mode(u32),
    /// The mode lets another group read the file than that of the setting.
    #[error(
        "its mode {mode:04o} lets the group with the ID {group} read the secret, but secrets.group has \
         the ID {allowed}; make it 0400 or 0600, or change its group"
    )]
    OtherGroup {
        /// The mode of the file.
        mode: u32,
        /// The group of the file.
        group: u32,
        /// The group of the setting.
        allowed: u32,
    },
    /// A directory belongs to another user, who can replace the file.
    #[error(
        "its directory {} belongs to the user with the ID {owner}, but must belong to root or to the \
         user of this process, which has the ID {user}",
        shown_path(.path)
    )]
    DirectoryOwner {
        /// The directory.
        path: PathBuf,
        /// The owner of the directory.
        owner: u32,
        /// The effective user of the process.
        user: u32,
    },
    /// The mode of a directory lets other users replace the file.
    #[error(
        "its directory {} has the mode {mode:04o}, so that other users can replace the file; make it \
         0755 or less",
        shown_path(.path)
    )]
    DirectoryMode {
        /// The directory.
        path: PathBuf,
        /// The mode of the directory.
        mode: u32,
    },
}

/// The users who may have access.
#[derive(Clone, Copy, Debug)]
struct Access {
    /// The effective user of the process.
    user: u32,
    /// The group that may read the file.
    group: Option<u32>,
}

/// The part of a file's metadata that decides.
#[derive(Clone, Copy, Debug)]
struct Permissions {
    owner: u32,
    group: u32,
    mode: u32,
}

/// Reads the file at `path`, if it has at most `limit` bytes and no user can read or replace it who may
/// not. The content is wiped from memory when it is dropped.
///
/// # Errors
///
/// [`SecretFileError`], before anything of the content is read unless the file is too long.
pub fn read(
    path: &Path,
    limit: usize,
    secrets: &Secrets,
) -> Result<Zeroizing<Vec<u8>>, SecretFileError> {
    let group = secrets.group.as_deref().map(group::find).transpose();
    let group = group.map_err(SecretFileError::Group)?;
    let access = Access {
        user: geteuid().as_raw(),
        group: group.map(nix::unistd::Gid::as_raw),
    };
    let (file, metadata) = regular_file::open(path)?;
    access.require_file(Permissions::of(&metadata))?;
    let named = parent(path);
    access.require_directory(named)?;
    // The directory that the path leads to over symbolic links, such as one of those that Kubernetes
    // makes for each version of a secret.
    let target = fs::canonicalize(path).map_err(ReadError::from)?;
    access.require_directory(parent(&target))?;
    let mut bytes = Zeroizing::new(Vec::new());
    regular_file::read_into(&file, &metadata, limit, &mut bytes)?;
    Ok(bytes)
}

fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

impl Permissions {
    fn of(metadata: &Metadata) -> Self {
        Self {
            owner: metadata.uid(),
            group: metadata.gid(),
            mode: metadata.mode() & PERMISSIONS,
        }
    }
}

impl Access {
    const fn may_own(self, owner: u32) -> bool {
        owner == ROOT || owner == self.user
    }

    fn require_file(self, file: Permissions) -> Result<(), SecretFileError> {
        let Permissions { owner, group, mode } = file;
        if !self.may_own(owner) {
            let user = self.user;
            return Err(SecretFileError::Owner { owner, user });
        }
        let by_others = mode & 0o077;
        match self.group {
            _ if by_others == 0 => Ok(()),
            Some(allowed) if by_others == 0o040 && group == allowed => Ok(()),
            Some(allowed) if by_others == 0o040 => Err(SecretFileError::OtherGroup {
                mode,
                group,
                allowed,
            }),
            _ => Err(SecretFileError::Mode(mode)),
        }
    }

    fn require_directory(self, path: &Path) -> Result<(), SecretFileError> {
        let metadata = fs::metadata(path).map_err(ReadError::from)?;
        self.check_directory(path, Permissions::of(&metadata))
    }

    fn check_directory(self, path: &Path, directory: Permissions) -> Result<(), SecretFileError> {
        let Permissions { owner, mode, .. } = directory;
        let path = path.to_owned();
        if !self.may_own(owner) {
            let user = self.user;
            return Err(SecretFileError::DirectoryOwner { path, owner, user });
        }
        if mode & 0o022 != 0 && mode & STICKY == 0 {
            return Err(SecretFileError::DirectoryMode { path, mode });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
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
}
