//! Directories of tests.

use std::fs::{self, DirBuilder, Permissions};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// A directory that is removed with the value, unless that is an alias.
pub(crate) struct Directory {
    path: PathBuf,
    is_alias: bool,
}

impl Directory {
    pub(crate) fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!(
            "codeid-{}-{}",
            std::process::id(),
            COUNT.fetch_add(1, Ordering::Relaxed)
        );
        let path = std::env::temp_dir().join(name);
        // No other user may write to it, whatever the umask is: it may hold keys.
        DirBuilder::new().mode(0o755).create(&path).unwrap();
        Self {
            path,
            is_alias: false,
        }
    }

    /// Returns the same directory for another daemon, which must not outlive it.
    pub(crate) fn alias(&self) -> Self {
        Self {
            path: self.path.clone(),
            is_alias: true,
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a file that only its owner may read. Returns its path.
    pub(crate) fn write_secret(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.write(name, "");
        fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        self.write(name, content)
    }

    /// Writes a file. Returns its path.
    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path.join(name);
        fs::write(&path, content).unwrap();
        path
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        if !self.is_alias {
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}
