//! Runs a real daemon for a long time while everything around it goes wrong, checks every answer, and
//! plots its memory, descriptors and threads.
//!
//! ```sh
//! ./scripts/campaign soak [--minutes M] [--hours H]
//! ```
//!
//! Route configs replace each other about once a second, from a remote over HTTP or in a file, by apply
//! and rollback, and around freezes. The remote fails in eight ways; the disks of the saved config, the audit
//! log and the log fill up. Clients send single requests, batches and pipelines on all listeners;
//! others connect and leave, read slowly or write slowly. The daemon is killed and started again
//! about every two minutes, except for one life of more than half of the time, at whose end it
//! stops.
//!
//! The exit status is 0 only if no answer was wrong, no acknowledged change was lost, no request
//! failed without a kill, and nothing leaked.

mod admin;
mod arguments;
mod churn;
mod directory;
mod driver;
mod http;
mod known;
mod life;
mod lifetime;
mod operator;
mod oracle;
mod plot;
mod process;
mod record;
mod remote;
mod report;
mod resp;
mod sampler;
mod slow;
mod steady;

use std::io;
use std::process::{Command, ExitCode};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::thread;
use std::time::Duration;

use codeid_benches::load::daemon_binary;
use codeid_benches::random::Random;

use self::arguments::Arguments;
use self::directory::Directory;
use self::known::Known;
use self::lifetime::{Plan, Surroundings};
use self::oracle::Oracle;
use self::process::AUDIT_PATH;
use self::record::Record;
use self::remote::Remote;
use self::sampler::Sampler;

/// The longest time between two kills.
const BETWEEN_KILLS: Duration = Duration::from_mins(2);

/// The share of the time that the long life takes: more than half, so that leaks have time to show in one
/// process.
const LONG_LIFE: f64 = 0.55;

fn main() -> io::Result<ExitCode> {
    let arguments = Arguments::read();
    let output = arguments.create_output()?;
    let record = Arc::new(Record::new(&output)?);
    record.event(&format!(
        "soak for {} s, seed {}",
        arguments.duration().as_secs(),
        arguments.seed
    ));
    let surroundings = Surroundings {
        binary: daemon_binary()?,
        oracle: Oracle::default(),
        directory: Directory::new()?,
        remote: Remote::start()?,
        record: Arc::clone(&record),
        sampler: Sampler::default(),
    };
    let result = thread::scope(|scope| {
        scope.spawn(|| surroundings.sampler.run(&record));
        let result = run_lives(&surroundings, arguments.duration(), arguments.seed);
        surroundings.sampler.done.store(true, Relaxed);
        result
    });
    if let Err(error) = result {
        record.violation("the campaign", &error.to_string());
    }
    verify_audit_log(&surroundings)?;
    surroundings.directory.copy_log(&output)?;
    let is_good = report::write(&output, &arguments, &surroundings)?;
    Ok(if is_good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Checks the chain of the audit log, over all lives and kills.
fn verify_audit_log(surroundings: &Surroundings) -> io::Result<()> {
    let verified = Command::new(&surroundings.binary)
        .args(["audit", "verify", "--set", AUDIT_PATH])
        .current_dir(surroundings.directory.path())
        .output()?;
    if !verified.status.success() {
        let report = String::from_utf8_lossy(&verified.stderr);
        surroundings.record.violation("the audit log", &report);
    }
    Ok(())
}

/// Runs one life of the daemon after the other: short ones that a kill ends, then the long one.
fn run_lives(surroundings: &Surroundings, total: Duration, seed: u64) -> io::Result<()> {
    let mut random = Random::new(seed);
    let mut known = Known::default();
    for (number, (duration, is_last)) in (1..).zip(lives(total)) {
        let plan = Plan {
            number,
            duration,
            // The long life has the remote over HTTP, which has more ways to fail.
            has_file_remote: !is_last && number.is_multiple_of(2),
            ends_with_kill: !is_last,
            // About six measurements at rest in the long life: enough to compare its beginning with its end.
            quiet_every: (total / 12).clamp(Duration::from_secs(15), Duration::from_mins(10)),
        };
        lifetime::run(surroundings, &plan, &mut known, &mut random)?;
    }
    Ok(())
}

/// Divides the time into lives, each with `true` if it is the last and long one.
fn lives(total: Duration) -> Vec<(Duration, bool)> {
    let short = total.mul_f64(1.0 - LONG_LIFE);
    let mut count = 2;
    while short / count > BETWEEN_KILLS {
        count += 1;
    }
    let mut lives: Vec<_> = (0..count).map(|_| (short / count, false)).collect();
    lives.push((total.mul_f64(LONG_LIFE), true));
    lives
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twenty_minutes_have_five_kills_and_a_life_of_eleven_minutes() {
        let lives = lives(Duration::from_mins(20));
        assert_eq!(lives.len(), 6);
        assert_eq!(lives[5], (Duration::from_mins(11), true));
        assert!(lives[..5].iter().all(|(life, _)| *life <= BETWEEN_KILLS));
    }
}
