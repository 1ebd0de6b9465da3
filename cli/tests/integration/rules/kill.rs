//! SIGKILL at random instants, while route configs are saved as fast as they come: the saved config
//! is always one of them, whole.

use std::collections::hash_map::RandomState;
use std::fs;
use std::hash::BuildHasher;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::remote::{Remote, Reply};
use super::{CODE, config, large_config, plan, store};
use crate::serve::client::Client;
use crate::serve::daemon::Plan;

const KILLS: usize = 200;

/// The number of kills that must interrupt a save. On a fast disk that takes more kills.
const INTERRUPTED: usize = 3;

/// The most kills until enough have interrupted a save.
const AT_MOST: usize = 10 * KILLS;

/// The number of daemons that are killed concurrently, each in a directory of its own.
const AT_ONCE: usize = 4;

/// The latest instant of a kill after the start, in multiples of the duration of a start.
const STARTS: u32 = 3;

/// The pause between two signals to pull.
const PULL_EVERY: Duration = Duration::from_millis(2);

/// The counts over all daemons.
#[derive(Debug, Default)]
struct Tally {
    kills: AtomicUsize,
    /// Kills of a daemon that had saved.
    saved: AtomicUsize,
    /// Kills in the middle of saving.
    interrupted: AtomicUsize,
}

#[test]
fn a_kill_at_any_instant_leaves_a_whole_config_in_the_local_storage() {
    let seed = RandomState::new().hash_one("seed");
    let tally = Tally::default();
    thread::scope(|scope| {
        for index in 0..AT_ONCE {
            let tally = &tally;
            scope.spawn(move || kill_again_and_again(seed.wrapping_add(index as u64), tally));
        }
    });
    assert!(tally.is_enough(), "{tally:?}, seed {seed}");
}

fn kill_again_and_again(seed: u64, tally: &Tally) {
    let mut random = Random(seed);
    // Of different lengths, so that a mixture of the two would show.
    let configs = [config("one"), large_config("two", 60_000)];
    let remote = alternating(configs.clone());
    let plan = plan();
    let store = store(plan.directory.path());
    let mut start_takes = None;
    for round in 0.. {
        if tally.is_enough() || tally.kills.fetch_add(1, Ordering::SeqCst) >= AT_MOST {
            return;
        }
        let context = || format!("seed {seed}, round {round}");
        let mut command = plan.command("serve");
        command
            .args(["--set", "ac.route.init-route-config-level=REMOTE"])
            .args([
                "--set",
                &format!("ac.route.pull-route-config-url={}", remote.url()),
            ])
            .args(["--set", "ac.route.pull-route-config-fixed-delay=100"])
            .args(["--set", &journal(round)]);
        let begun = Instant::now();
        let process = Process::spawn(&mut command);
        match start_takes {
            None => {
                process.wait_until_it_serves();
                start_takes = Some(begun.elapsed());
            }
            Some(start_takes) => {
                let instant = begun + (start_takes * STARTS).mul_f64(random.next());
                while let Some(left) = instant.checked_duration_since(Instant::now()) {
                    process.pull();
                    thread::sleep(PULL_EVERY.min(left));
                }
            }
        }
        if process.serves() {
            tally.saved.fetch_add(1, Ordering::SeqCst);
        }
        drop(process);
        let saved = fs::read_to_string(&store).unwrap_or_else(|e| panic!("{e}: {}", context()));
        assert!(configs.contains(&saved), "{}: {saved}", context());
        // An interrupted save leaves a temporary file, which the next save removes.
        let unfinished = files_beside(&store).len() - 1;
        assert!(unfinished <= 1, "{}: {:?}", context(), files_beside(&store));
        tally.interrupted.fetch_add(unfinished, Ordering::SeqCst);
        start_at_level_local(&plan, round, &saved);
    }
}

impl Tally {
    /// Returns `true` if there were enough kills, and enough of them interrupted a save.
    fn is_enough(&self) -> bool {
        let count = |counter: &AtomicUsize| counter.load(Ordering::SeqCst);
        count(&self.kills) >= KILLS
            && count(&self.saved) >= KILLS / 2
            && count(&self.interrupted) >= INTERRUPTED
    }
}

/// Returns the setting of a journal for one round. With one journal for all rounds, three kills in
/// a row could interrupt a compile of the same config, which would then be set aside.
fn journal(round: usize) -> String {
    format!("reload.journal-path=journals/{round}.json")
}

fn start_at_level_local(plan: &Plan, round: usize, saved: &str) {
    let mut command = plan.command("serve");
    command
        .args(["--set", "ac.route.init-route-config-level=LOCAL"])
        .args(["--set", &journal(round)]);
    let process = Process::spawn(&mut command);
    process.wait_until_it_serves();
    let socket = plan.directory.path().join("codeid.sock");
    let answer = Client::unix(&socket).identify(CODE, "user-42");
    let rule = answer.header("x-codeid-rule").unwrap();
    assert!(
        saved.contains(&format!(r#""version":"{rule}""#)),
        "{rule}: {saved}"
    );
}

/// Starts a remote that gives one of two configs in turn.
fn alternating(configs: [String; 2]) -> Remote {
    let remote = Remote::http(Reply::Hang);
    let mut count = 0;
    remote.script(move |_| {
        count += 1;
        Reply::config(&*configs[count % 2])
    });
    remote
}

/// Returns the names of the files in the directory of `path`.
fn files_beside(path: &Path) -> Vec<String> {
    fs::read_dir(path.parent().unwrap())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name != "audit.jsonl")
        .collect()
}

/// A daemon that is killed when the value is dropped.
struct Process {
    child: Child,
    serves: Arc<AtomicBool>,
}

impl Process {
    fn spawn(command: &mut Command) -> Self {
        let mut child = command
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let serves = Arc::new(AtomicBool::new(false));
        let log = BufReader::new(child.stderr.take().unwrap());
        let serves_now = Arc::clone(&serves);
        thread::spawn(move || {
            for line in log.lines().map_while(Result::ok) {
                if line.contains("serving") {
                    serves_now.store(true, Ordering::SeqCst);
                }
            }
        });
        Self { child, serves }
    }

    fn serves(&self) -> bool {
        self.serves.load(Ordering::SeqCst)
    }

    fn wait_until_it_serves(&self) {
        super::remote::wait_until("a daemon to serve", || self.serves().then_some(()));
    }

    /// Makes the daemon pull at once, if it serves and so listens for the signal.
    fn pull(&self) {
        if self.serves() {
            let process = Pid::from_raw(i32::try_from(self.child.id()).unwrap());
            kill(process, Signal::SIGHUP).unwrap();
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// The pseudo-random numbers of SplitMix64, which a seed reproduces.
struct Random(u64);

impl Random {
    /// Returns a number that is at least 0 and less than 1.
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^= z >> 31;
        (z >> 11) as f64 / (1_u64 << 53) as f64
    }
}
