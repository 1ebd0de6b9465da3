//! One life of the daemon: its start, its clients, and its end.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

use codeid_benches::random::Random;
use nix::sys::signal::Signal;

use crate::admin::Admin;
use crate::directory::Directory;
use crate::known::{Known, PRESET};
use crate::life::Life;
use crate::operator::Operator;
use crate::oracle::Oracle;
use crate::process::Process;
use crate::record::Group::{Changes, Faults};
use crate::record::Record;
use crate::remote::{Mode, Remote};
use crate::sampler::Sampler;
use crate::{churn, driver, slow, steady};

/// The file of a `file://` remote.
pub(crate) const REMOTE_FILE: &str = "remote.json";

/// The interval at which the end of a life is checked for.
const TICK: Duration = Duration::from_millis(20);

/// The parts that outlive the daemon.
#[derive(Debug)]
pub(crate) struct Surroundings {
    pub(crate) binary: PathBuf,
    pub(crate) oracle: Oracle,
    pub(crate) directory: Directory,
    pub(crate) remote: Remote,
    pub(crate) record: Arc<Record>,
    pub(crate) sampler: Sampler,
}

/// The plan of a life.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) number: u32,
    pub(crate) duration: Duration,
    /// `true` if the remote is a file, and not an HTTP server.
    pub(crate) has_file_remote: bool,
    /// `true` if SIGKILL ends it, and not SIGTERM.
    pub(crate) ends_with_kill: bool,
    /// The time between two measurements of the daemon at rest.
    pub(crate) quiet_every: Duration,
}

/// Starts the daemon, lets clients, an operator and faults at it, and ends it.
///
/// # Errors
///
/// If the daemon does not start or does not end.
pub(crate) fn run(
    surroundings: &Surroundings,
    plan: &Plan,
    known: &mut Known,
    random: &mut Random,
) -> io::Result<()> {
    let record = &surroundings.record;
    let (mut process, remote_answers) = start(surroundings, plan, known, random)?;
    record.event(&format!(
        "life {}: process {}, ready in {} ms, remote {}",
        plan.number,
        process.id(),
        process.started_in.as_millis(),
        if remote_answers { "up" } else { "down" },
    ));
    let admin = Admin::new(&surroundings.directory);
    let life = Life::new(plan.number, process.addresses.clone());
    if let Err(lost) = known.check_start(&admin.status()?, remote_answers) {
        record.violation(&format!("life {}", plan.number), &lost);
    }
    surroundings
        .sampler
        .watch(Some((plan.number, process.id())));
    let mut operator = Operator {
        surroundings,
        plan,
        life: &life,
        admin,
        signals: process.signals(),
        known,
        random,
    };
    if let Err(error) = operator.repair() {
        record.violation("the remote", &format!("{error:?}"));
    }
    let done = AtomicBool::new(false);
    let ended = thread::scope(|scope| {
        spawn_clients(scope, surroundings, &life, operator.random);
        let ending = scope.spawn(|| end(surroundings, plan, &life, &mut process, &done));
        driver::drive(&mut operator);
        done.store(true, Relaxed);
        ending
            .join()
            .map_err(|_| io::Error::other("a thread panicked"))?
    });
    surroundings.sampler.watch(None);
    let unnamed = life.finish(&surroundings.oracle, record);
    record.event(&format!(
        "life {} ended; {unnamed} generations that no answer named",
        plan.number
    ));
    ended
}

/// Starts the daemon, the remote perhaps being down. Returns `true` with it if the remote is not.
fn start(
    surroundings: &Surroundings,
    plan: &Plan,
    known: &mut Known,
    random: &mut Random,
) -> io::Result<(Process, bool)> {
    let Surroundings {
        oracle,
        directory,
        remote,
        ..
    } = surroundings;
    let is_first = known.remote().is_none();
    if is_first {
        let preset = oracle.next();
        assert_eq!(preset.number, PRESET, "the first config");
        directory.replace("preset.json", preset.text.as_bytes())?;
        known.give(oracle.next().number);
    }
    let given = known.remote().and_then(|number| oracle.config(number));
    let given = given.ok_or_else(|| io::Error::other("the remote's config is forgotten"))?;
    remote.give(&given);
    let answers = is_first || random.below(2) == 0;
    let file = directory.path().join(REMOTE_FILE);
    if file.is_dir() {
        fs::remove_dir(&file)?;
    }
    if answers {
        remote.set_mode(Mode::Good);
        directory.replace(REMOTE_FILE, given.text.as_bytes())?;
    } else {
        remote.set_mode([Mode::Hang, Mode::Status500, Mode::Reset][random.below(3)]);
        if file.exists() {
            fs::remove_file(&file)?;
        }
    }
    let url = if plan.has_file_remote {
        format!("file://{}", file.display())
    } else {
        remote.url()
    };
    let process = Process::start(&surroundings.binary, directory, &url)?;
    Ok((process, answers))
}

fn spawn_clients<'scope>(
    scope: &'scope thread::Scope<'scope, '_>,
    surroundings: &'scope Surroundings,
    life: &'scope Life,
    random: &mut Random,
) {
    let addresses = &life.addresses;
    for (who, address) in [
        ("HTTP over TCP", &addresses.tcp),
        ("HTTP over TCP", &addresses.tcp),
        ("HTTP over a Unix socket", &addresses.unix),
        ("HTTP over a Unix socket", &addresses.unix),
    ] {
        let random = Random::new(random.number());
        scope.spawn(move || steady::http(surroundings, life, who, address, random));
    }
    for (who, version) in [("RESP2", "2"), ("RESP3", "3")] {
        let random = Random::new(random.number());
        scope.spawn(move || steady::resp(surroundings, life, who, version, random));
    }
    let seed = random.number();
    scope.spawn(move || churn::connections(surroundings, life, Random::new(seed)));
    let seed = random.number();
    scope.spawn(move || slow::clients(surroundings, life, Random::new(seed)));
}

/// Ends the life: at its time with SIGKILL, or with SIGTERM when the operator is done. It ends early if
/// the daemon does.
fn end(
    surroundings: &Surroundings,
    plan: &Plan,
    life: &Life,
    process: &mut Process,
    done: &AtomicBool,
) -> io::Result<()> {
    let record = &surroundings.record;
    let begun = Instant::now();
    let signal = loop {
        if process.has_ended() {
            life.blame(record, "the daemon", "it ended by itself");
            life.end();
            break None;
        }
        if plan.ends_with_kill && begun.elapsed() >= plan.duration {
            break Some(Signal::SIGKILL);
        }
        if !plan.ends_with_kill && done.load(Relaxed) {
            break Some(Signal::SIGTERM);
        }
        sleep(TICK);
    };
    let Some(signal) = signal else {
        return process.wait().map(drop);
    };
    life.end();
    process.signals().send(signal);
    let begun = Instant::now();
    let status = process.wait()?;
    record.event(&format!(
        "{signal}: {status} after {} ms",
        begun.elapsed().as_millis()
    ));
    if signal == Signal::SIGKILL {
        record.count(Faults, "SIGKILL", 1);
    } else {
        record.count(Changes, "stopped", 1);
        if !status.success() {
            record.violation("the daemon", &format!("it stopped with {status}"));
        }
    }
    Ok(())
}
