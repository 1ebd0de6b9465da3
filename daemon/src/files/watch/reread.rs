//! Files that are read again when they change.

use std::future::{Future, pending, poll_fn};
use std::task::Poll;
use std::time::Duration;

use tokio::time::sleep;

use super::{FileWatch, blocking};

/// Files that are read as one.
pub(crate) struct Reread<const N: usize> {
    files: [FileWatch; N],
    /// How long until what was refused is read again, though no content has changed.
    poll_interval: Duration,
    was_refused: bool,
}

impl<const N: usize> Reread<N> {
    pub(crate) const fn new(files: [FileWatch; N], poll_interval: Duration) -> Self {
        Self {
            files,
            poll_interval,
            was_refused: false,
        }
    }

    /// What `read` gives, on a thread that may block, once one of the files has changed; or, if it was
    /// refused the last time, after the poll interval: what is wrong may be seen in no content, such
    /// as permissions.
    ///
    /// # Panics
    ///
    /// If `read` does.
    pub(crate) async fn next<T, E>(
        &mut self,
        read: impl FnOnce() -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: Send + 'static,
    {
        let again = async {
            match self.was_refused {
                true => sleep(self.poll_interval).await,
                false => pending().await,
            }
        };
        tokio::select! {
            () = one_changed(&self.files) => {}
            () = again => {}
        }
        let read = blocking(read).await;
        self.was_refused = read.is_err();
        read
    }
}

async fn one_changed(files: &[FileWatch]) {
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
