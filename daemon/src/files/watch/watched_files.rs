//! Files that are read again when one of them changes.

use std::future::{Future, pending, poll_fn};
use std::task::Poll;
use std::time::Duration;

use tokio::time::sleep;

use super::file_watch::{FileWatch, blocking};

/// Files that are read together, such as a certificate and its key.
pub(crate) struct WatchedFiles<const N: usize> {
    files: [FileWatch; N],
    /// The time after which files that were rejected are read again, even if no content has
    /// changed.
    poll_interval: Duration,
    /// `true` if the last `read` failed.
    was_rejected: bool,
}

impl<const N: usize> WatchedFiles<N> {
    /// Creates a watch of `files`. Files that were rejected are read again after `poll_interval`.
    pub(crate) const fn new(files: [FileWatch; N], poll_interval: Duration) -> Self {
        Self {
            files,
            poll_interval,
            was_rejected: false,
        }
    }

    /// Waits until one of the files has changed, and returns the result of `read`, which runs on a
    /// thread that may block. If the last `read` failed, it is also retried after the poll interval:
    /// the cause, such as permissions, may go away without a change of content.
    ///
    /// # Errors
    ///
    /// The error of `read`.
    ///
    /// # Panics
    ///
    /// If `read` panics.
    ///
    /// # Cancel safety
    ///
    /// Dropped before `read` starts, it loses no change. Dropped later, the result is lost, and the next
    /// call waits for another change.
    pub(crate) async fn next<T, E>(
        &mut self,
        read: impl FnOnce() -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: Send + 'static,
    {
        let retry = async {
            match self.was_rejected {
                true => sleep(self.poll_interval).await,
                false => pending().await,
            }
        };
        tokio::select! {
            () = any_changed(&self.files) => {}
            () = retry => {}
        }
        let read = blocking(read).await;
        self.was_rejected = read.is_err();
        read
    }
}

/// Waits until one of `files` has changed.
async fn any_changed(files: &[FileWatch]) {
    let mut changes: Vec<_> = files.iter().map(|file| Box::pin(file.changed())).collect();
    poll_fn(|cx| {
        let mut changes = changes.iter_mut();
        match changes.any(|change| change.as_mut().poll(cx).is_ready()) {
            true => Poll::Ready(()),
            false => Poll::Pending,
        }
    })
    .await;
}
