//! A client that is as lean as it can be: one thread, connections that stay open, requests that are
//! rendered beforehand, answers that are looked at only for what counts.

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

use crate::serving::Latencies;

/// More than any answer takes.
const BUFFER: usize = 16 * 1024;

/// How long nothing may come while answers are due.
const PATIENCE: Duration = Duration::from_secs(10);

/// Connections to a daemon, and what is asked on them, over and over.
#[derive(Debug)]
pub struct Load {
    requests: Vec<Vec<u8>>,
    asked: usize,
    streams: Vec<UnixStream>,
    connections: Vec<Connection>,
    newest: Arc<AtomicU64>,
    /// What every answer's body has to be; `None`: each names its generation instead.
    body: Option<Vec<u8>>,
}

/// How many answers came in how long.
#[derive(Clone, Copy, Debug)]
pub struct Answered {
    /// How many.
    pub count: u64,
    /// In how long.
    pub time: Duration,
}

/// One request at a time.
#[derive(Debug)]
struct Connection {
    received: Vec<u8>,
    filled: usize,
    /// When the request that is under way was due.
    due: Duration,
    /// The generation that answered last.
    generation: u64,
}

/// What is looked at in an answer.
#[derive(Debug, PartialEq, Eq)]
struct Head {
    generation: Option<u64>,
    rule: Option<usize>,
    /// Of the whole answer, in bytes.
    length: usize,
}

impl Load {
    /// Connects that many times, to ask for these codes. The client's thread is the one that calls.
    ///
    /// # Errors
    ///
    /// If the socket cannot be connected to.
    pub fn connect(socket: &Path, connections: usize, codes: &[String]) -> io::Result<Self> {
        let requests = codes.iter().map(|code| request(code)).collect();
        Self::connect_for(socket, connections, requests, None)
    }

    /// As [`Self::connect`], to send this request, in bytes of HTTP/1.1, over and over. Each answer
    /// must have this body.
    ///
    /// # Errors
    ///
    /// As [`Self::connect`].
    pub fn repeating(
        socket: &Path,
        connections: usize,
        request: Vec<u8>,
        body: &str,
    ) -> io::Result<Self> {
        Self::connect_for(socket, connections, vec![request], Some(body.into()))
    }

    fn connect_for(
        socket: &Path,
        connections: usize,
        requests: Vec<Vec<u8>>,
        body: Option<Vec<u8>>,
    ) -> io::Result<Self> {
        // To wake up when it is time, and not 50 microseconds later.
        set_timerslack(1)?;
        let connect = |_| {
            let stream = UnixStream::connect(socket)?;
            stream.set_nonblocking(true)?;
            Ok(stream)
        };
        Ok(Self {
            requests,
            asked: 0,
            streams: (0..connections).map(connect).collect::<io::Result<_>>()?,
            connections: (0..connections).map(|_| Connection::new()).collect(),
            newest: Arc::default(),
            body,
        })
    }

    /// The newest generation that answered yet, also for other threads to see.
    #[must_use]
    pub fn newest(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.newest)
    }

    /// Asks so many times a second, whether or not what was asked before is answered: a request
    /// waits if no connection is free, and its latency counts from when it was due.
    ///
    /// # Errors
    ///
    /// If an answer fails, is not 200, is another than it must be, or comes from an older generation
    /// than the one before on its connection.
    pub fn at_rate(&mut self, per_second: u32, lasting: Duration) -> io::Result<Latencies> {
        let mut latencies = Latencies::default();
        let mut due = 0;
        let next_due = |_| {
            let next = Duration::from_secs(1) * due / per_second;
            due += 1;
            (next < lasting).then_some(next)
        };
        self.drive(next_due, |_, latency| latencies.record(latency))?;
        Ok(latencies)
    }

    /// Asks again on each connection as soon as it is answered.
    ///
    /// # Errors
    ///
    /// As [`Self::at_rate`].
    pub fn at_capacity(&mut self, lasting: Duration) -> io::Result<Answered> {
        let begun = Instant::now();
        let mut count = 0;
        let next_due = |now| (now < lasting).then_some(now);
        self.drive(next_due, |_, _| count += 1)?;
        let time = begun.elapsed();
        Ok(Answered { count, time })
    }

    /// Asks again on each connection as soon as it is answered, as long as `go_on` says so, which is
    /// told for how long it has been going on.
    ///
    /// # Errors
    ///
    /// As [`Self::at_rate`].
    pub fn while_true(&mut self, go_on: impl Fn(Duration) -> bool) -> io::Result<Latencies> {
        let mut latencies = Latencies::default();
        let next_due = |now| go_on(now).then_some(now);
        self.drive(next_due, |_, latency| latencies.record(latency))?;
        Ok(latencies)
    }

    /// Asks once for each code, in order; which rule decided, as a place in the config.
    ///
    /// # Errors
    ///
    /// As [`Self::at_rate`].
    pub fn winners(&mut self) -> io::Result<Vec<Option<usize>>> {
        let mut winners = Vec::with_capacity(self.requests.len());
        for request in 0..self.requests.len() {
            self.asked = request;
            let mut requests = [Duration::ZERO].into_iter();
            self.drive(|_| requests.next(), |head, _| winners.push(head.rule))?;
        }
        Ok(winners)
    }

    /// Asks until this generation answers.
    ///
    /// # Errors
    ///
    /// As [`Self::at_rate`], and if it takes too long.
    pub fn wait_for(&mut self, generation: u64) -> io::Result<()> {
        let begun = Instant::now();
        while self.newest.load(Relaxed) < generation {
            if begun.elapsed() > PATIENCE {
                let why = format!("generation {generation} does not come");
                return Err(io::Error::other(why));
            }
            std::thread::sleep(Duration::from_millis(1));
            let mut requests = [Duration::ZERO].into_iter();
            self.drive(|_| requests.next(), |_, _| {})?;
        }
        Ok(())
    }

    /// `next_due` is told the time and tells when the next request is due, in the order of time;
    /// `None` ends it. `answered` is given each answer.
    fn drive(
        &mut self,
        mut next_due: impl FnMut(Duration) -> Option<Duration>,
        mut answered: impl FnMut(&Head, Duration),
    ) -> io::Result<()> {
        let begun = Instant::now();
        let mut polled: Vec<PollFd<'_>> = self
            .streams
            .iter()
            .map(|stream| PollFd::new(stream.as_fd(), PollFlags::POLLIN))
            .collect();
        let mut free: VecDeque<usize> = (0..self.streams.len()).collect();
        let mut next = next_due(Duration::ZERO);
        loop {
            let mut now = begun.elapsed();
            while let Some(due) = next.filter(|due| *due <= now)
                && let Some(place) = free.pop_front()
            {
                self.connections[place].due = due;
                let request = &self.requests[self.asked % self.requests.len()];
                (&self.streams[place]).write_all(request)?;
                self.asked += 1;
                now = begun.elapsed();
                next = next_due(now);
            }
            if next.is_none() && free.len() == self.streams.len() {
                return Ok(());
            }
            let wait = match next {
                Some(due) if !free.is_empty() => due.saturating_sub(now),
                _ => PATIENCE,
            };
            if ppoll(&mut polled, Some(wait.into()), None)? == 0 && wait == PATIENCE {
                return Err(io::ErrorKind::TimedOut.into());
            }
            for (place, polled) in polled.iter().enumerate() {
                if polled.any() != Some(true) {
                    continue;
                }
                let connection = &mut self.connections[place];
                let body = self.body.as_deref();
                if let Some(head) = connection.receive(&self.streams[place], body)? {
                    answered(&head, begun.elapsed() - connection.due);
                    self.newest.fetch_max(connection.generation, Relaxed);
                    free.push_back(place);
                }
            }
        }
    }
}

impl Connection {
    fn new() -> Self {
        Self {
            received: vec![0; BUFFER],
            filled: 0,
            due: Duration::ZERO,
            generation: 0,
        }
    }

    /// Reads what has come; `None` if that is not the whole answer.
    fn receive(
        &mut self,
        mut stream: &UnixStream,
        body: Option<&[u8]>,
    ) -> io::Result<Option<Head>> {
        let count = stream.read(&mut self.received[self.filled..])?;
        if count == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.filled += count;
        let received = &self.received[..self.filled];
        let Some(head) = head(received)?.filter(|head| received.len() >= head.length) else {
            return Ok(None);
        };
        let before = self.generation;
        let is_right = match (body, head.generation) {
            (Some(body), _) => received.ends_with(body),
            (None, Some(generation)) => generation >= before,
            (None, None) => false,
        };
        if received.len() > head.length || !is_right {
            let answer = String::from_utf8_lossy(received);
            return Err(io::Error::other(format!(
                "after generation {before} comes more than one answer, or a wrong or older one: {answer}"
            )));
        }
        self.filled = 0;
        self.generation = head.generation.unwrap_or(before);
        Ok(Some(head))
    }
}

fn request(code: &str) -> Vec<u8> {
    let body = serde_json::json!({"codeValue": code, "openId": "user-42"}).to_string();
    let length = body.len();
    format!(
        "POST /v1/identifyCode HTTP/1.1\r\nHost: codeid\r\nContent-Type: application/json\r\n\
         Content-Length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

/// `None` if there is more to come.
fn head(received: &[u8]) -> io::Result<Option<Head>> {
    let Some(end) = received.windows(4).position(|four| four == b"\r\n\r\n") else {
        return Ok(None);
    };
    let wrong = || io::Error::other(String::from_utf8_lossy(received).into_owned());
    let head = std::str::from_utf8(&received[..end]).map_err(|_| wrong())?;
    let mut lines = head.split("\r\n");
    if !lines
        .next()
        .is_some_and(|line| line.starts_with("HTTP/1.1 200"))
    {
        return Err(wrong());
    }
    let (mut generation, mut length, mut rule) = (None, None, None);
    for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
        if name.eq_ignore_ascii_case("x-codeid-generation") {
            generation = value.parse().ok();
        } else if name.eq_ignore_ascii_case("content-length") {
            length = value.parse().ok();
        } else if name.eq_ignore_ascii_case("x-codeid-rule") {
            rule = value.strip_prefix('r').and_then(|place| place.parse().ok());
        }
    }
    let length: usize = length.ok_or_else(wrong)?;
    Ok(Some(Head {
        generation,
        rule,
        length: end + 4 + length,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWER: &str = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\
        X-Codeid-Generation: 7\r\nx-codeid-rule: r12\r\nContent-Length: 2\r\n\r\n{}";

    #[test]
    fn an_answer_is_read_as_far_as_it_counts() {
        let expected = Head {
            generation: Some(7),
            rule: Some(12),
            length: ANSWER.len(),
        };
        assert_eq!(head(ANSWER.as_bytes()).unwrap(), Some(expected));
        assert_eq!(head(&ANSWER.as_bytes()[..60]).unwrap(), None);
        let refused = ANSWER.replace("200 OK", "503 Service Unavailable");
        assert!(head(refused.as_bytes()).is_err());
        let nameless = ANSWER.replace("Generation", "Generations");
        let nameless = head(nameless.as_bytes()).unwrap().unwrap();
        assert_eq!(nameless.generation, None);
    }
}
