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
mod tests;
