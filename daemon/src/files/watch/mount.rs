//! Recognizes a file that is a mount point itself, such as a Kubernetes `subPath`. Such a file
//! stays the same for as long as the mount lasts, whatever replaces it outside.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// Returns `true` if something is mounted exactly where `path` leads. Returns `false` if `path` leads
/// nowhere or the system does not list its mounts. Blocks.
pub(super) fn is_mount_point(path: &Path) -> bool {
    let Ok(path) = path.canonicalize() else {
        return false;
    };
    fs::read("/proc/self/mountinfo").is_ok_and(|mounts| names(&mounts, &path))
}

/// Returns `true` if `mounts`, in the format of proc_pid_mountinfo(5), names `path` as a mount
/// point.
fn names(mounts: &[u8], path: &Path) -> bool {
    mounts
        .split(|&byte| byte == b'\n')
        .filter_map(|line| line.split(|&byte| byte == b' ').nth(4))
        .any(|mount_point| unescape(mount_point) == path.as_os_str().as_bytes())
}

/// Undoes the kernel's escapes of blanks, line feeds and backslashes: `\` and three octal digits.
fn unescape(text: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&first, after)) = rest.split_first() {
        let escaped = after
            .split_at_checked(3)
            .filter(|_| first == b'\\')
            .and_then(|(digits, rest)| {
                let digits = std::str::from_utf8(digits).ok()?;
                Some((u8::from_str_radix(digits, 8).ok()?, rest))
            });
        match escaped {
            Some((byte, after)) => {
                bytes.push(byte);
                rest = after;
            }
            None => {
                bytes.push(first);
                rest = after;
            }
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mount_point_is_found_whatever_its_name() {
        let mounts = b"22 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw\n\
            36 22 8:1 /srv/routes.json /etc/codeid/routes.json rw - ext4 /dev/sda1 rw\n\
            37 22 8:1 /x /mnt/a\\040b\\134c ro shared:1 - ext4 /dev/sda1 rw\n";
        for (path, expected) in [
            ("/", true),
            ("/etc/codeid/routes.json", true),
            ("/mnt/a b\\c", true),
            ("/etc/codeid", false),
            ("/srv/routes.json", false),
            ("/mnt/a", false),
        ] {
            assert_eq!(names(mounts, Path::new(path)), expected, "{path}");
        }
        assert!(!names(b"", Path::new("/")));
        assert!(!names(b"1 2 3\n\n\\", Path::new("/")));
    }

    #[test]
    fn the_root_is_a_mount_point_and_a_new_file_is_not() {
        assert!(is_mount_point(Path::new("/")));
        let file = tempfile::NamedTempFile::new().unwrap();
        assert!(!is_mount_point(file.path()));
        assert!(!is_mount_point(Path::new("/missing")));
    }
}
