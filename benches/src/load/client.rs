//! A client that costs as little CPU time as possible: one thread, connections that stay open,
//! requests rendered beforehand, and responses parsed only as far as they are checked.

use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags, ppoll};
use nix::sys::prctl::set_timerslack;

use crate::cannot;
use crate::load::Latencies;

/// The size of a connection's buffer in bytes: more than any response has.
const BUFFER: usize = 16 * 1024;

/// The time without any response after which an outstanding request fails.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Connections to a daemon, and the requests that they send over and over.
#[derive(Debug)]
pub struct Client {
    requests: Vec<Vec<u8>>,
    /// The number of requests sent so far, which selects the next one.
    sent: usize,
    streams: Vec<UnixStream>,
    connections: Vec<Connection>,
    newest_generation: Arc<AtomicU64>,
    /// The body that every response must have. `None` if each must name its generation instead.
    expected_body: Option<Vec<u8>>,
}

/// The number of responses in some time.
#[derive(Clone, Copy, Debug)]
pub struct Throughput {
    /// The number of responses.
    pub count: u64,
    /// The time in which they arrived.
    pub time: Duration,
}

/// A connection with at most one outstanding request.
#[derive(Debug)]
struct Connection {
    buffer: Vec<u8>,
    filled: usize,
    /// The time at which the outstanding request was due, counted from the start of the run.
    due: Duration,
    /// The generation in the last response.
    generation: u64,
}

/// The parsed part of a response.
#[derive(Debug, PartialEq, Eq)]
struct ResponseHead {
    generation: Option<u64>,
    /// The index of the rule that decided.
    rule: Option<usize>,
    /// The length of the whole response in bytes.
    length: usize,
}

impl Client {
    /// Opens `connections` connections, on which it asks for `codes`. Every method that sends
    /// requests does so on the calling thread.
    ///
    /// # Errors
    ///
    /// If the socket cannot be connected to.
    ///
    /// # Panics
    ///
    /// If there are no connections or no codes.
    pub fn connect(socket: &Path, connections: usize, codes: &[String]) -> io::Result<Self> {
        let requests = codes.iter().map(|code| identify_request(code)).collect();
        Self::connect_with(socket, connections, requests, None)
    }

    /// Opens `connections` connections, on which it repeats one request, given in bytes of HTTP/1.1.
    /// Each response must have the body `expected_body`.
    ///
    /// # Errors
    ///
    /// If the socket cannot be connected to.
    ///
    /// # Panics
    ///
    /// If there are no connections.
    pub fn connect_repeating(
        socket: &Path,
        connections: usize,
        request: Vec<u8>,
        expected_body: &str,
    ) -> io::Result<Self> {
        let expected_body = Some(expected_body.into());
        Self::connect_with(socket, connections, vec![request], expected_body)
    }

    fn connect_with(
        socket: &Path,
        connections: usize,
        requests: Vec<Vec<u8>>,
        expected_body: Option<Vec<u8>>,
    ) -> io::Result<Self> {
        assert!(connections > 0, "there are no connections");
        assert!(!requests.is_empty(), "there are no requests");
        // The kernel may wake a thread 50 microseconds late by default, which would count as latency.
        set_timerslack(1)?;
        let connect = |_| {
            let stream = UnixStream::connect(socket).map_err(cannot("connect to", socket))?;
            stream.set_nonblocking(true)?;
            Ok(stream)
        };
        Ok(Self {
            requests,
            sent: 0,
            streams: (0..connections).map(connect).collect::<io::Result<_>>()?,
            connections: (0..connections).map(|_| Connection::new()).collect(),
            newest_generation: Arc::default(),
            expected_body,
        })
    }

    /// Returns the newest generation in any response so far, which another thread may watch.
    #[must_use]
    pub fn newest_generation(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.newest_generation)
    }

    /// Sends `per_second` requests a second in an open loop: a request is due whether or not earlier
    /// ones have a response. It waits if no connection is free, and its latency counts from when it
    /// was due.
    ///
    /// # Errors
    ///
    /// If a response does not arrive, has another status than 200 or another body than expected, or
    /// comes from an older generation than the one before on its connection.
    ///
    /// # Panics
    ///
    /// If `per_second` is 0.
    pub fn run_at_rate(&mut self, per_second: u32, duration: Duration) -> io::Result<Latencies> {
        let mut latencies = Latencies::default();
        let mut count = 0;
        let next_due = |_| {
            let due = Duration::from_secs(1) * count / per_second;
            count += 1;
            (due < duration).then_some(due)
        };
        self.drive(next_due, |_, latency| latencies.record(latency))?;
        Ok(latencies)
    }

    /// Sends requests in a closed loop: the next one on each connection as soon as its response is
    /// there.
    ///
    /// # Errors
    ///
    /// See [`Self::run_at_rate`].
    pub fn run_closed_loop(&mut self, duration: Duration) -> io::Result<Throughput> {
        let started = Instant::now();
        let mut count = 0;
        let next_due = |now| (now < duration).then_some(now);
        self.drive(next_due, |_, _| count += 1)?;
        let time = started.elapsed();
        Ok(Throughput { count, time })
    }

    /// Sends requests in a closed loop as long as `condition` holds, which is called with the time
    /// since the start.
    ///
    /// # Errors
    ///
    /// See [`Self::run_at_rate`].
    pub fn run_while(&mut self, condition: impl Fn(Duration) -> bool) -> io::Result<Latencies> {
        let mut latencies = Latencies::default();
        let next_due = |now| condition(now).then_some(now);
        self.drive(next_due, |_, latency| latencies.record(latency))?;
        Ok(latencies)
    }

    /// Asks once for each code, in order, and returns the index, from 0, of each rule that decided;
    /// `None` where none did.
    ///
    /// # Errors
    ///
    /// See [`Self::run_at_rate`].
    pub fn winners(&mut self) -> io::Result<Vec<Option<usize>>> {
        let mut winners = Vec::with_capacity(self.requests.len());
        for request in 0..self.requests.len() {
            self.sent = request;
            let mut once = [Duration::ZERO].into_iter();
            self.drive(|_| once.next(), |head, _| winners.push(head.rule))?;
        }
        Ok(winners)
    }

    /// Sends requests until this generation or a newer one answers.
    ///
    /// # Errors
    ///
    /// See [`Self::run_at_rate`], and if it takes more than ten seconds.
    pub fn wait_for_generation(&mut self, generation: u64) -> io::Result<()> {
        let started = Instant::now();
        while self.newest_generation.load(Relaxed) < generation {
            if started.elapsed() > TIMEOUT {
                let message = format!(
                    "generation {generation} did not answer within {} s",
                    TIMEOUT.as_secs()
                );
                return Err(io::Error::new(io::ErrorKind::TimedOut, message));
            }
            std::thread::sleep(Duration::from_millis(1));
            let mut once = [Duration::ZERO].into_iter();
            self.drive(|_| once.next(), |_, _| {})?;
        }
        Ok(())
    }

    /// Sends requests and receives responses until both are exhausted.
    ///
    /// `next_due` is called with the time since the start and returns when the next request is due,
    /// in ascending order, or `None` after the last one. `on_response` is called with each response
    /// and its latency.
    fn drive(
        &mut self,
        mut next_due: impl FnMut(Duration) -> Option<Duration>,
        mut on_response: impl FnMut(&ResponseHead, Duration),
    ) -> io::Result<()> {
        let started = Instant::now();
        let mut polled: Vec<PollFd<'_>> = self
            .streams
            .iter()
            .map(|stream| PollFd::new(stream.as_fd(), PollFlags::POLLIN))
            .collect();
        let mut free: VecDeque<usize> = (0..self.streams.len()).collect();
        let mut next = next_due(Duration::ZERO);
        loop {
            let mut now = started.elapsed();
            while let Some(due) = next.filter(|due| *due <= now)
                && let Some(index) = free.pop_front()
            {
                self.connections[index].due = due;
                let request = &self.requests[self.sent % self.requests.len()];
                (&self.streams[index]).write_all(request)?;
                self.sent += 1;
                now = started.elapsed();
                next = next_due(now);
            }
            if next.is_none() && free.len() == self.streams.len() {
                return Ok(());
            }
            let wait = match next {
                Some(due) if !free.is_empty() => due.saturating_sub(now),
                _ => TIMEOUT,
            };
            if ppoll(&mut polled, Some(wait.into()), None)? == 0 && wait == TIMEOUT {
                return Err(io::ErrorKind::TimedOut.into());
            }
            for (index, polled) in polled.iter().enumerate() {
                if polled.any() != Some(true) {
                    continue;
                }
                let connection = &mut self.connections[index];
                let expected_body = self.expected_body.as_deref();
                if let Some(head) = connection.receive(&self.streams[index], expected_body)? {
                    on_response(&head, started.elapsed() - connection.due);
                    self.newest_generation
                        .fetch_max(connection.generation, Relaxed);
                    free.push_back(index);
                }
            }
        }
    }
}

impl Connection {
    fn new() -> Self {
        Self {
            buffer: vec![0; BUFFER],
            filled: 0,
            due: Duration::ZERO,
            generation: 0,
        }
    }

    /// Reads once. Returns `None` if the response is still incomplete.
    fn receive(
        &mut self,
        mut stream: &UnixStream,
        expected_body: Option<&[u8]>,
    ) -> io::Result<Option<ResponseHead>> {
        let count = stream.read(&mut self.buffer[self.filled..])?;
        if count == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.filled += count;
        let received = &self.buffer[..self.filled];
        let head = ResponseHead::parse(received)?;
        let Some(head) = head.filter(|head| received.len() >= head.length) else {
            return Ok(None);
        };
        let previous = self.generation;
        let is_expected = match (expected_body, head.generation) {
            (Some(body), _) => received.ends_with(body),
            (None, Some(generation)) => generation >= previous,
            (None, None) => false,
        };
        if received.len() > head.length || !is_expected {
            let response = String::from_utf8_lossy(received);
            return Err(io::Error::other(format!(
                "after generation {previous}: a wrong, older or second response: {response}"
            )));
        }
        self.filled = 0;
        self.generation = head.generation.unwrap_or(previous);
        Ok(Some(head))
    }
}

impl ResponseHead {
    /// Parses the head of a response with status 200. Returns `None` if it is incomplete.
    fn parse(received: &[u8]) -> io::Result<Option<Self>> {
        let Some(end) = received.windows(4).position(|four| four == b"\r\n\r\n") else {
            return Ok(None);
        };
        let unexpected = || {
            let response = String::from_utf8_lossy(received);
            io::Error::other(format!("an unexpected response: {response}"))
        };
        let head = std::str::from_utf8(&received[..end]).map_err(|_| unexpected())?;
        let mut lines = head.split("\r\n");
        if !lines
            .next()
            .is_some_and(|line| line.starts_with("HTTP/1.1 200"))
        {
            return Err(unexpected());
        }
        let (mut generation, mut length, mut rule) = (None, None, None);
        for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
            if name.eq_ignore_ascii_case("x-codeid-generation") {
                generation = value.parse().ok();
            } else if name.eq_ignore_ascii_case("content-length") {
                length = value.parse().ok();
            } else if name.eq_ignore_ascii_case("x-codeid-rule") {
                rule = value.strip_prefix('r').and_then(|index| index.parse().ok());
            }
        }
        let length: usize = length.ok_or_else(unexpected)?;
        Ok(Some(Self {
            generation,
            rule,
            length: end + 4 + length,
        }))
    }
}

fn identify_request(code: &str) -> Vec<u8> {
    let body = serde_json::json!({"codeValue": code, "openId": "user-42"}).to_string();
    let length = body.len();
    format!(
        "POST /v1/identifyCode HTTP/1.1\r\nHost: codeid\r\nContent-Type: application/json\r\n\
         Content-Length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    const RESPONSE: &str = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\
        X-Codeid-Generation: 7\r\nx-codeid-rule: r12\r\nContent-Length: 2\r\n\r\n{}";

    fn parse(response: &str) -> io::Result<Option<ResponseHead>> {
        ResponseHead::parse(response.as_bytes())
    }

    #[test]
    fn a_response_head_has_a_generation_a_rule_and_a_length() {
        let expected = ResponseHead {
            generation: Some(7),
            rule: Some(12),
            length: RESPONSE.len(),
        };
        assert_eq!(parse(RESPONSE).unwrap(), Some(expected));
        let other_header = RESPONSE.replace("Generation", "Generations");
        let head = parse(&other_header).unwrap().unwrap();
        assert_eq!(head.generation, None);
    }

    #[test]
    fn an_incomplete_response_head_is_not_an_error() {
        assert_eq!(parse(&RESPONSE[..60]).unwrap(), None);
    }

    #[test]
    fn a_response_with_another_status_is_an_error() {
        assert!(parse(&RESPONSE.replace("200 OK", "503 Service Unavailable")).is_err());
    }
}
