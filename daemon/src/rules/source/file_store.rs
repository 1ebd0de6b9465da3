//! The local storage in a file, which is the default.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::task::spawn_blocking;

use super::{BoxFuture, RouteStore, SourceError};
use crate::error_chain::ErrorChain;
use crate::files::durable_file;
use crate::files::regular_file::{self, ReadError};
use crate::sync::Mutex;

/// The local storage in one file of its own, with mode 0600. Directories that are missing are made,
/// with mode 0700, when it is first saved to. If the path is a link, the file it leads to is the
/// storage.
///
/// A crash at any instant leaves the old config or the new, whole. Files are read and written on the
/// blocking threads of the tokio runtime that polls the futures.
#[derive(Clone, Debug)]
pub(super) struct FileStore {
    path: PathBuf,
    max_bytes: usize,
    turns: Arc<Turns>,
}

/// Keeps saves apart, and in order: one that was given up goes on in its thread.
#[derive(Debug, Default)]
struct Turns {
    given: AtomicU64,
    /// The last that was written.
    written: Mutex<u64>,
}

impl FileStore {
    /// The storage at `path`, of which at most `max_bytes` are read. Nothing is read or made yet.
    #[must_use]
    pub(super) fn new(path: impl Into<PathBuf>, max_bytes: usize) -> Self {
        Self {
            path: path.into(),
            max_bytes,
            turns: Arc::default(),
        }
    }
}

impl RouteStore for FileStore {
    fn save_route_config_to_local<'a>(
        &'a self,
        route_config_data: &'a str,
    ) -> BoxFuture<'a, Result<(), SourceError>> {
        let path = self.path.clone();
        let turns = Arc::clone(&self.turns);
        let bytes = route_config_data.as_bytes().to_owned();
        Box::pin(async move {
            let turn = turns.given.fetch_add(1, Ordering::Relaxed) + 1;
            let save = move || {
                let mut written = turns.written.lock();
                if turn < *written {
                    return Err(SourceError::new("a later route config was kept already"));
                }
                durable_file::replace(&path, &bytes)
                    .map_err(|error| SourceError::new(ErrorChain(&error).to_string()))?;
                *written = turn;
                Ok(())
            };
            spawn_blocking(save).await.unwrap_or_else(|_| Err(fault()))
        })
    }

    fn read_route_config_from_local(&self) -> BoxFuture<'_, Result<Option<Vec<u8>>, SourceError>> {
        let path = self.path.clone();
        let max_bytes = self.max_bytes;
        Box::pin(async move {
            let read = move || match regular_file::read(&path, max_bytes) {
                Ok(file) => Ok(Some(file.bytes)),
                Err(ReadError::Absent) => Ok(None),
                Err(error) => Err(SourceError::new(format!(
                    "{}: {}",
                    path.display(),
                    ErrorChain(&error)
                ))),
            };
            spawn_blocking(read).await.unwrap_or_else(|_| Err(fault()))
        })
    }
}

fn fault() -> SourceError {
    SourceError::new("the file storage met an internal fault")
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[tokio::test]
    async fn what_was_saved_last_is_read() {
        let directory = tempfile::tempdir().unwrap();
        let store = FileStore::new(directory.path().join("data/routes.json"), 5);
        assert_eq!(store.read_route_config_from_local().await, Ok(None));
        for data in ["1", "[ü]"] {
            store.save_route_config_to_local(data).await.unwrap();
            let read = store.read_route_config_from_local().await.unwrap();
            assert_eq!(read.as_deref(), Some(data.as_bytes()));
        }
    }

    #[tokio::test]
    async fn what_is_not_read_or_kept_is_told_with_the_path() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("routes.json");
        let store = FileStore::new(&path, 5);
        fs::write(&path, "123456").unwrap();
        let error = store.read_route_config_from_local().await.unwrap_err();
        let expected = format!("{}: it has more than 5 bytes", path.display());
        assert_eq!(error.to_string(), expected);

        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        let error = store.read_route_config_from_local().await.unwrap_err();
        let expected = format!("{}: it is a directory, not a file", path.display());
        assert_eq!(error.to_string(), expected);
        let error = store.save_route_config_to_local("1").await.unwrap_err();
        let expected = format!(
            "cannot replace {}: it is a directory, not a file",
            path.display()
        );
        assert_eq!(error.to_string(), expected);
    }

    #[tokio::test]
    async fn a_save_that_comes_too_late_does_not_undo_a_later_one() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("routes.json");
        let store = FileStore::new(&path, 5);
        // The turn is given when the save is begun; here, another is done in between.
        store.save_route_config_to_local("old").await.unwrap();
        *store.turns.written.lock() = 3;
        let late = store.save_route_config_to_local("late").await.unwrap_err();
        assert_eq!(late.to_string(), "a later route config was kept already");
        assert_eq!(fs::read(&path).unwrap(), b"old");
    }
}
