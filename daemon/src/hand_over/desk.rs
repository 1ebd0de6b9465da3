//! The orders of a take-over to the thread that accepts connections, which has the sockets.

use std::io;
use std::os::fd::OwnedFd;

use tokio::sync::{mpsc, oneshot};

use super::message::OfferedSocket;
use crate::listen::ListenerName;

/// A copy of a listening socket, and of the lock beside its file if it has one.
#[derive(Debug)]
pub(crate) struct SocketCopy {
    /// The description of the socket.
    pub(crate) offered: OfferedSocket,
    /// The socket, and then the lock.
    pub(crate) descriptors: Vec<OwnedFd>,
}

/// Gives orders.
#[derive(Clone, Debug)]
pub(crate) struct Desk(mpsc::Sender<Order>);

/// The orders that are given.
#[derive(Debug)]
pub(crate) struct Orders(mpsc::Receiver<Order>);

/// An order of a take-over.
#[derive(Debug)]
enum Order {
    /// Copy the sockets.
    Copy(oneshot::Sender<io::Result<Vec<SocketCopy>>>),
    /// Pass the files of these sockets to the successor, or take them back.
    Pass {
        names: Vec<ListenerName>,
        is_passed: bool,
        done: oneshot::Sender<()>,
    },
    /// Drain, since the successor serves.
    Leave(Left),
}

/// The successor serves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Left {
    /// The process of the successor.
    pub(crate) to: u32,
    /// The listeners that it has taken.
    pub(crate) taken: Vec<ListenerName>,
}

/// The thread that accepts connections takes no orders any more, since the daemon stops.
#[derive(Debug, thiserror::Error)]
#[error("the daemon is stopping")]
pub(crate) struct DeskClosed;

/// The sockets that a successor may take.
pub(crate) trait HandedSockets {
    /// Copies the open listening sockets.
    ///
    /// # Errors
    ///
    /// An [`io::Error`] if the system refuses a descriptor.
    fn copies(&self) -> io::Result<Vec<SocketCopy>>;

    /// Passes the files of these sockets to the successor, or takes them back.
    fn pass(&self, names: &[ListenerName], is_passed: bool);
}

/// Returns a desk and the orders that are given at it.
pub(crate) fn desk() -> (Desk, Orders) {
    // One take-over at a time, each of whose orders is awaited.
    let (sender, receiver) = mpsc::channel(1);
    (Desk(sender), Orders(receiver))
}

impl Desk {
    /// Returns copies of the listening sockets, with their descriptions.
    ///
    /// # Errors
    ///
    /// An [`io::Error`] if the system refuses a descriptor, or the daemon is stopping.
    pub(crate) async fn copies(&self) -> io::Result<Vec<SocketCopy>> {
        let (sender, copies) = oneshot::channel();
        self.give(Order::Copy(sender)).await?;
        copies.await.map_err(|_| io::Error::other(DeskClosed))?
    }

    /// Passes the files of these sockets to the successor, or takes them back, and waits until that is done.
    ///
    /// # Errors
    ///
    /// An [`io::Error`] if the daemon is stopping.
    pub(crate) async fn pass(&self, names: &[ListenerName], is_passed: bool) -> io::Result<()> {
        let (done, passed) = oneshot::channel();
        let names = names.to_vec();
        self.give(Order::Pass {
            names,
            is_passed,
            done,
        })
        .await?;
        passed.await.map_err(|_| io::Error::other(DeskClosed))
    }

    /// Has the daemon drain, since the successor, which is the process `to`, serves the listeners `taken`.
    ///
    /// # Errors
    ///
    /// An [`io::Error`] if the daemon is stopping already.
    pub(crate) async fn leave(&self, to: u32, taken: &[ListenerName]) -> io::Result<()> {
        let taken = taken.to_vec();
        self.give(Order::Leave(Left { to, taken })).await
    }

    async fn give(&self, order: Order) -> io::Result<()> {
        let given = self.0.send(order).await;
        given.map_err(|_| io::Error::other(DeskClosed))
    }
}

impl Orders {
    /// Carries out orders about these sockets until the successor serves.
    ///
    /// # Cancel safety
    ///
    /// Dropped while it waits, it loses no order.
    pub(crate) async fn carry_out(&mut self, sockets: &impl HandedSockets) -> Left {
        loop {
            match self.0.recv().await {
                // The receiver is gone if the take-over has ended.
                Some(Order::Copy(to)) => drop(to.send(sockets.copies())),
                Some(Order::Pass {
                    names,
                    is_passed,
                    done,
                }) => {
                    sockets.pass(&names, is_passed);
                    let _ = done.send(());
                }
                Some(Order::Leave(left)) => return left,
                None => std::future::pending().await,
            }
        }
    }
}
