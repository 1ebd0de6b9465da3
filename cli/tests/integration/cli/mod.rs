//! Every subcommand that ends by itself, run as a process.

mod admin;
mod bench;
mod bucket;
mod check;
mod check_cost;
mod generated;
mod identify;
mod identify_lines;
mod schema;
pub(crate) mod schema_validator;
mod terminal;

use std::io::Write;
use std::ops::Deref;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

/// The outcome of a command line.
struct Ran {
    status: i32,
    stdout: String,
    stderr: String,
}

/// Returns the program with these arguments, without a terminal.
fn codeid<I: AsRef<std::ffi::OsStr>>(arguments: impl IntoIterator<Item = I>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_codeid"));
    command.args(arguments).stdin(Stdio::null());
    for variable in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE"] {
        command.env_remove(variable);
    }
    command
}

/// Runs the program with these arguments.
fn run<I: AsRef<std::ffi::OsStr>>(arguments: impl IntoIterator<Item = I>) -> Ran {
    Ran::from(codeid(arguments).output().unwrap())
}

/// Runs the program with these arguments and this standard input.
fn run_with_input<I: AsRef<std::ffi::OsStr>>(
    arguments: impl IntoIterator<Item = I>,
    input: impl AsRef<[u8]>,
) -> Ran {
    let mut command = codeid(arguments);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.as_ref();
    std::thread::scope(|scope| {
        // Writing fails if the program closes its input early, which these tests allow.
        scope.spawn(move || stdin.write_all(input));
        Ran::from(child.wait_with_output().unwrap())
    })
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            status: output.status.code().expect("the program ended by itself"),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// A file that is removed on drop.
struct TestFile(PathBuf);

impl Deref for TestFile {
    type Target = PathBuf;

    fn deref(&self) -> &PathBuf {
        &self.0
    }
}

impl Drop for TestFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Creates a file with this content. No other test may use its name.
fn file(name: &str, content: impl AsRef<[u8]>) -> TestFile {
    let name = format!("cli-{}-{name}", std::process::id());
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, content).unwrap();
    TestFile(path)
}

/// Returns the path of a file of the project.
fn project_file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .join(name)
}

#[test]
fn misuse_exits_2() {
    for arguments in [
        &["no-such-command"][..],
        &["check"],
        &["check", "--no-such-option", "x"],
        &["identify", "--open-id", "user-42"],
        &["identify", "code"],
        &["identify", "code", "--open-id", "user-42", "--file", "-"],
        &["man", "admin", "--all", "pages"],
        &[
            "identify",
            "--file",
            "-",
            "--open-id",
            "user-42",
            "--routes",
            "-",
        ],
        &["bucket", "group"],
        &["completions", "no-such-shell"],
        &["man", "no-such-command"],
        &["man", "admin", "no-such-command"],
        &["admin", "no-such-command"],
        &["admin", "apply"],
        &["admin", "explain", "code"],
        &["top", "--count", "0"],
    ] {
        let ran = run(arguments);
        assert_eq!((ran.status, &*ran.stdout), (2, ""), "{arguments:?}");
        assert!(
            ran.stderr.starts_with("error: "),
            "{arguments:?}: {}",
            ran.stderr
        );
    }
}

#[test]
fn help_lists_the_exit_statuses() {
    for arguments in [
        &["--help"][..],
        &["identify", "--help"],
        &["check", "--help"],
        &["bench", "--help"],
        &["admin", "--help"],
        &["admin", "apply", "--help"],
        &["top", "--help"],
    ] {
        let ran = run(arguments);
        assert_eq!(ran.status, 0);
        assert!(ran.stdout.contains("Exit status: 0 "), "{}", ran.stdout);
    }
}

#[test]
fn output_without_a_terminal_has_no_colours() {
    for arguments in [
        &["--help"][..],
        &["identify", "x", "--open-id", "y"],
        &["check", "/"],
    ] {
        let ran = run(arguments);
        assert!(
            !ran.stdout.contains('\x1b') && !ran.stderr.contains('\x1b'),
            "{arguments:?}"
        );
    }
    let mut command = codeid(["check", "/"]);
    let forced = Ran::from(command.env("CLICOLOR_FORCE", "1").output().unwrap());
    assert!(forced.stdout.contains("\x1b["), "{}", forced.stdout);
    let refused = Ran::from(command.env("NO_COLOR", "1").output().unwrap());
    assert!(!refused.stdout.contains('\x1b'), "{}", refused.stdout);
}
