//! The local storage in a file, which is the default.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use thiserror::Error;
use tokio::task::spawn_blocking;

use super::error::SourceError;
use super::traits::{BoxFuture, RouteStore};
use crate::files::durable_file::{self, ReplaceError};
use crate::regular_file::{self, ReadError};
use crate::sync::Mutex;
use crate::uri::shown_path;

/// The local storage in one file, with mode 0600. The first save makes missing directories, with
/// mode 0700. If the path is a symbolic link, the file that it leads to is the storage.
///
/// A crash at any instant leaves the old config or the new, whole. Files are read and written on
/// the blocking threads of the tokio runtime that polls the futures.
#[derive(Clone, Debug)]
pub(super) struct FileStore {
    path: PathBuf,
    max_bytes: usize,
    turns: Arc<Turns>,
}

/// Serializes saves and removals in the order in which they were begun. A save whose future was dropped
/// continues on its thread, and must not overwrite a later one.
#[derive(Debug, Default)]
struct Turns {
    /// The number of saves and removals begun; the turn of each is this number at its beginning.
    begun: AtomicU64,
    /// The turn of the save or removal that was carried out last.
    written: Mutex<u64>,
}

/// The reason why the storage cannot be read, or was not changed.
#[derive(Debug, Error)]
enum FileStoreError {
    /// The file is there and cannot be read, or is longer than a route config can be.
    #[error("cannot read {}", shown_path(path))]
    Unreadable { path: PathBuf, source: ReadError },
    /// The file was not written or removed.
    #[error(transparent)]
    NotChanged(ReplaceError),
    /// Another call was given a later config while this one waited.
    #[error("a later route config was saved already, or removed")]
    Superseded,
    /// The thread that used the file met an internal fault.
    #[error("the file storage panicked")]
    Panicked,
}

impl FileStore {
    /// Returns the storage at `path`, of which at most `max_bytes` are read. Nothing is read or
    /// made yet.
    #[must_use]
    pub(super) fn new(path: impl Into<PathBuf>, max_bytes: usize) -> Self {
        Self {
            path: path.into(),
            max_bytes,
            turns: Arc::default(),
        }
    }

    /// Changes the file in the turn of this call, on a thread that may block.
    async fn change<T: Send + 'static>(
        &self,
        change: impl FnOnce(&Path) -> Result<T, ReplaceError> + Send + 'static,
    ) -> Result<T, SourceError> {
        let path = self.path.clone();
        let turns = Arc::clone(&self.turns);
        let turn = turns.begun.fetch_add(1, Ordering::Relaxed) + 1;
        on_disk(move || {
            let mut written = turns.written.lock();
            if turn < *written {
                return Err(FileStoreError::Superseded);
            }
            let changed = change(&path).map_err(FileStoreError::NotChanged)?;
            *written = turn;
            Ok(changed)
        })
        .await
    }
}

impl RouteStore for FileStore {
    fn save_route_config_to_local<'a>(
        &'a self,
        route_config_data: &'a str,
    ) -> BoxFuture<'a, Result<(), SourceError>> {
        let bytes = route_config_data.as_bytes().to_owned();
        Box::pin(self.change(move |path| durable_file::replace(path, &bytes)))
    }

    fn read_route_config_from_local(&self) -> BoxFuture<'_, Result<Option<Vec<u8>>, SourceError>> {
        let path = self.path.clone();
        let max_bytes = self.max_bytes;
        Box::pin(async move {
            let read = move || match regular_file::read(&path, max_bytes) {
                Ok(file) => Ok(Some(file.bytes)),
                Err(ReadError::Absent) => Ok(None),
                Err(source) => Err(FileStoreError::Unreadable { path, source }),
            };
            on_disk(read).await
        })
    }

    fn remove_route_config_from_local(&self) -> BoxFuture<'_, Result<bool, SourceError>> {
        Box::pin(self.change(durable_file::remove))
    }
}

async fn on_disk<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, FileStoreError> + Send + 'static,
) -> Result<T, SourceError> {
    let done = spawn_blocking(work).await;
    done.unwrap_or(Err(FileStoreError::Panicked))
        .map_err(SourceError::new)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::error_chain::ErrorChain;

    #[tokio::test]
    async fn the_config_that_was_saved_last_is_read() {
        let directory = tempfile::tempdir().unwrap();
        let store = FileStore::new(directory.path().join("data/routes.json"), 5);
        assert_eq!(store.read_route_config_from_local().await.unwrap(), None);
        for data in ["1", "[ü]"] {
            store.save_route_config_to_local(data).await.unwrap();
            let read = store.read_route_config_from_local().await.unwrap();
            assert_eq!(read.as_deref(), Some(data.as_bytes()));
        }
    }

    #[tokio::test]
    async fn a_removed_config_is_gone_and_the_next_save_brings_another() {
        let directory = tempfile::tempdir().unwrap();
        let store = FileStore::new(directory.path().join("data/routes.json"), 5);
        assert!(!store.remove_route_config_from_local().await.unwrap());
        store.save_route_config_to_local("1").await.unwrap();
        assert!(store.remove_route_config_from_local().await.unwrap());
        assert_eq!(store.read_route_config_from_local().await.unwrap(), None);
        assert!(!store.remove_route_config_from_local().await.unwrap());
        store.save_route_config_to_local("2").await.unwrap();
        let read = store.read_route_config_from_local().await.unwrap();
        assert_eq!(read.as_deref(), Some(&b"2"[..]));
    }

    #[tokio::test]
    async fn an_error_names_the_path() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("routes.json");
        let store = FileStore::new(&path, 5);
        fs::write(&path, "123456").unwrap();
        let error = store.read_route_config_from_local().await.unwrap_err();
        let expected = format!("cannot read {}: it has more than 5 bytes", path.display());
        assert_eq!(ErrorChain(&error).to_string(), expected);

        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        let error = store.read_route_config_from_local().await.unwrap_err();
        let expected = format!(
            "cannot read {}: it is a directory, not a file",
            path.display()
        );
        assert_eq!(ErrorChain(&error).to_string(), expected);
        let error = store.save_route_config_to_local("1").await.unwrap_err();
        let expected = format!(
            "cannot replace {}: it is a directory, not a file",
            path.display()
        );
        assert_eq!(ErrorChain(&error).to_string(), expected);
    }

    #[tokio::test]
    async fn a_save_does_not_overwrite_one_that_was_begun_later() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("routes.json");
        let store = FileStore::new(&path, 5);
        // As if the save of turn 3 were written while the one of turn 2 waits for its thread.
        store.save_route_config_to_local("old").await.unwrap();
        *store.turns.written.lock() = 3;
        let late = store.save_route_config_to_local("late").await.unwrap_err();
        assert_eq!(
            late.to_string(),
            "a later route config was saved already, or removed"
        );
        *store.turns.written.lock() = 4;
        store.remove_route_config_from_local().await.unwrap_err();
        assert_eq!(fs::read(&path).unwrap(), b"old");
    }
}
