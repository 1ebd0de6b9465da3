//! The directory of a Unix socket: made with the permissions and the group of the settings.

use std::fs::{self, DirBuilder, Metadata, OpenOptions, Permissions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};

use nix::fcntl::OFlag;
use nix::unistd::{Gid, geteuid};

/// The permissions of a directory that is made.
const MODE: u32 = 0o750;

/// The permissions until the directory has its group. The sticky bit marks it as unfinished, for the next
/// start if this one is killed.
const MODE_AT_FIRST: u32 = 0o1700;

/// Makes a directory, and those above it, as far as they are missing. Each that is made has the mode 0750
/// and the group, whatever the umask is; without a group, that of the process.
///
/// # Errors
///
/// An [`io::Error`], after which some of them may have been made.
pub(super) fn make(directory: &Path, group: Option<Gid>) -> io::Result<()> {
    match fs::metadata(directory) {
        Ok(metadata) if is_unfinished(&metadata) => return give_permissions(directory, group),
        Ok(_) => return Ok(()),
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    if let Some(above) = directory
        .parent()
        .filter(|above| !above.as_os_str().is_empty())
    {
        make(above, group)?;
    }
    match DirBuilder::new().mode(MODE_AT_FIRST).create(directory) {
        Ok(()) => give_permissions(directory, group),
        // Another process, or a `..` in the path, was first.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}

/// Returns `true` for a directory that a start made, and was killed before it gave it its permissions.
fn is_unfinished(metadata: &Metadata) -> bool {
    metadata.is_dir()
        && metadata.mode() & 0o7777 == MODE_AT_FIRST
        && metadata.uid() == geteuid().as_raw()
}

/// Gives a new directory its group, and only then its permissions.
fn give_permissions(directory: &Path, group: Option<Gid>) -> io::Result<()> {
    // Opened, so that both are given to the directory and not to what may have taken its place.
    let opened = OpenOptions::new()
        .read(true)
        .custom_flags((OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW).bits())
        .open(directory)?;
    if let Some(group) = group {
        fchown(&opened, None, Some(group.as_raw()))?;
    }
    opened.set_permissions(Permissions::from_mode(MODE))
}

/// Returns the lowest of `directory` and those above it in which a member of `group` cannot look up a name,
/// with its mode. Members of the group who have access for another reason are not considered.
///
/// # Errors
///
/// An [`io::Error`] if a directory cannot be inspected.
pub(super) fn find_closed_to(directory: &Path, group: Gid) -> io::Result<Option<(PathBuf, u32)>> {
    let directory = fs::canonicalize(directory)?;
    for directory in directory.ancestors() {
        let metadata = fs::metadata(directory)?;
        if !lets_in(&metadata, group) {
            return Ok(Some((directory.to_owned(), metadata.mode() & 0o7777)));
        }
    }
    Ok(None)
}

fn lets_in(directory: &Metadata, group: Gid) -> bool {
    let needed = match directory.gid() == group.as_raw() {
        true => 0o010,
        false => 0o001,
    };
    directory.mode() & needed != 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set_mode(path: &Path, mode: u32) {
        fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn every_directory_that_is_made_has_the_mode_and_the_group() {
        let root = tempfile::tempdir().unwrap();
        // Every user may give a directory their own group.
        let own = Gid::from_raw(fs::metadata(root.path()).unwrap().gid());
        set_mode(root.path(), 0o711);
        let directory = root.path().join("a/b/c");
        make(&directory, Some(own)).unwrap();
        for path in ["a", "a/b", "a/b/c"] {
            let metadata = fs::metadata(root.path().join(path)).unwrap();
            assert_eq!(metadata.mode() & 0o7777, 0o750, "{path}");
            assert_eq!(metadata.gid(), own.as_raw(), "{path}");
        }
        // What exists is left alone.
        set_mode(&directory, 0o700);
        make(&directory, Some(own)).unwrap();
        assert_eq!(fs::metadata(&directory).unwrap().mode() & 0o7777, 0o700);
        assert_eq!(fs::metadata(root.path()).unwrap().mode() & 0o7777, 0o711);
        // Unless a start was killed while it made it.
        set_mode(&directory, MODE_AT_FIRST);
        make(&directory, Some(own)).unwrap();
        assert_eq!(fs::metadata(&directory).unwrap().mode() & 0o7777, MODE);
        let file = root.path().join("file");
        fs::write(&file, "").unwrap();
        assert!(make(&file.join("x"), None).is_err());
    }

    #[test]
    fn the_directory_that_shuts_a_group_out_is_found() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path().canonicalize().unwrap();
        let own = fs::metadata(&root).unwrap().gid();
        let (outer, inner) = (root.join("outer"), root.join("outer/inner"));
        fs::create_dir_all(&inner).unwrap();
        let other = Gid::from_raw(own + 1);
        let own = Gid::from_raw(own);
        set_mode(&root, 0o711);
        for (outer_mode, inner_mode, of_own, of_other) in [
            (0o711, 0o711, None, None),
            (0o710, 0o711, None, Some((&outer, 0o710))),
            (0o711, 0o750, None, Some((&inner, 0o750))),
            (0o711, 0o740, Some((&inner, 0o740)), Some((&inner, 0o740))),
            (0o701, 0o701, Some((&inner, 0o701)), None),
            (0o700, 0o711, Some((&outer, 0o700)), Some((&outer, 0o700))),
        ] {
            set_mode(&outer, outer_mode);
            set_mode(&inner, inner_mode);
            for (group, expected) in [(own, of_own), (other, of_other)] {
                let found = find_closed_to(&inner, group).unwrap();
                let expected = expected.map(|(path, mode)| (path.clone(), mode));
                assert_eq!(found, expected, "{outer_mode:o} {inner_mode:o} {group}");
            }
        }
    }
}
