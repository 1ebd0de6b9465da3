//! The usual ways to replace a file, by hand and by programs.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;
use std::thread::sleep;
use std::time::Duration;

/// Replaces the content of the file at a path by a text.
pub(super) type Replace = fn(&Path, &str);

/// The ways and their names. They are tried in this order, on one file.
pub(super) const WAYS: &[(&str, Replace)] = &[
    ("write in place", |path, text| {
        fs::write(path, text).unwrap()
    }),
    ("rename over", |path, text| {
        let temporary = path.with_extension("tmp");
        fs::write(&temporary, text).unwrap();
        fs::rename(temporary, path).unwrap();
    }),
    ("rename away, write again", |path, text| {
        let backup = path.with_extension("json~");
        fs::rename(path, &backup).unwrap();
        fs::write(path, text).unwrap();
        fs::remove_file(backup).unwrap();
    }),
    ("delete, create after a while", |path, text| {
        fs::remove_file(path).unwrap();
        sleep(Duration::from_millis(120));
        fs::write(path, text).unwrap();
    }),
    ("truncate, write in pieces with stalls", |path, text| {
        let mut file = File::create(path).unwrap();
        for piece in text.as_bytes().chunks(text.len() / 3 + 1) {
            // Longer than the debounce time.
            sleep(Duration::from_millis(80));
            file.write_all(piece).unwrap();
        }
    }),
    ("truncate, write after half a second", |path, text| {
        let mut file = File::create(path).unwrap();
        sleep(Duration::from_millis(500));
        file.write_all(text.as_bytes()).unwrap();
    }),
    (
        "truncate, stall within the text for half a second",
        |path, text| {
            let mut file = File::create(path).unwrap();
            let (first, second) = text.split_at(text.len() / 2);
            file.write_all(first.as_bytes()).unwrap();
            sleep(Duration::from_millis(500));
            file.write_all(second.as_bytes()).unwrap();
        },
    ),
    ("truncate, append in pieces without stalls", |path, text| {
        File::create(path).unwrap();
        for piece in text.as_bytes().chunks(7) {
            let mut file = OpenOptions::new().append(true).open(path).unwrap();
            file.write_all(piece).unwrap();
        }
    }),
    ("cp", |path, text| {
        let source = path.with_extension("source");
        fs::write(&source, text).unwrap();
        run("cp", &[&source, path]);
    }),
    ("mv", |path, text| {
        let source = path.with_extension("source");
        fs::write(&source, text).unwrap();
        run("mv", &[&source, path]);
    }),
    ("shell redirection", |path, text| {
        let script = format!("printf %s '{text}' > '{}'", path.display());
        shell(&script);
    }),
    ("sed -i", |path, text| {
        let script = format!("sed -i '1s|.*|{text}|' '{}'", path.display());
        shell(&script);
    }),
    ("link replaced by a link to another file", |path, text| {
        let target = path.with_extension(format!("{}.target", text.len()));
        fs::write(&target, text).unwrap();
        let link = path.with_extension("link");
        symlink(&target, &link).unwrap();
        fs::rename(link, path).unwrap();
    }),
    ("write to where the link leads", |path, text| {
        fs::write(path.canonicalize().unwrap(), text).unwrap();
    }),
    ("a file in the place of the link", |path, text| {
        fs::remove_file(path).unwrap();
        fs::write(path, text).unwrap();
    }),
    ("hard link", |path, text| {
        let other = path.with_extension("other");
        fs::write(&other, text).unwrap();
        fs::remove_file(path).unwrap();
        fs::hard_link(&other, path).unwrap();
        fs::remove_file(other).unwrap();
    }),
];

fn run(program: &str, paths: &[&Path]) {
    assert!(
        Command::new(program)
            .args(paths)
            .status()
            .unwrap()
            .success()
    );
}

fn shell(script: &str) {
    assert!(
        Command::new("sh")
            .args(["-c", script])
            .status()
            .unwrap()
            .success()
    );
}
