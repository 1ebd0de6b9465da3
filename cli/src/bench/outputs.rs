//! The files that `codeid bench` writes: none may be another one, or a file that is read.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use codeid_daemon::uri::shown_path;

/// The most symbolic links that are followed from a path, as in Linux.
const MAX_LINKS: usize = 40;

/// A place of the file system. However two paths are written, they lead to one file if and only if they
/// have the same place.
#[derive(PartialEq, Eq)]
enum Place {
    /// A file that exists, by its device and inode.
    File(u64, u64),
    /// A file that does not exist, by the device and inode of its directory, and its name.
    New(u64, u64, OsString),
}

/// The error for a file that one option writes and another one writes or reads.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{option} and {other} must not name the same file: {}",
    shown_path(path)
)]
pub(super) struct SameFile {
    option: &'static str,
    other: &'static str,
    /// The path that `option` gives.
    path: PathBuf,
}

/// Checks that each of `outputs`, options with their paths, is a file of its own, and none of `inputs`.
///
/// A path that leads nowhere is not compared: it cannot be written or read.
///
/// # Errors
///
/// [`SameFile`] for the first of `outputs` that is another one, or one of `inputs`.
pub(super) fn check(
    outputs: &[(&'static str, &Path)],
    inputs: &[(&'static str, &Path)],
) -> Result<(), SameFile> {
    for (index, (option, path)) in outputs.iter().enumerate() {
        let Ok(place) = place(path) else {
            continue;
        };
        let mut others = inputs.iter().chain(&outputs[index + 1..]);
        let same = others.find(|(_, other)| self::place(other).is_ok_and(|other| other == place));
        if let Some((other, _)) = same {
            return Err(SameFile {
                option,
                other,
                path: (*path).to_owned(),
            });
        }
    }
    Ok(())
}

fn place(path: &Path) -> io::Result<Place> {
    let mut path = path.to_owned();
    for _ in 0..MAX_LINKS {
        match fs::metadata(&path) {
            Ok(file) => return Ok(Place::File(file.dev(), file.ino())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        let directory = directory_of(&path);
        match fs::read_link(&path) {
            // A link that leads to nothing: writing creates the file to which it leads.
            Ok(target) => path = directory.join(target),
            Err(_) => {
                let name = path.file_name().ok_or(io::ErrorKind::NotFound)?;
                let directory = fs::metadata(directory)?;
                return Ok(Place::New(
                    directory.dev(),
                    directory.ino(),
                    name.to_owned(),
                ));
            }
        }
    }
    Err(io::ErrorKind::NotFound.into())
}

fn directory_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_file_is_known_however_its_path_is_written() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        fs::create_dir(at("below")).unwrap();
        symlink("below", at("other")).unwrap();
        fs::write(at("codes.svg"), "28\n").unwrap();
        symlink("codes.svg", at("link.svg")).unwrap();
        fs::hard_link(at("codes.svg"), at("hard.svg")).unwrap();
        symlink("below/new.svg", at("dangling.svg")).unwrap();
        symlink("dangling.svg", at("twice.svg")).unwrap();
        symlink("loop.svg", at("loop.svg")).unwrap();
        for (one, other) in [
            ("codes.svg", "below/../codes.svg"),
            ("codes.svg", "./codes.svg"),
            ("codes.svg", "link.svg"),
            ("hard.svg", "link.svg"),
            ("new.svg", "./new.svg"),
            ("below/new.svg", "other/new.svg"),
            ("below/new.svg", "dangling.svg"),
            ("other/new.svg", "twice.svg"),
        ] {
            let (one, other) = (at(one), at(other));
            for (one, other) in [(&one, &other), (&other, &one)] {
                let two = [("--hdr", &**one), ("--plot", &**other)];
                let message = check(&two, &[]).unwrap_err().to_string();
                let path = shown_path(one);
                let expected = format!("--hdr and --plot must not name the same file: {path}");
                assert_eq!(message, expected);
                let read = [("--codes", &**other)];
                let message = check(&two[..1], &read).unwrap_err().to_string();
                assert!(
                    message.starts_with("--hdr and --codes must not"),
                    "{message}"
                );
            }
        }
        for (one, other) in [
            ("codes.svg", "new.svg"),
            ("new.svg", "below/new.svg"),
            ("loop.svg", "codes.svg"),
            ("missing/new.svg", "missing/new.svg"),
        ] {
            let two = [("--hdr", &*at(one)), ("--plot", &*at(other))];
            assert_eq!(
                check(&two, &[("--saved", &*at("below"))]),
                Ok(()),
                "{one}, {other}"
            );
        }
    }
}
