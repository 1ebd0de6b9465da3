//! One connection of a worker: the requests in flight and the bytes received.

use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::PathBuf;
use std::time::Duration;

use mio::event::Source;
use mio::net::{TcpStream, UnixStream};
use mio::{Interest, Registry, Token};

use super::address::Address;

/// The size limit of a response, in bytes.
pub(super) const MAX_RESPONSE_BYTES: usize = 1 << 20;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// The size of one read, and the initial size of a connection's buffers.
const READ_BYTES: usize = 64 * 1024;

/// A socket that never blocks.
#[derive(Debug)]
pub(super) enum Socket {
    /// A socket that sends small requests at once.
    Tcp(TcpStream),
    /// A socket of this machine.
    Unix(UnixStream),
}

/// The resolved address of a target; its name is looked up only once.
#[derive(Clone, Debug)]
pub(super) enum Endpoint {
    /// The address and port of a server.
    Tcp(SocketAddr),
    /// The path of a socket.
    Unix(PathBuf),
}

/// A request that was sent, or is being sent.
#[derive(Clone, Copy, Debug)]
pub(super) struct InFlight {
    /// The time from which its latency counts, in nanoseconds since the start of the run.
    pub(super) since: u64,
    /// The index of its code value, from 0.
    pub(super) code: usize,
}

/// A connection with the requests in flight on it, registered with the worker's poll.
#[derive(Debug)]
pub(super) struct Connection {
    socket: Socket,
    token: Token,
    in_flight: VecDeque<InFlight>,
    output: Vec<u8>,
    /// The number of bytes of `output` already written.
    written: usize,
    input: Vec<u8>,
    /// The received bytes of `input` that no response has taken.
    unread: std::ops::Range<usize>,
    waits_to_write: bool,
    /// `true` if the connection is in the worker's queue of connections with room.
    pub(super) queued: bool,
}

impl Endpoint {
    /// Resolves `address` to the first address that accepts a connection.
    ///
    /// # Errors
    ///
    /// [`io::Error`] of the look-up, or of the last address that was tried.
    pub(super) fn resolve(address: &Address) -> io::Result<Self> {
        let addresses = match address {
            Address::Unix(path) => return Ok(Self::Unix(path.clone())),
            Address::Tcp(address) => address.to_socket_addrs()?,
        };
        let mut last = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
        for address in addresses {
            match std::net::TcpStream::connect_timeout(&address, CONNECT_TIMEOUT) {
                Ok(_) => return Ok(Self::Tcp(address)),
                Err(error) => last = error,
            }
        }
        Err(last)
    }
}

impl Socket {
    /// Connects, and waits until the connection is established or refused.
    ///
    /// # Errors
    ///
    /// [`io::Error`] if it is refused or, over TCP, not established within [`CONNECT_TIMEOUT`].
    pub(super) fn connect(endpoint: &Endpoint) -> io::Result<Self> {
        match endpoint {
            Endpoint::Tcp(address) => {
                let stream = std::net::TcpStream::connect_timeout(address, CONNECT_TIMEOUT)?;
                stream.set_nodelay(true)?;
                stream.set_nonblocking(true)?;
                Ok(Self::Tcp(TcpStream::from_std(stream)))
            }
            Endpoint::Unix(path) => {
                let stream = std::os::unix::net::UnixStream::connect(path)?;
                stream.set_nonblocking(true)?;
                Ok(Self::Unix(UnixStream::from_std(stream)))
            }
        }
    }

    /// Starts to connect without waiting; the next read or write reports a failure.
    ///
    /// # Errors
    ///
    /// An [`io::Error`] if the system has no socket to give, or refuses to connect at once.
    pub(super) fn start_to_connect(endpoint: &Endpoint) -> io::Result<Self> {
        match endpoint {
            Endpoint::Tcp(address) => {
                let stream = TcpStream::connect(*address)?;
                stream.set_nodelay(true)?;
                Ok(Self::Tcp(stream))
            }
            Endpoint::Unix(path) => Ok(Self::Unix(UnixStream::connect(path)?)),
        }
    }

    fn source(&mut self) -> &mut dyn Source {
        match self {
            Self::Tcp(stream) => stream,
            Self::Unix(stream) => stream,
        }
    }

    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.read(buffer),
            Self::Unix(stream) => stream.read(buffer),
        }
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.write(bytes),
            Self::Unix(stream) => stream.write(bytes),
        }
    }
}

impl Connection {
    /// Registers the socket: its events arrive under `token`.
    /// `depth` is the limit on requests in flight, and at least 1.
    ///
    /// # Errors
    ///
    /// An [`io::Error`] if the kernel does not take the socket.
    pub(super) fn new(
        mut socket: Socket,
        token: Token,
        depth: usize,
        registry: &Registry,
    ) -> io::Result<Self> {
        // Not for writing as well: a Unix socket would report every request that the server reads.
        socket
            .source()
            .register(registry, token, Interest::READABLE)?;
        Ok(Self {
            socket,
            token,
            in_flight: VecDeque::with_capacity(depth),
            output: Vec::with_capacity(READ_BYTES),
            written: 0,
            input: vec![0; READ_BYTES],
            unread: 0..0,
            waits_to_write: false,
            queued: false,
        })
    }

    /// Returns the number of requests that wait for their response.
    pub(super) fn in_flight(&self) -> usize {
        self.in_flight.len()
    }

    /// Returns `true` if part of a response has been received.
    pub(super) const fn is_within_response(&self) -> bool {
        self.unread.start < self.unread.end
    }

    /// Returns the received bytes that no response has taken.
    pub(super) fn unread(&self) -> &[u8] {
        &self.input[self.unread.clone()]
    }

    /// Returns the request to which the next response belongs; `None` if none is in flight.
    pub(super) fn oldest(&self) -> Option<InFlight> {
        self.in_flight.front().copied()
    }

    /// Takes the response to the oldest request, `bytes` long.
    pub(super) fn take_response(&mut self, bytes: usize) {
        self.unread.start += bytes;
        self.in_flight.pop_front();
    }

    /// Removes the requests in flight, which will never be answered.
    pub(super) fn give_up(&mut self) -> impl Iterator<Item = InFlight> {
        self.in_flight.drain(..)
    }

    /// Appends a request to the output, without writing it.
    pub(super) fn push(&mut self, request: &[u8], in_flight: InFlight) {
        self.output.extend_from_slice(request);
        self.in_flight.push_back(in_flight);
    }

    /// Writes as much output as the socket accepts, and registers for an event to write the rest.
    ///
    /// # Errors
    ///
    /// [`io::Error`] of the socket, which may also be that of connecting; never `WouldBlock`.
    pub(super) fn write(&mut self, registry: &Registry) -> io::Result<()> {
        while self.written < self.output.len() {
            match self.socket.write(&self.output[self.written..]) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(bytes) => self.written += bytes,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    return self.wait_to_write(registry, true);
                }
                Err(error) => return Err(error),
            }
        }
        self.output.clear();
        self.written = 0;
        self.wait_to_write(registry, false)
    }

    fn wait_to_write(&mut self, registry: &Registry, waits: bool) -> io::Result<()> {
        if self.waits_to_write == waits {
            return Ok(());
        }
        self.waits_to_write = waits;
        let interest = match waits {
            true => Interest::READABLE | Interest::WRITABLE,
            false => Interest::READABLE,
        };
        self.socket
            .source()
            .reregister(registry, self.token, interest)
    }

    /// Reads once. Returns the number of bytes, 0 at the end of the input, and `true` if more may be
    /// waiting.
    ///
    /// # Errors
    ///
    /// [`io::Error`] of the socket; `WouldBlock` if nothing is waiting.
    pub(super) fn read(&mut self) -> io::Result<(usize, bool)> {
        if self.unread.is_empty() {
            self.unread = 0..0;
        } else if self.unread.end == self.input.len() {
            if self.unread.start > 0 {
                self.input.copy_within(self.unread.clone(), 0);
                self.unread = 0..self.unread.len();
            } else {
                // The reader refuses longer responses, so the memory is bounded.
                let length = (self.input.len() * 2).min(MAX_RESPONSE_BYTES + READ_BYTES);
                self.input.resize(length, 0);
            }
        }
        let room = &mut self.input[self.unread.end..];
        let asked = room.len();
        let bytes = self.socket.read(room)?;
        self.unread.end += bytes;
        Ok((bytes, bytes == asked))
    }

    /// Closes the connection; no more events are reported under its token.
    pub(super) fn close(mut self, registry: &Registry) {
        // A socket that cannot be deregistered is closed all the same.
        let _ = self.socket.source().deregister(registry);
    }
}
