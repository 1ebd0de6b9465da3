//! Clients that read or write so slowly that the daemon must end them.

use std::io::{self, ErrorKind, Read, Write};
use std::thread::sleep;
use std::time::{Duration, Instant};

use codeid_benches::random::Random;

use crate::http::{Stream, identify, identify_batch};
use crate::life::Life;
use crate::lifetime::Surroundings;
use crate::oracle::PAIRS;
use crate::record::Group::Faults;
use crate::resp::command;

/// The clients that are slow together.
const TOGETHER: usize = 24;

/// The time after which the daemon must have ended a connection: its limits are three seconds each,
/// from the head to the body to the response.
const ENDED_AFTER: Duration = Duration::from_secs(15);

/// The time that a write to a client's own full socket may block.
const WRITE: Duration = Duration::from_millis(20);

/// The pieces that a slow reader sends, more than the sockets hold.
const PIECES: usize = 60;

#[derive(Clone, Copy, Debug)]
enum Kind {
    /// Sends a byte of its head now and then.
    HeadWriter,
    /// Sends its head and then a byte of the body now and then.
    BodyWriter,
    /// Sends a command now and then, a byte at a time.
    CommandWriter,
    /// Sends batches and reads nothing.
    Reader,
    /// Sends large commands and reads nothing.
    RespReader,
}

/// A slow connection and what it still sends.
struct Slow {
    kind: Kind,
    stream: Stream,
    rest: Vec<u8>,
}

/// Opens slow connections, a few at a time, until the life ends.
pub(crate) fn clients(surroundings: &Surroundings, life: &Life, mut random: Random) {
    while !life.is_ending() {
        if life.is_paused() {
            sleep(Duration::from_millis(20));
            continue;
        }
        if let Err(error) = together(surroundings, life, &mut random) {
            life.blame(&surroundings.record, "slow clients", &error.to_string());
        }
    }
}

/// Opens some connections, and waits until the daemon has ended all of them.
fn together(surroundings: &Surroundings, life: &Life, random: &mut Random) -> io::Result<()> {
    let mut slow = Vec::new();
    for _ in 0..TOGETHER {
        slow.push(Slow::open(life, random)?);
    }
    let begun = Instant::now();
    while !slow.is_empty() && !life.is_ending() && !life.is_paused() {
        if begun.elapsed() > ENDED_AFTER {
            let kinds: Vec<Kind> = slow.iter().map(|slow| slow.kind).collect();
            let message = format!("the daemon does not end slow clients: {kinds:?}");
            return Err(io::Error::other(message));
        }
        sleep(Duration::from_millis(200));
        slow.retain_mut(|slow| {
            let goes_on = slow.go_on();
            if !goes_on {
                surroundings.record.count(Faults, slow.kind.name(), 1);
            }
            goes_on
        });
    }
    Ok(())
}

impl Slow {
    fn open(life: &Life, random: &mut Random) -> io::Result<Self> {
        let addresses = &life.addresses;
        let http = [&addresses.tcp, &addresses.unix][random.below(2)];
        let request = identify(PAIRS[0]);
        let head = request.windows(4).position(|four| four == b"\r\n\r\n");
        let head = head.map_or(0, |end| end + 4);
        let batch = || identify_batch(PAIRS.into_iter().cycle().take(1024));
        let (code, open_id) = PAIRS[0];
        let (kind, at_once, rest, address) = match random.below(5) {
            0 => (Kind::HeadWriter, vec![], request[..head].to_vec(), http),
            1 => (
                Kind::BodyWriter,
                request[..head].to_vec(),
                request[head..].to_vec(),
                http,
            ),
            2 => {
                let command = command(&["IDENTIFY", code, open_id]);
                (Kind::CommandWriter, vec![], command, &addresses.resp)
            }
            3 => (Kind::Reader, batch().repeat(PIECES / 3), vec![], http),
            _ => {
                let mut arguments = vec!["MIDENTIFY"];
                arguments.extend([code, open_id].into_iter().cycle().take(2048));
                let commands = command(&arguments).repeat(PIECES);
                (Kind::RespReader, commands, vec![], &addresses.resp)
            }
        };
        let mut stream = address.connect()?;
        stream.set_patience(WRITE)?;
        // The daemon stops reading while its answers are not read, and may have ended already.
        match stream.write_all(&at_once) {
            Err(error) if !is_expected(&error) => return Err(error),
            _ => {}
        }
        Ok(Self { kind, stream, rest })
    }

    /// Sends the next byte, if it is a writer. Returns `false` if the daemon has ended the
    /// connection.
    fn go_on(&mut self) -> bool {
        let sent = match self.kind {
            Kind::Reader | Kind::RespReader => self.stream.write_all(b"x"),
            // The last byte is never sent.
            _ if self.rest.len() > 1 => self.stream.write_all(&[self.rest.remove(0)]),
            _ => Ok(()),
        };
        if sent.is_err_and(|error| error.kind() != ErrorKind::WouldBlock) {
            return false;
        }
        if matches!(self.kind, Kind::Reader | Kind::RespReader) {
            return true;
        }
        // A writer reads what the daemon says before it hangs up.
        match self.stream.read(&mut [0; 4096]) {
            Ok(0) => false,
            Ok(_) => true,
            Err(error) => error.kind() == ErrorKind::WouldBlock,
        }
    }
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::HeadWriter => "slow writers of a head, ended",
            Self::BodyWriter => "slow writers of a body, ended",
            Self::CommandWriter => "slow writers of a command, ended",
            Self::Reader => "slow readers over HTTP, ended",
            Self::RespReader => "slow readers over RESP, ended",
        }
    }
}

/// Returns `true` for the errors of a socket that is full or was ended.
fn is_expected(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::WouldBlock | ErrorKind::BrokenPipe | ErrorKind::ConnectionReset
    )
}
