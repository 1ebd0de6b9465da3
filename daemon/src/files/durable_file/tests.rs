//! T6: whatever step fails, and wherever the process dies, the file is the old one or the new one.

use std::cell::{Cell, RefCell};
use std::env;
use std::error::Error as _;
use std::io::Write;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::os::unix::process::ExitStatusExt;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, ScopedJoinHandle};

use nix::libc;
use tempfile::TempDir;

use super::*;
use crate::error_chain::ErrorChain;

const OLD: &[u8] = b"the old content";
const NEW: &[u8] = &[b'n'; 128 << 10];

/// The environment variable that names the file to replace to the child process of
/// [`a_full_disk_leaves_the_old_file`].
const CHILD: &str = "CODEID_TEST_REPLACE";

/// A disk that fails at one step, or from that step on.
struct Faulty {
    step: Cell<usize>,
    fails_at: usize,
    /// `true` if the later steps fail as well, as if the process had died.
    crashes: bool,
    errno: i32,
    done: RefCell<Vec<String>>,
}

impl Faulty {
    fn new(fails_at: usize, crashes: bool, errno: i32) -> Self {
        Self {
            step: Cell::new(0),
            fails_at,
            crashes,
            errno,
            done: RefCell::default(),
        }
    }

    /// Counts a step, and fails it if it is the one to fail.
    fn step(&self, step: &str) -> io::Result<()> {
        let number = self.step.replace(self.step.get() + 1);
        self.done.borrow_mut().push(step.to_owned());
        if number == self.fails_at || (self.crashes && number > self.fails_at) {
            return Err(io::Error::from_raw_os_error(self.errno));
        }
        Ok(())
    }

    fn has_failed(&self) -> bool {
        self.step.get() > self.fails_at
    }
}

impl Disk for Faulty {
    fn make_directory(&self, path: &Path) -> io::Result<()> {
        self.step("make directory")?;
        System.make_directory(path)
    }

    fn create(&self, path: &Path) -> io::Result<File> {
        self.step("create")?;
        System.create(path)
    }

    fn write(&self, file: &mut File, bytes: &[u8]) -> io::Result<()> {
        if let Err(error) = self.step("write") {
            System.write(file, &bytes[..bytes.len() / 2])?;
            return Err(error);
        }
        System.write(file, bytes)
    }

    fn flush(&self, file: &File) -> io::Result<()> {
        self.step("flush")?;
        System.flush(file)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.step("rename")?;
        System.rename(from, to)
    }

    fn flush_directory(&self, path: &Path) -> io::Result<()> {
        self.step("flush directory")?;
        System.flush_directory(path)
    }

    fn remove_abandoned(&self, path: &Path) -> io::Result<()> {
        self.step("remove abandoned")?;
        System.remove_abandoned(path)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.step("remove")?;
        System.remove(path)
    }
}

/// Returns a directory and the path of the old file in it.
fn directory_with_old_file() -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("file.json");
    fs::write(&path, OLD).unwrap();
    (directory, path)
}

fn names_in(directory: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort_unstable();
    names
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn a_replaced_file_is_for_its_owner_alone() {
    let (directory, path) = directory_with_old_file();
    let before = fs::metadata(&path).unwrap().ino();
    replace(&path, NEW).unwrap();
    assert_eq!(fs::read(&path).unwrap(), NEW);
    assert_eq!(mode(&path), 0o600);
    assert_ne!(fs::metadata(&path).unwrap().ino(), before);
    assert_eq!(names_in(directory.path()), ["file.json"]);
}

#[test]
fn missing_directories_are_made_and_flushed() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a/b/file.json");
    let disk = Faulty::new(usize::MAX, false, 0);
    replace_on(&disk, &path, NEW).unwrap();
    let expected = [
        "make directory",
        "flush directory",
        "make directory",
        "flush directory",
        "create",
        "write",
        "flush",
        "rename",
        "flush directory",
    ];
    assert_eq!(*disk.done.borrow(), expected);
    assert_eq!(mode(&directory.path().join("a")), 0o700);
    assert_eq!(mode(&directory.path().join("a/b")), 0o700);
    assert_eq!(fs::read(&path).unwrap(), NEW);
}

#[test]
fn a_failed_step_leaves_a_whole_file_and_no_temporary_one() {
    for errno in [libc::EIO, libc::ENOSPC, libc::EDQUOT, libc::EROFS] {
        for step in 0.. {
            let (directory, path) = directory_with_old_file();
            let disk = Faulty::new(step, false, errno);
            let outcome = replace_on(&disk, &path, NEW);
            if !disk.has_failed() {
                assert_eq!(step, 5, "each step of a replacement was failed once");
                break;
            }
            let error = outcome.unwrap_err();
            let cause = io::Error::from_raw_os_error(errno).to_string();
            assert_eq!(error.source().unwrap().to_string(), cause);
            let content = fs::read(&path).unwrap();
            // Step 4 flushes the directory, after the rename.
            assert!(content == if step == 4 { NEW } else { OLD }, "step {step}");
            assert_eq!(names_in(directory.path()), ["file.json"], "step {step}");
            replace(&path, NEW).unwrap();
            assert_eq!(fs::read(&path).unwrap(), NEW);
        }
    }
}

#[test]
fn after_a_crash_at_any_step_the_file_is_whole_and_the_next_writer_cleans_up() {
    for below in ["", "a/b"] {
        for step in 0.. {
            let directory = tempfile::tempdir().unwrap();
            let path = directory.path().join(below).join("file.json");
            let existed = below.is_empty();
            if existed {
                fs::write(&path, OLD).unwrap();
            }
            let disk = Faulty::new(step, true, libc::EIO);
            let outcome = replace_on(&disk, &path, NEW);
            if !disk.has_failed() {
                outcome.unwrap();
                break;
            }
            match fs::read(&path) {
                Ok(content) => assert!(content == NEW || (existed && content == OLD)),
                Err(error) => assert!(!existed && error.kind() == ErrorKind::NotFound),
            }
            replace(&path, NEW).unwrap();
            assert_eq!(fs::read(&path).unwrap(), NEW);
            assert_eq!(names_in(path.parent().unwrap()), ["file.json"]);
        }
    }
}

#[test]
fn a_full_disk_leaves_the_old_file() {
    if let Some(path) = env::var_os(CHILD) {
        let error = replace(Path::new(&path), NEW).unwrap_err().to_string();
        assert!(error.contains("write"), "{error}");
        return;
    }
    let test = thread::current().name().unwrap().to_owned();
    // With the signal ignored, the write fails at the limit as it does on a full disk; otherwise
    // the kernel kills the process there.
    for (prepare, signal) in [("trap '' XFSZ", None), (":", Some(libc::SIGXFSZ))] {
        let (directory, path) = directory_with_old_file();
        let script =
            format!("{prepare}; ulimit -c 0; ulimit -f 8; exec \"$0\" --exact {test} --nocapture");
        let output = Command::new("sh")
            .arg("-c")
            .arg(script)
            .arg(env::current_exe().unwrap())
            .env(CHILD, &path)
            .output()
            .unwrap();
        assert_eq!(output.status.signal(), signal, "{output:?}");
        assert!(signal.is_some() || output.status.success(), "{output:?}");
        assert_eq!(fs::read(&path).unwrap(), OLD);
        let left_behind = usize::from(signal.is_some());
        assert_eq!(names_in(directory.path()).len(), 1 + left_behind);
        replace(&path, NEW).unwrap();
        assert_eq!(names_in(directory.path()), ["file.json"]);
    }
}

#[test]
fn only_files_of_dead_writers_are_removed() {
    let (directory, path) = directory_with_old_file();
    let in_directory = |name: &str| directory.path().join(name);
    let alive = temporary_name(OsStr::new("file.json"));
    let mut writer = System.create(&directory.path().join(&alive)).unwrap();
    writer.write_all(b"half").unwrap();
    fs::write(in_directory(".file.json.0123456789abcdef.tmp"), "").unwrap();
    let others = [
        ".file.json.0123456789abcde.tmp",
        ".file.json.0123456789abcdeg.tmp",
        ".other.json.0123456789abcdef.tmp",
        "file.json.0123456789abcdef.tmp",
    ];
    for name in others {
        fs::write(in_directory(name), "").unwrap();
    }
    symlink(&path, in_directory(".file.json.00000000000000aa.tmp")).unwrap();
    replace(&path, NEW).unwrap();

    let mut expected: Vec<_> = others.map(str::to_owned).into();
    expected.push(alive.into_string().unwrap());
    expected.push("file.json".to_owned());
    expected.push(".file.json.00000000000000aa.tmp".to_owned());
    expected.sort_unstable();
    assert_eq!(names_in(directory.path()), expected);
}

#[test]
fn a_symbolic_link_stays_and_its_target_is_replaced() {
    let directory = tempfile::tempdir().unwrap();
    let in_directory = |name: &str| directory.path().join(name);
    fs::create_dir_all(in_directory("volume/deep")).unwrap();
    fs::write(in_directory("volume/file.json"), OLD).unwrap();
    symlink("volume/link.json", in_directory("link.json")).unwrap();
    symlink("deep/../file.json", in_directory("volume/link.json")).unwrap();
    symlink("volume/new/file.json", in_directory("dangling.json")).unwrap();
    for (link, target) in [
        ("link.json", "volume/file.json"),
        ("dangling.json", "volume/new/file.json"),
    ] {
        replace(&in_directory(link), NEW).unwrap();
        assert!(in_directory(link).is_symlink());
        assert!(!in_directory(target).is_symlink());
        assert_eq!(fs::read(in_directory(target)).unwrap(), NEW);
    }
}

#[test]
fn anything_but_a_file_is_not_replaced() {
    let (directory, path) = directory_with_old_file();
    let in_directory = |name: &str| directory.path().join(name);
    fs::create_dir(in_directory("directory")).unwrap();
    symlink("/dev/null", in_directory("null")).unwrap();
    symlink("loop", in_directory("loop")).unwrap();
    for (path, expected) in [
        (in_directory("directory"), "it is a directory, not a file"),
        (
            in_directory("null"),
            "cannot replace /dev/null: it is a device, not a file",
        ),
        (
            in_directory("loop"),
            "it leads over more than 40 symbolic links",
        ),
        (directory.path().join(".."), "it is a directory, not a file"),
        (path.join("below"), "Not a directory"),
        // Not even root can create a file in /proc.
        (
            "/proc/codeid.json".into(),
            "cannot create /proc/.codeid.json.",
        ),
    ] {
        let error = replace(&path, NEW).unwrap_err();
        let error = ErrorChain(&error).to_string();
        assert!(error.contains(expected), "{error}");
    }
    assert_eq!(fs::read(&path).unwrap(), OLD);
}

#[test]
fn concurrent_readers_and_writers_never_see_half_a_file() {
    let (directory, path) = directory_with_old_file();
    let contents: [&[u8]; 3] = [&[b'a'; 60_000], &[b'b'; 70_000], &[b'c'; 10]];
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        let reader = scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                let content = fs::read(&path).unwrap();
                assert!(content == OLD || contents.contains(&content.as_slice()));
            }
        });
        let writers = contents.map(|content| {
            let path = &path;
            scope.spawn(move || {
                for _ in 0..40 {
                    replace(path, content).unwrap();
                }
            })
        });
        let ended = writers.map(ScopedJoinHandle::join);
        stop.store(true, Ordering::Relaxed);
        reader.join().unwrap();
        assert!(ended.iter().all(Result::is_ok));
    });
    assert_eq!(names_in(directory.path()), ["file.json"]);
}

#[test]
fn a_file_whose_removal_fails_at_any_step_is_whole_or_gone() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("file");
    let steps = ["remove", "flush directory"];
    for (at, step) in steps.into_iter().enumerate() {
        fs::write(&path, OLD).unwrap();
        let disk = Faulty::new(at, false, libc::EIO);
        let error = ErrorChain(&remove_on(&disk, &path).unwrap_err()).to_string();
        assert!(
            error.ends_with("Input/output error (os error 5)"),
            "{step}: {error}"
        );
        assert_eq!(disk.done.borrow()[..], steps[..=at]);
        assert_eq!(fs::read(&path).ok(), (at == 0).then(|| OLD.to_vec()));
        // Another try flushes the directory, even if the file is gone.
        let disk = Faulty::new(usize::MAX, false, 0);
        assert_eq!(remove_on(&disk, &path).unwrap(), at == 0);
        assert_eq!(disk.done.borrow().last().unwrap(), "flush directory");
    }
}

#[test]
fn the_file_at_the_end_of_links_is_removed_and_the_links_stay() {
    let directory = tempfile::tempdir().unwrap();
    let (link, target) = (
        directory.path().join("link"),
        directory.path().join("target"),
    );
    fs::write(&target, OLD).unwrap();
    symlink("target", &link).unwrap();
    assert!(remove(&link).unwrap());
    assert!(!target.exists() && link.is_symlink());
    assert!(!remove(&link).unwrap());
    assert!(!remove(&directory.path().join("none/file")).unwrap());
    let error = ErrorChain(&remove(directory.path()).unwrap_err()).to_string();
    assert!(
        error.starts_with("cannot remove ") && error.ends_with("it is a directory, not a file"),
        "{error}"
    );
}
