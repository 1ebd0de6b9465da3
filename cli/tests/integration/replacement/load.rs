//! Steady clients of all three serving listeners, each of which checks every response.

use std::io::{self, ErrorKind};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{Scope, ScopedJoinHandle, sleep};
use std::time::Duration;

use crate::resp::client::{Reply, RespClient, command};
use crate::serve::client::Client;

/// The clients of each listener.
const CLIENTS: usize = 2;

/// The pause of a client between two exchanges. The load is steady: it leaves time for the starts of daemons. The campaign
/// `upgrades` has as much load as the machine takes.
const PAUSE: Duration = Duration::from_millis(2);

/// The progress of clients.
#[derive(Default)]
pub(super) struct Load {
    is_over: AtomicBool,
    answered: [AtomicUsize; 3 * CLIENTS],
}

impl Load {
    /// Starts clients of the TCP listener at `port`, and of the Unix sockets in `directory`. Each ends with a panic
    /// at the first request that is refused, reset, or answered wrongly.
    pub(super) fn start<'scope>(
        &'scope self,
        scope: &'scope Scope<'scope, '_>,
        port: u16,
        directory: &Path,
    ) -> Vec<ScopedJoinHandle<'scope, ()>> {
        let unix = directory.join("codeid.sock");
        let resp = directory.join("run/codeid.resp.sock");
        let clients = self.answered.iter().enumerate().map(|(n, answered)| {
            let (unix, resp) = (unix.clone(), resp.clone());
            scope.spawn(move || match n % 3 {
                0 => self.http(answered, || Client::try_tcp(port)),
                1 => self.http(answered, || Client::try_unix(&unix)),
                _ => self.redis(answered, &resp),
            })
        });
        clients.collect()
    }

    /// Waits until every client has got `count` further responses, unless one has ended.
    pub(super) fn wait_for(&self, count: usize, clients: &[ScopedJoinHandle<'_, ()>]) {
        let before: Vec<usize> = self.counts().collect();
        while self
            .counts()
            .zip(&before)
            .any(|(now, before)| now < before + count)
        {
            assert!(clients.iter().all(|client| !client.is_finished()));
            sleep(Duration::from_millis(1));
        }
    }

    /// Ends the clients.
    pub(super) fn end(&self) {
        self.is_over.store(true, Ordering::Relaxed);
    }

    fn counts(&self) -> impl Iterator<Item = usize> {
        self.answered
            .iter()
            .map(|count| count.load(Ordering::Relaxed))
    }

    fn http(&self, answered: &AtomicUsize, connect: impl Fn() -> io::Result<Client>) {
        let mut client = connect().expect("a connection is refused");
        while !self.is_over.load(Ordering::Relaxed) {
            sleep(PAUSE);
            let response = client.identify("28100104x", "user-42");
            assert_eq!(response.status, 200);
            assert_eq!(response.header("x-codeid-rule"), Some("order"));
            answered.fetch_add(1, Ordering::Relaxed);
            if response.header("connection") == Some("close") {
                assert_eq!(client.rest(), b"");
                client = connect().expect("a connection is refused");
            }
        }
    }

    /// A Redis client has no announcement of a close. A command that cannot be sent was not carried out, and is sent
    /// on a new connection, as the pools of clients do; one that was sent has a reply.
    fn redis(&self, answered: &AtomicUsize, socket: &Path) {
        let connect = || RespClient::try_connect(socket).expect("a connection is refused");
        let mut client = connect();
        while !self.is_over.load(Ordering::Relaxed) {
            sleep(PAUSE);
            match client.try_send(command(&["IDENTIFY", "28100104x", "user-42"])) {
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                    client = connect();
                    continue;
                }
                Err(error) => panic!("{error}"),
            }
            let Reply::Array(fields) = client.receive() else {
                panic!("not a result");
            };
            assert!(
                fields.contains(&Reply::Bulk("DECODE".to_owned())),
                "{fields:?}"
            );
            answered.fetch_add(1, Ordering::Relaxed);
        }
    }
}
