//! The places on which it depends what a path leads to.

use std::ffi::OsString;
use std::fs;
use std::path::{Component, Path, PathBuf};

/// How many links the kernel follows in one path.
const MAX_LINKS: usize = 40;

/// A name in a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// A path without links.
    pub(super) directory: PathBuf,
    pub(super) name: OsString,
}

/// Where each link on the way of the absolute `path` lies, and last where the way ends: with the
/// file, or with the first name that is missing.
///
/// Whatever makes the path lead to another file happens in one of these places, but for renaming a
/// directory further up.
pub(super) fn places(path: &Path) -> Vec<Place> {
    let mut places = Vec::new();
    let mut directory = PathBuf::from("/");
    // What is left of the way, the next component last.
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
        let place = Place {
            directory: directory.clone(),
            name,
        };
        if let Ok(target) = fs::read_link(&here) {
            places.push(place);
            if places.len() > MAX_LINKS {
                break;
            }
            rest.append(&mut reversed(&target));
        } else if rest.is_empty() || !here.is_dir() {
            places.push(place);
            break;
        } else {
            directory = here;
        }
    }
    places
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

    /// The places of `path`, relative to `directory`.
    fn found(directory: &Path, path: &str) -> Vec<String> {
        places(&directory.join(path))
            .iter()
            .map(|place| place.directory.join(&place.name))
            .map(|place| {
                let place = place.strip_prefix(directory).unwrap_or(&place);
                place.display().to_string()
            })
            .collect()
    }

    #[test]
    fn every_link_is_a_place_and_so_is_the_end_of_the_way() {
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
            assert_eq!(found(&root, path), expected, "{path}");
        }
        assert_eq!(found(&root, "loop").len(), MAX_LINKS + 1);
        assert_eq!(places(Path::new("/")), []);
    }
}
