//! The local storage in a file, which is the default.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::task::spawn_blocking;

use super::{BoxFuture, RouteStore, SourceError};
use crate::durable_file;
use crate::regular_file::{self, ReadError};

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
                let mut written = turns.written.lock().unwrap_or_else(PoisonError::into_inner);
                if turn < *written {
                    return Err(SourceError::new("a later route config was kept already"));
                }
                durable_file::replace(&path, &bytes)
                    .map_err(|error| SourceError::new(error.to_string()))?;
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
                Err(why) => Err(SourceError::new(format!("{}: {why}", path.display()))),
            };
            spawn_blocking(read).await.unwrap_or_else(|_| Err(fault()))
        })
    }
}

fn fault() -> SourceError {
    SourceError::new("the file storage met an internal fault")
}
