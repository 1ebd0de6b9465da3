//! The stages in which the daemon stops, told to all of its parts.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use tokio::sync::watch;

/// How far the daemon is in stopping.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Stage {
    /// It is not.
    Serve,
    /// Nothing new is accepted, and each answer closes its connection.
    Drain,
    /// Connections without a request are closed, too.
    CloseIdle,
    /// What is left is cut.
    Cut,
}

/// Tells the stages.
#[derive(Debug)]
pub(crate) struct Shutdown {
    watched: watch::Sender<Stage>,
    /// The same, to be read without a lock.
    stage: Arc<AtomicU8>,
}

/// Is told the stages.
#[derive(Clone, Debug)]
pub(crate) struct Stages {
    watched: watch::Receiver<Stage>,
    stage: Arc<AtomicU8>,
}

impl Shutdown {
    pub(crate) fn new() -> Self {
        Self {
            watched: watch::Sender::new(Stage::Serve),
            stage: Arc::new(AtomicU8::new(Stage::Serve as u8)),
        }
    }

    /// Enters a stage; stages only go forward.
    pub(crate) fn enter(&self, stage: Stage) {
        self.stage.fetch_max(stage as u8, Ordering::Release);
        self.watched.send_if_modified(|current| {
            let forward = stage > *current;
            *current = stage.max(*current);
            forward
        });
    }

    pub(crate) fn stages(&self) -> Stages {
        Stages {
            watched: self.watched.subscribe(),
            stage: Arc::clone(&self.stage),
        }
    }
}

impl Stages {
    /// Whether `stage` was entered.
    pub(crate) fn reached(&self, stage: Stage) -> bool {
        self.stage.load(Ordering::Acquire) >= stage as u8
    }

    /// Waits until `stage` is entered; for ever, if nobody is left who could.
    ///
    /// # Cancel safety
    ///
    /// Can be dropped and called again.
    pub(crate) async fn wait_for(&mut self, stage: Stage) {
        if self
            .watched
            .wait_for(|current| *current >= stage)
            .await
            .is_err()
        {
            std::future::pending::<()>().await;
        }
    }
}
