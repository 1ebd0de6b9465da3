//! The directory entries that determine what a path resolves to.

use std::ffi::OsString;
use std::fs;
use std::path::{Component, Path, PathBuf};

/// The number of symbolic links that the kernel follows in one path.
const MAX_LINKS: usize = 40;

/// A name in a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct WatchPoint {
    /// A path without symbolic links.
    pub(super) directory: PathBuf,
    /// The last part of the path; it need not exist.
    pub(super) name: OsString,
}

/// Returns the directory entry of each symbolic link that resolving the absolute `path` follows,
/// and last the entry where resolving ends: the file, or the first name that is missing.
///
/// Any change that makes the path resolve to another file changes one of these entries, except a
/// rename of a directory further up.
pub(super) fn watch_points(path: &Path) -> Vec<WatchPoint> {
    let mut points = Vec::new();
    let mut directory = PathBuf::from("/");
    // The components still to resolve, the next one last.
    let mut rest = reversed(path);
    while let Some(component) = rest.pop() {
        let name = match component {
            Step::Root => {
                directory = PathBuf::from("/");
                continue;
            }
            Step::Up => {
                directory.pop();
                continue;
            }
            Step::Down(name) => name,
        };
        let here = directory.join(&name);
        let point = WatchPoint {
            directory: directory.clone(),
            name,
        };
        if let Ok(target) = fs::read_link(&here) {
            points.push(point);
            if points.len() > MAX_LINKS {
                break;
            }
            rest.append(&mut reversed(&target));
        } else if rest.is_empty() || !here.is_dir() {
            points.push(point);
            break;
        } else {
            directory = here;
        }
    }
    points
}

enum Step {
    Root,
    Up,
    Down(OsString),
}

fn reversed(path: &Path) -> Vec<Step> {
    path.components()
        .rev()
        .filter_map(|component| match component {
            Component::RootDir => Some(Step::Root),
            Component::ParentDir => Some(Step::Up),
            Component::Normal(name) => Some(Step::Down(name.to_owned())),
            Component::CurDir | Component::Prefix(_) => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    /// Returns the watch points of `path`, relative to `directory`.
    fn relative_points(directory: &Path, path: &str) -> Vec<String> {
        watch_points(&directory.join(path))
            .iter()
            .map(|point| point.directory.join(&point.name))
            .map(|point| {
                let point = point.strip_prefix(directory).unwrap_or(&point);
                point.display().to_string()
            })
            .collect()
    }

    #[test]
    fn every_link_of_a_path_is_a_watch_point_and_so_is_its_end() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().canonicalize().unwrap();
        for name in ["config/..1", "other/deep"] {
            fs::create_dir_all(root.join(name)).unwrap();
        }
        fs::write(root.join("config/..1/routes.json"), "").unwrap();
        fs::write(root.join("other/file"), "").unwrap();
        for (target, link) in [
            ("..1", "config/..data"),
            ("..data/routes.json", "config/routes.json"),
            ("deep/../file", "other/link"),
            ("config", "current"),
            ("loop", "loop"),
            ("missing/file", "dangling"),
        ] {
            symlink(target, root.join(link)).unwrap();
        }
        symlink(root.join("other"), root.join("absolute")).unwrap();
        let table: [(&str, &[&str]); 9] = [
            ("other/file", &["other/file"]),
            ("other/./deep/../file", &["other/file"]),
            (
                "config/routes.json",
                &[
                    "config/routes.json",
                    "config/..data",
                    "config/..1/routes.json",
                ],
            ),
            (
                "current/routes.json",
                &[
                    "current",
                    "config/routes.json",
                    "config/..data",
                    "config/..1/routes.json",
                ],
            ),
            ("absolute/link", &["absolute", "other/link", "other/file"]),
            ("config/..2/routes.json", &["config/..2"]),
            ("dangling", &["dangling", "missing"]),
            ("other/file/below", &["other/file"]),
            ("other", &["other"]),
        ];
        for (path, expected) in table {
            assert_eq!(relative_points(&root, path), expected, "{path}");
        }
        assert_eq!(relative_points(&root, "loop").len(), MAX_LINKS + 1);
        assert_eq!(watch_points(Path::new("/")), []);
    }
}
