//! Upgrades of a daemon under a fixed rate of requests, in both ways: by take-over, and by restarts with sockets that are passed
//! as systemd passes them. Every response is compared with the first of its kind. Ends with status 1 if a request was
//! refused, reset or answered wrongly, or the descriptors grow.
//!
//! ```sh
//! cargo build --release -p codeid
//! cargo run --release -p codeid-benches --bin upgrades -- [--upgrades N] [--rate N]
//! ```
//!
//! The daemon is the one that `CODEID` names, or else the one built beside this program.

mod clients;
mod lives;

use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::atomic::Ordering::Relaxed;
use std::thread;
use std::time::{Duration, Instant};

use clap::Parser;
use codeid_benches::load::daemon_binary;

use self::clients::{Clients, Figures};
use self::lives::{Lives, Way};

/// Upgrades a real daemon under load, and counts what fails.
#[derive(Debug, Parser)]
#[command(name = "upgrades")]
struct Arguments {
    /// The upgrades, half of them in each way
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(2..=100_000))]
    upgrades: u32,
    /// The requests a second, of all listeners together
    #[arg(long, default_value_t = 20_000, value_parser = clap::value_parser!(u32).range(100..=1_000_000))]
    rate: u32,
}

/// The time of load between two upgrades.
const BETWEEN: Duration = Duration::from_millis(500);

/// The descriptors by which a daemon may hold more than the first one: files that it happens to read.
const MORE_DESCRIPTORS: usize = 4;

fn main() -> io::Result<ExitCode> {
    let Arguments { upgrades, rate } = Arguments::parse();
    let mut is_good = true;
    writeln!(
        io::stdout(),
        "| way | upgrades | refused starts | requests | requests a second | refused | reset | wrong | commands sent again | descriptors at first, at most |"
    )?;
    writeln!(io::stdout(), "|---|---|---|---|---|---|---|---|---|---|")?;
    for way in [Way::TakeOver, Way::Activation] {
        is_good &= run(way, upgrades / 2, rate)?;
    }
    Ok(match is_good {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}

/// Upgrades in one way, and prints a row. Returns `true` if nothing failed.
fn run(way: Way, upgrades: u32, rate: u32) -> io::Result<bool> {
    let binary = daemon_binary()?;
    let mut lives = Lives::start(&binary, way)?;
    let figures = Figures::default();
    let began = Instant::now();
    let (mut at_first, mut at_most, mut refused_starts) = (0, 0, 0);
    thread::scope(|scope| {
        let clients = Clients::start(scope, lives.addresses(), rate, &figures);
        let mut upgrade = || -> io::Result<()> {
            for n in 0..upgrades {
                thread::sleep(BETWEEN);
                let open = lives.open_descriptors()?;
                if n == 0 {
                    at_first = open;
                }
                at_most = at_most.max(open);
                // A successor that cannot start is one of the upgrades of each way in which the daemon goes on.
                match (way, n) {
                    (Way::TakeOver, 1) => {
                        refused_starts += u32::from(lives.refuses_broken_binary()?)
                    }
                    (Way::TakeOver, 3) => {
                        refused_starts += u32::from(lives.refuses_broken_config()?)
                    }
                    _ => lives.upgrade()?,
                }
            }
            thread::sleep(BETWEEN);
            Ok(())
        };
        let upgraded = upgrade();
        clients.end();
        upgraded
    })?;
    let answered = figures.answered.load(Relaxed);
    let [refused, reset, wrong, again] = [
        &figures.refused,
        &figures.reset,
        &figures.wrong,
        &figures.again,
    ]
    .map(|n| n.load(Relaxed));
    writeln!(
        io::stdout(),
        "| {way} | {upgrades} | {refused_starts} | {answered} | {:.0} | {refused} | {reset} | {wrong} | {again} | {at_first}, {at_most} |",
        answered as f64 / began.elapsed().as_secs_f64(),
    )?;
    Ok(refused + reset + wrong == 0 && at_most <= at_first + MORE_DESCRIPTORS)
}
