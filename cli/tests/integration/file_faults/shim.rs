//! The library that makes file operations fail, and the control of it.

use std::env;
use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::serve::daemon::Directory;

/// The length of the control file: a page, and the names of the operations.
const CONTROL_BYTES: u64 = 4096 + (SLOTS * SLOT) as u64;

/// The most operations whose names are recorded, and the bytes of each.
const SLOTS: usize = 2000;
const SLOT: usize = 128;

const EIO: i32 = 5;
const ENOSPC: i32 = 28;
const EROFS: i32 = 30;

/// The ways in which file operations fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// One operation fails, also one that only reads.
    Once,
    /// Every operation fails from one on: the disk is gone.
    Gone,
    /// The file system can only be read, from one operation on.
    ReadOnly,
    /// The disk is full from one operation on: the first write that meets it writes half.
    Full,
    /// The process is killed at one operation; a write has written half.
    Kill,
}

/// The control of the operations of one daemon at a time.
pub(super) struct Control {
    file: File,
    directory: Directory,
}

/// The operations since the control was armed.
#[derive(Debug)]
pub(super) struct Operations {
    /// `true` if one of them was made to fail.
    pub(super) is_hit: bool,
    /// Their names and paths, in order.
    pub(super) names: Vec<String>,
}

impl Fault {
    pub(super) const ALL: [Self; 5] = [
        Self::Once,
        Self::Gone,
        Self::ReadOnly,
        Self::Full,
        Self::Kill,
    ];

    /// Returns the fault as the library takes it: its kind, its error, and `true` if operations that only
    /// read are not counted.
    const fn code(self) -> (u32, i32, bool) {
        match self {
            Self::Once => (1, EIO, false),
            Self::Gone => (5, EIO, false),
            Self::ReadOnly => (2, EROFS, true),
            Self::Full => (3, ENOSPC, true),
            Self::Kill => (4, EIO, true),
        }
    }
}

impl Control {
    pub(super) fn new() -> Self {
        let directory = Directory::new();
        let path = directory.path().join("control");
        let options = &mut OpenOptions::new();
        let file = options.read(true).write(true).create(true).truncate(true);
        let file = file.open(path).unwrap();
        file.set_len(CONTROL_BYTES).unwrap();
        Self { file, directory }
    }

    /// Lets the library control a program that works in `directory`.
    pub(super) fn add_to(&self, command: &mut Command, directory: &Path) {
        command
            .env("LD_PRELOAD", library())
            .env("FILE_FAULTS_CONTROL", self.directory.path().join("control"))
            .env("FILE_FAULTS_DIRECTORY", directory);
    }

    /// Begins to count operations, and makes the `n`th fail.
    pub(super) fn arm(&self, fault: Fault, n: u64) {
        let (kind, error, changes_only) = fault.code();
        let mut bytes = Vec::new();
        bytes.extend(kind.to_ne_bytes());
        bytes.extend(u32::from(changes_only).to_ne_bytes());
        bytes.extend(error.to_ne_bytes());
        bytes.extend(n.to_ne_bytes());
        bytes.extend(0_u64.to_ne_bytes());
        bytes.extend(0_u32.to_ne_bytes());
        self.file.write_all_at(&bytes, 4).unwrap();
        self.file.write_all_at(&1_u32.to_ne_bytes(), 0).unwrap();
    }

    /// Lets all operations succeed from now on.
    pub(super) fn disarm(&self) -> Operations {
        self.file.write_all_at(&0_u32.to_ne_bytes(), 0).unwrap();
        let mut bytes = vec![0; usize::try_from(CONTROL_BYTES).unwrap()];
        self.file.read_exact_at(&mut bytes, 0).unwrap();
        let count = u64::from_ne_bytes(bytes[24..32].try_into().unwrap());
        let count = usize::try_from(count).unwrap();
        assert!(count <= SLOTS, "{count} operations");
        let name = |slot: &[u8]| {
            let end = slot.iter().position(|byte| *byte == 0).unwrap();
            String::from_utf8_lossy(&slot[..end]).trim_end().to_owned()
        };
        Operations {
            is_hit: self.is_hit(),
            names: bytes[4096..].chunks(SLOT).take(count).map(name).collect(),
        }
    }

    /// Returns `true` if an operation was made to fail since the control was armed.
    pub(super) fn is_hit(&self) -> bool {
        let mut bytes = [0; 4];
        self.file.read_exact_at(&mut bytes, 32).unwrap();
        bytes != [0; 4]
    }
}

impl Operations {
    /// Returns the number of operations with this name.
    pub(super) fn count(&self, name: &str) -> usize {
        let is_one = |operation: &&String| operation.split(' ').next() == Some(name);
        self.names.iter().filter(is_one).count()
    }
}

/// Returns the library, which the first call compiles.
fn library() -> &'static Path {
    static LIBRARY: OnceLock<PathBuf> = OnceLock::new();
    LIBRARY.get_or_init(|| {
        let source =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/integration/file_faults/shim.c");
        let target = Path::new(env!("CARGO_TARGET_TMPDIR"));
        // Another process of the tests may compile it as well.
        let own = target.join(format!("file_faults.{}.so", std::process::id()));
        let library = target.join("file_faults.so");
        let output = Command::new(env::var_os("CC").unwrap_or_else(|| "cc".into()))
            .args([
                "-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror", "-o",
            ])
            .args([&own, &source])
            .arg("-ldl")
            .output()
            .unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{errors}");
        fs::rename(own, &library).unwrap();
        library
    })
}
