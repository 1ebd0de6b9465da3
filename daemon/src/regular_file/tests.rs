//! Files that are read and written, and things that are not files.

use nix::sys::stat::Mode;
use nix::unistd::mkfifo;
use std::os::unix::net::UnixListener;

use super::*;
use crate::error_chain::ErrorChain;

#[test]
fn a_file_is_read_up_to_the_limit() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("file");
    fs::write(&path, "12345").unwrap();
    assert_eq!(read(&path, 5).unwrap().bytes, b"12345");
    assert_eq!(
        read(&path, 4).unwrap_err().to_string(),
        "it has more than 4 bytes"
    );
    fs::write(&path, "").unwrap();
    assert_eq!(read(&path, 0).unwrap().bytes, b"");
}

#[test]
fn anything_but_a_file_is_rejected_without_waiting() {
    let directory = tempfile::tempdir().unwrap();
    let in_directory = |name: &str| directory.path().join(name);
    let fifo = in_directory("fifo");
    mkfifo(&fifo, Mode::S_IRUSR).unwrap();
    let socket = in_directory("socket");
    let _listener = UnixListener::bind(&socket).unwrap();
    let loop_link = in_directory("loop");
    std::os::unix::fs::symlink("loop", &loop_link).unwrap();
    fs::write(in_directory("file"), "").unwrap();
    let table = [
        (fifo, "it is a FIFO, not a file"),
        (socket, "it is a socket, not a file"),
        ("/dev/zero".into(), "it is a device, not a file"),
        (directory.path().to_owned(), "it is a directory, not a file"),
        (in_directory("missing"), "there is no such file"),
        (in_directory("missing/file"), "there is no such file"),
        (
            in_directory("file/below"),
            "it cannot be read: Not a directory",
        ),
        (loop_link, "it cannot be read: "),
    ];
    for (path, expected) in table {
        let error = read(&path, 100).unwrap_err();
        let error = ErrorChain(&error).to_string();
        assert!(error.starts_with(expected), "{}: {error}", path.display());
    }
}

#[test]
fn nothing_but_a_file_is_written() {
    let directory = tempfile::tempdir().unwrap();
    let in_directory = |name: &str| directory.path().join(name);
    let fifo = in_directory("fifo");
    mkfifo(&fifo, Mode::S_IRWXU).unwrap();
    // With a reader, a FIFO could be opened without waiting.
    let _reader = File::from(
        nix::fcntl::open(&fifo, OFlag::O_RDONLY | OFlag::O_NONBLOCK, Mode::empty()).unwrap(),
    );
    for (path, expected) in [
        (fifo, "it is a FIFO, not a file"),
        (directory.path().to_owned(), "it is a directory, not a file"),
        ("/dev/full".into(), "it is a device, not a file"),
    ] {
        let error = write(&path, b"1").unwrap_err().to_string();
        assert_eq!(error, expected);
        let error = open_with(OpenOptions::new().append(true).create(true), &path);
        assert_eq!(error.unwrap_err().to_string(), expected);
        let error = require_file_or_nothing(&path).unwrap_err().to_string();
        assert_eq!(error, expected);
    }
    let file = in_directory("file");
    for content in ["12", "3"] {
        write(&file, content.as_bytes()).unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), content);
    }
    let link = in_directory("link");
    std::os::unix::fs::symlink("missing", &link).unwrap();
    for path in [&file, &in_directory("missing"), &link] {
        require_writable(path).unwrap();
        require_file_or_nothing(path).unwrap();
    }
    assert_eq!(fs::read_to_string(&file).unwrap(), "3");
    assert!(!in_directory("missing").exists());
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    let error = write(&in_directory("missing/file"), b"1").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

#[test]
fn setting_the_modification_time_back_does_not_make_a_file_look_untouched() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("file");
    fs::write(&path, "1").unwrap();
    File::open(&path)
        .unwrap()
        .set_modified(SystemTime::UNIX_EPOCH)
        .unwrap();
    assert!(read(&path, 1).unwrap().untouched_for < Duration::from_secs(60));
}
