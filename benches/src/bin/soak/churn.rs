//! Connections that come and go, politely and not.

use std::io::{self, Write};
use std::thread::sleep;
use std::time::Duration;

use codeid_benches::random::Random;

use crate::http::{Address, HttpClient, identify};
use crate::life::Life;
use crate::lifetime::Surroundings;
use crate::oracle::{NAMING, PAIRS};
use crate::record::Group::{Connections, Expected};
use crate::resp::{RespClient, command};
use crate::steady::{checked, single};

/// The pause between two connections.
const PAUSE: Duration = Duration::from_millis(10);

/// The number of connections that are opened together now and then.
const CROWD: usize = 100;

/// Opens and leaves connections until the life ends.
pub(crate) fn connections(surroundings: &Surroundings, life: &Life, mut random: Random) {
    while !life.is_ending() {
        sleep(PAUSE);
        if life.is_paused() {
            continue;
        }
        match visit(surroundings, life, &mut random) {
            Ok(what) => surroundings.record.count(Connections, what, 1),
            Err(error) if life.blame(&surroundings.record, "churn", &error.to_string()) => {}
            Err(_) => {
                let what = "exchanges cut off by the end of the daemon";
                surroundings.record.count(Expected, what, 1);
            }
        }
    }
}

/// Opens a connection or some, does one thing with it, and leaves it.
fn visit(
    surroundings: &Surroundings,
    life: &Life,
    random: &mut Random,
) -> io::Result<&'static str> {
    let addresses = &life.addresses;
    let http = [&addresses.tcp, &addresses.unix][random.below(2)];
    let pair = random.below(NAMING);
    let (code, open_id) = PAIRS[pair];
    let request = identify((code, open_id));
    match random.below(12) {
        0..4 => {
            let mut client = HttpClient::connect(http)?;
            let answered = client.exchange(&request)?;
            checked(surroundings, life, &answered, &[pair], &mut 0)?;
            Ok("for one request")
        }
        4..7 => {
            let version = ["2", "3"][random.below(2)];
            let mut client = RespClient::connect(&addresses.resp, version)?;
            let mut walk = Vec::new();
            single(surroundings, &mut client, pair, &mut walk)?;
            life.walked(walk);
            Ok("for one command")
        }
        7 => {
            http.connect()?;
            addresses.resp.connect()?;
            Ok("without a request")
        }
        8 => {
            let end = random.within(1..request.len());
            http.connect()?.write_all(&request[..end])?;
            let bytes = command(&["IDENTIFY", code, open_id]);
            let end = random.within(1..bytes.len());
            addresses.resp.connect()?.write_all(&bytes[..end])?;
            Ok("left within a request")
        }
        9 => {
            // The answer is not read, so that the client resets the connection.
            http.connect()?.write_all(&request)?;
            Ok("left before the answer")
        }
        10 => {
            let mut client = HttpClient::connect(http)?;
            let answered = client.exchange(b"GET /nowhere HTTP/1.1\r\nHost: localhost\r\n\r\n")?;
            if answered.status != 404 {
                return Err(io::Error::other(format!("404 and not {answered:?}")));
            }
            Ok("for a request that is refused")
        }
        _ => {
            if random.below(20) == 0 {
                let connect = |_| Address::connect(http);
                let crowd: Vec<_> = (0..CROWD).map(connect).collect::<io::Result<_>>()?;
                drop(crowd);
                return Ok("a hundred together");
            }
            let mut client = HttpClient::connect(http)?;
            let answered = client.exchange(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n")?;
            if answered.status != 200 {
                return Err(io::Error::other(format!("/readyz: {answered:?}")));
            }
            Ok("for a probe")
        }
    }
}
