//! The settings that bound connections, threads and the end of the daemon.

use std::time::Duration;

use super::declarations::Keys;
use super::kind::Whole;

/// The bounds of connections.
#[derive(Clone, Debug)]
pub struct Http {
    /// The most connections that are served at once; one more displaces an idle one, or is refused: 1 to
    /// 1,000,000.
    pub max_connections: usize,
    /// The most bytes of a request line with its headers: 8192 to 1,048,576.
    pub max_header_bytes: usize,
    /// The time that a request's head may take from its first byte: 1 ms to 10 minutes.
    pub header_timeout: Duration,
    /// The time that a request's body may take after its head: 1 ms to 10 minutes.
    pub body_timeout: Duration,
    /// The longest time that a client may go without reading a byte of a response: 1 ms to 10 minutes.
    pub write_timeout: Duration,
    /// The time for which a connection stays open between requests: 1 ms to a day.
    pub idle_timeout: Duration,
}

/// The bounds of a Redis client's connection, beside those that [`Http`] sets for all listeners.
#[derive(Clone, Debug)]
pub struct Resp {
    /// The time that a command may take from its first byte, and a large transaction beside the time for its
    /// bytes: 1 ms to 10 minutes.
    pub command_timeout: Duration,
    /// The longest time that a client may go without reading a byte of its replies: 1 ms to 10 minutes.
    pub write_timeout: Duration,
    /// The time for which a connection stays open between commands: 1 ms to a day.
    pub idle_timeout: Duration,
    /// The most bytes of replies that wait for a client while more commands are read: 1 MiB to 1 TiB.
    pub max_pending_reply_bytes: usize,
}

/// The bound on the memory of clients and upstreams.
#[derive(Clone, Copy, Debug)]
pub struct Memory {
    /// The most bytes that the daemon holds for clients and upstreams.
    pub max_bytes: usize,
}

/// The threads that serve, and their end.
#[derive(Clone, Debug)]
pub(super) struct Serve {
    /// One or more.
    pub(super) worker_threads: usize,
    /// The time for which the daemon serves on after it has become unready, before it stops to accept.
    pub(super) lame_duck: Duration,
    /// The time that requests in flight may take to finish once the daemon has to stop.
    pub(super) drain_deadline: Duration,
    pub(super) take_over_deadline: Duration,
}

impl Http {
    /// Declares the keys of `http`.
    pub(super) fn declare(keys: &mut Keys) -> Self {
        Self {
            max_connections: keys.setting(
                "http.max-connections",
                Whole::between(1, 1_000_000, "connections"),
                4096,
                "The number of connections served at once, over all listeners. A quarter of them is divided\n\
                 equally among the open listeners, for each alone (one at least); the rest is common. A further\n\
                 connection takes the place of one that has been idle for 10 s, of the address (IPv6: its first\n\
                 64 bits) or user that has most; without such a one it is answered 503, or an error on listen.resp.\n\
                 Where the limit of open files allows fewer, fewer are served, which the start logs.",
            ),
            max_header_bytes: keys.setting(
                "http.max-header-bytes",
                Whole::between(8192, 1_048_576, "bytes"),
                16_384,
                "The size of a request line with its headers; a larger one is answered 431.",
            ),
            header_timeout: keys.setting(
                "http.header-timeout-ms",
                Whole::between(1, 600_000, "milliseconds"),
                Duration::from_secs(10),
                "The time that a request's head may take from its first byte, and the first byte of a\n\
                 connection from the connect, including the TLS handshake.",
            ),
            body_timeout: keys.setting(
                "http.body-timeout-ms",
                Whole::between(1, 600_000, "milliseconds"),
                Duration::from_secs(10),
                "The time that a request's body may take after its head.",
            ),
            write_timeout: keys.setting(
                "http.write-timeout-ms",
                Whole::between(1, 600_000, "milliseconds"),
                Duration::from_secs(10),
                "The longest time that a client may go without reading a byte of a response; after it, the\n\
                 connection is closed. Beyond this time, a client reads 4 KiB a second at least, on average.",
            ),
            idle_timeout: keys.setting(
                "http.idle-timeout-ms",
                Whole::between(1, 86_400_000, "milliseconds"),
                Duration::from_secs(75),
                "The time for which a connection stays open between requests. It is longer than gateways\n\
                 keep their connections (60 s is common), so that the gateway closes first.",
            ),
        }
    }
}

impl Memory {
    /// Declares the keys of `memory`.
    pub(super) fn declare(keys: &mut Keys) -> Self {
        Self {
            max_bytes: keys.setting(
                "memory.max-bytes",
                Whole::between(33_554_432, 1_099_511_627_776, "bytes"),
                268_435_456,
                "The memory for everything that clients and upstreams make the daemon hold: connections,\n\
                 requests, responses until the client has taken them, and bodies that are forwarded.\n\
                 One listener has three quarters of it at most, and so has sdkProxy. Beyond it, requests and\n\
                 connections are answered 503, or an error on listen.resp.",
            ),
        }
    }
}

impl Resp {
    /// Declares the keys of `resp`.
    pub(super) fn declare(keys: &mut Keys) -> Self {
        Self {
            command_timeout: keys.setting(
                "resp.command-timeout-ms",
                Whole::between(1, 600_000, "milliseconds"),
                Duration::from_secs(10),
                "The time that a command of a Redis client may take from its first byte, and that a transaction\n\
                 may be open once more than 4 KiB are queued, with a second more for each 256 KiB.",
            ),
            write_timeout: keys.setting(
                "resp.write-timeout-ms",
                Whole::between(1, 600_000, "milliseconds"),
                Duration::from_secs(10),
                "The longest time that a Redis client for which replies wait may go without reading a byte of\n\
                 them or sending one; after it, the connection is closed. Beyond it, the pace of\n\
                 http.write-timeout-ms holds, too, for both together.",
            ),
            idle_timeout: keys.setting(
                "resp.idle-timeout-ms",
                Whole::between(1, 86_400_000, "milliseconds"),
                Duration::from_secs(600),
                "The time for which a connection of a Redis client stays open between commands. Pools of\n\
                 Redis clients keep connections for minutes.",
            ),
            max_pending_reply_bytes: keys.setting(
                "resp.max-pending-reply-bytes",
                Whole::between(1_048_576, 1_099_511_627_776, "bytes"),
                67_108_864,
                "The replies that may wait for a Redis client, on one connection, while its further commands are\n\
                 read and answered: many clients write a whole pipeline before they read. Beyond it, the\n\
                 connection is closed. memory.max-bytes bounds the replies of all connections together.",
            ),
        }
    }
}

impl Serve {
    /// Declares the keys of `serve`.
    pub(super) fn declare(keys: &mut Keys) -> Self {
        let threads = keys.setting(
            "serve.worker-threads",
            Whole::between(0, 1024, "threads"),
            0,
            "The number of threads that serve connections; 0: one for each core.",
        );
        Self {
            worker_threads: match threads {
                0 => std::thread::available_parallelism().map_or(1, usize::from),
                threads => threads,
            },
            lame_duck: keys.setting(
                "serve.lame-duck-ms",
                Whole::between(0, 600_000, "milliseconds"),
                Duration::ZERO,
                "The time after SIGTERM, SIGINT or a drain for which /readyz responds with 503 and everything is\n\
                 served as before, also new connections. Longer than the period in which a load balancer\n\
                 notices the 503, so that it sends no request when accepting stops.",
            ),
            drain_deadline: keys.setting(
                "serve.drain-deadline-ms",
                Whole::between(0, 600_000, "milliseconds"),
                Duration::from_secs(15),
                "The time that requests in flight may take to finish after SIGTERM or SIGINT, and after\n\
                 serve.lame-duck-ms. Longer than proxy.total-timeout-ms, it covers every request of sdkProxy.",
            ),
            take_over_deadline: keys.setting(
                "serve.take-over-deadline-ms",
                Whole::between(100, 600_000, "milliseconds"),
                Duration::from_mins(1),
                "The time that a successor (codeid serve --take-over) may take to become ready. Beyond it, this\n\
                 daemon goes on as if the successor had never been started.",
            ),
        }
    }
}
