//! Clients that stay connected and check every answer.

use std::io::{self, Write};
use std::thread::sleep;
use std::time::Duration;

use codeid_benches::random::Random;
use serde_json::Value;

use crate::http::{Address, Answered, HttpClient, identify, identify_batch};
use crate::life::Life;
use crate::lifetime::Surroundings;
use crate::oracle::{NAMING, PAIRS};
use crate::record::Group::{Expected, Requests};
use crate::resp::{Reply, RespClient, command};

/// The pause between two exchanges: the campaign looks for faults, not for throughput.
const PAUSE: Duration = Duration::from_millis(3);

/// The pause of a client while all of them rest.
const REST: Duration = Duration::from_millis(20);

/// The sizes of batches: usual ones, and the largest.
const BATCH: usize = 64;
const LARGEST_BATCH: usize = 1024;

/// The most requests of a pipeline.
const DEEPEST: usize = 32;

/// Sends requests over HTTP until the life ends.
pub(crate) fn http(
    surroundings: &Surroundings,
    life: &Life,
    who: &str,
    address: &Address,
    mut random: Random,
) {
    let mut client: Option<(HttpClient, u64)> = None;
    while !life.is_ending() {
        if life.is_paused() {
            client = None;
            sleep(REST);
            continue;
        }
        let exchanged = match &mut client {
            None => HttpClient::connect(address).map(|new| client = Some((new, 0))),
            Some((client, last)) => exchange(surroundings, life, client, last, &mut random),
        };
        if let Err(error) = exchanged {
            failed(surroundings, life, who, &error);
            client = None;
        }
        sleep(PAUSE);
    }
}

fn exchange(
    surroundings: &Surroundings,
    life: &Life,
    client: &mut HttpClient,
    last: &mut u64,
    random: &mut Random,
) -> io::Result<()> {
    let mut check =
        |answered: &Answered, pairs: &[usize]| checked(surroundings, life, answered, pairs, last);
    let (what, count) = match random.below(100) {
        0..70 => {
            let pair = random.below(PAIRS.len());
            check(&client.exchange(&identify(PAIRS[pair]))?, &[pair])?;
            ("single requests", 1)
        }
        70..85 => {
            let pairs = draw(random.within(2..DEEPEST), random);
            let requests: Vec<Vec<u8>> = pairs.iter().map(|&pair| identify(PAIRS[pair])).collect();
            client.stream.write_all(&requests.concat())?;
            for pair in &pairs {
                check(&client.receive()?, &[*pair])?;
            }
            ("requests in pipelines", pairs.len())
        }
        rest => {
            let size = if rest == 99 { LARGEST_BATCH } else { BATCH };
            let pairs = draw(size, random);
            let request = identify_batch(pairs.iter().map(|&pair| PAIRS[pair]));
            check(&client.exchange(&request)?, &pairs)?;
            ("code values in batches over HTTP", pairs.len())
        }
    };
    surroundings.record.count(Requests, what, count);
    Ok(())
}

fn draw(count: usize, random: &mut Random) -> Vec<usize> {
    (0..count).map(|_| random.below(PAIRS.len())).collect()
}

/// Checks a response to `pairs`, and that its generation is not older than `last`.
///
/// # Errors
///
/// If it is wrong.
pub(crate) fn checked(
    surroundings: &Surroundings,
    life: &Life,
    answered: &Answered,
    pairs: &[usize],
    last: &mut u64,
) -> io::Result<()> {
    let text = || String::from_utf8_lossy(&answered.body).into_owned();
    if answered.status != 200 {
        return Err(io::Error::other(format!("{} {}", answered.status, text())));
    }
    let generation = answered.generation.unwrap_or_default();
    if generation < *last {
        let message = format!("from generation {last} back to {generation}");
        return Err(io::Error::other(message));
    }
    *last = generation;
    let body: Value = serde_json::from_slice(&answered.body)?;
    let bodies = match &body {
        Value::Array(bodies) => bodies.as_slice(),
        one => std::slice::from_ref(one),
    };
    if bodies.len() != pairs.len() {
        return Err(io::Error::other(format!(
            "not {} answers: {}",
            pairs.len(),
            text()
        )));
    }
    for (pair, body) in pairs.iter().zip(bodies) {
        let oracle = &surroundings.oracle;
        life.check(oracle, answered, *pair, body)
            .map_err(io::Error::other)?;
    }
    Ok(())
}

/// Sends commands over RESP until the life ends.
pub(crate) fn resp(
    surroundings: &Surroundings,
    life: &Life,
    who: &str,
    version: &str,
    mut random: Random,
) {
    let mut client: Option<RespClient> = None;
    let mut walk = Vec::new();
    while !life.is_ending() {
        if life.is_paused() {
            client = None;
            sleep(REST);
            continue;
        }
        let exchanged = match &mut client {
            None => RespClient::connect(&life.addresses.resp, version).map(|new| {
                life.walked(std::mem::take(&mut walk));
                client = Some(new);
            }),
            Some(client) => commands(surroundings, client, &mut walk, &mut random),
        };
        if let Err(error) = exchanged {
            failed(surroundings, life, who, &error);
            client = None;
        }
        sleep(PAUSE);
    }
    life.walked(walk);
}

fn commands(
    surroundings: &Surroundings,
    client: &mut RespClient,
    walk: &mut Vec<u32>,
    random: &mut Random,
) -> io::Result<()> {
    let (what, count) = match random.below(100) {
        0..60 => {
            let pair = random.below(NAMING);
            single(surroundings, client, pair, walk)?;
            ("IDENTIFY commands", 1)
        }
        60..85 => {
            let pairs: Vec<usize> = (0..random.within(2..DEEPEST))
                .map(|_| random.below(NAMING))
                .collect();
            let bytes = pairs.iter().map(|&pair| {
                let (code, open_id) = PAIRS[pair];
                command(&["IDENTIFY", code, open_id])
            });
            client.send(&bytes.collect::<Vec<_>>().concat())?;
            for &pair in &pairs {
                right(surroundings, &client.receive()?, pair, walk)?;
            }
            ("IDENTIFY commands in pipelines", pairs.len())
        }
        rest => {
            let size = if rest == 99 { LARGEST_BATCH } else { BATCH };
            let mut pairs = draw(size, random);
            // One at least names the config.
            pairs[0] = random.below(NAMING);
            let arguments = pairs.iter().map(|&pair| PAIRS[pair]);
            let mut all = vec!["MIDENTIFY"];
            all.extend(arguments.flat_map(|(code, open_id)| [code, open_id]));
            client.send(&command(&all))?;
            whole(surroundings, &client.receive()?, &pairs, walk)?;
            ("code values in MIDENTIFY", pairs.len())
        }
    };
    surroundings.record.count(Requests, what, count);
    Ok(())
}

/// Sends one command for a pair whose answer names the config, and checks the reply.
///
/// # Errors
///
/// If it is wrong, or none comes.
pub(crate) fn single(
    surroundings: &Surroundings,
    client: &mut RespClient,
    pair: usize,
    walk: &mut Vec<u32>,
) -> io::Result<()> {
    let (code, open_id) = PAIRS[pair];
    client.send(&command(&["IDENTIFY", code, open_id]))?;
    right(surroundings, &client.receive()?, pair, walk)
}

/// Checks the reply to one pair by the config that it names, which it adds to `walk`.
fn right(
    surroundings: &Surroundings,
    reply: &Reply,
    pair: usize,
    walk: &mut Vec<u32>,
) -> io::Result<()> {
    let number = reply.named();
    let config = number.and_then(|number| surroundings.oracle.config(number));
    let is_right = config.is_some_and(|config| reply.is_right(&config, pair));
    let (Some(number), true) = (number, is_right) else {
        return Err(io::Error::other(format!("{:?}: {reply:?}", PAIRS[pair])));
    };
    if walk.last() != Some(&number) {
        walk.push(number);
    }
    Ok(())
}

/// Checks the reply to a batch: all of it is of the config that its first element names.
fn whole(
    surroundings: &Surroundings,
    reply: &Reply,
    pairs: &[usize],
    walk: &mut Vec<u32>,
) -> io::Result<()> {
    let Reply::List(replies) = reply else {
        return Err(io::Error::other(format!("MIDENTIFY: {reply:?}")));
    };
    let Some(first) = replies.first().filter(|_| replies.len() == pairs.len()) else {
        let message = format!("{} replies to {} pairs", replies.len(), pairs.len());
        return Err(io::Error::other(message));
    };
    right(surroundings, first, pairs[0], walk)?;
    let config = walk
        .last()
        .and_then(|&number| surroundings.oracle.config(number));
    let config = config.ok_or_else(|| io::Error::other("the config is unknown"))?;
    let wrong = pairs
        .iter()
        .zip(replies)
        .find(|(pair, reply)| !reply.is_right(&config, **pair));
    match wrong {
        None => Ok(()),
        Some((pair, reply)) => Err(io::Error::other(format!(
            "in a batch of config {}, {:?}: {reply:?}",
            config.number, PAIRS[*pair]
        ))),
    }
}

/// Records a failed exchange, unless the end of the life explains it.
fn failed(surroundings: &Surroundings, life: &Life, who: &str, error: &io::Error) {
    let record = &surroundings.record;
    if !life.blame(record, who, &error.to_string()) {
        record.count(Expected, "exchanges cut off by the end of the daemon", 1);
    }
}
