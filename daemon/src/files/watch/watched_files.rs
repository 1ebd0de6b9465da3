//! Files that are read again when one of them changes.

use std::future::{Future, pending, poll_fn};
use std::task::Poll;
use std::time::Duration;

use tokio::time::sleep;

use super::file_watch::{FileWatch, blocking};

/// Files that are read together, such as a certificate and its key.
pub(crate) struct WatchedFiles<const N: usize> {
    files: [FileWatch; N],
    /// The time after which files that were rejected are read again, although no content has
    /// changed.
    poll_interval: Duration,
    was_rejected: bool,
}

impl<const N: usize> WatchedFiles<N> {
    pub(crate) const fn new(files: [FileWatch; N], poll_interval: Duration) -> Self {
        Self {
            files,
            poll_interval,
            was_rejected: false,
        }
    }

    /// Waits until one of the files has changed, and returns the result of `read`, which runs on a
    /// thread that may block. If `read` failed the last time, it also runs after the poll interval:
    /// its reason, such as the permissions, may be cured without a change of content.
    ///
    /// # Errors
    ///
    /// The error of `read`.
    ///
    /// # Panics
    ///
    /// If `read` panics.
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
