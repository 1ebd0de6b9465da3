//! SIGKILL at random instants, while route configs are saved as fast as they come: what is kept is
//! always one of them, whole.

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

/// How many of them must come in the middle of saving. With a fast disk, that takes more kills.
const INTERRUPTED: usize = 3;

/// With how many kills it must have happened so often.
const AT_MOST: usize = 10 * KILLS;

/// How many are killed side by side, each in a directory of its own.
const AT_ONCE: usize = 4;

/// How long after the start the latest kill comes, in multiples of how long a start takes.
const STARTS: u32 = 3;

/// Between two signals to pull again.
const PULL_EVERY: Duration = Duration::from_millis(2);

/// What happened, over all that were killed.
#[derive(Debug, Default)]
struct Tally {
    kills: AtomicUsize,
    /// Kills of a daemon that had saved.
    saved: AtomicUsize,
    /// Kills in the middle of saving.
    interrupted: AtomicUsize,
}

#[test]
fn a_kill_at_any_instant_leaves_a_whole_config() {
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
    // Of different lengths, so that one in the place of the other would show.
    let configs = [config("one"), large_config("two", 60_000)];
    let remote = alternating(configs.clone());
    let plan = plan();
    let store = store(plan.directory.path());
    let mut start_takes = None;
    for round in 0.. {
        if tally.is_enough() || tally.kills.fetch_add(1, Ordering::SeqCst) >= AT_MOST {
            return;
        }
        let told = || format!("seed {seed}, round {round}");
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
        let kept = fs::read_to_string(&store).unwrap_or_else(|e| panic!("{e}: {}", told()));
        assert!(configs.contains(&kept), "{}: {kept}", told());
        // What was being written lies beside it, and goes with the next save.
        let unfinished = files_beside(&store).len() - 1;
        assert!(unfinished <= 1, "{}: {:?}", told(), files_beside(&store));
        tally.interrupted.fetch_add(unfinished, Ordering::SeqCst);
        start_at_level_local(&plan, round, &kept);
    }
}

impl Tally {
    /// Whether there were enough kills, and enough of them when there was something to interrupt.
    fn is_enough(&self) -> bool {
        let count = |counter: &AtomicUsize| counter.load(Ordering::SeqCst);
        count(&self.kills) >= KILLS
            && count(&self.saved) >= KILLS / 2
            && count(&self.interrupted) >= INTERRUPTED
    }
}

/// A journal of its own for each round: three kills in a row may well fall into compiling the same
/// config, which would then be set aside, as another test shows.
fn journal(round: usize) -> String {
    format!("reload.journal-path=journals/{round}.json")
}

fn start_at_level_local(plan: &Plan, round: usize, kept: &str) {
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
        kept.contains(&format!(r#""version":"{rule}""#)),
        "{rule}: {kept}"
    );
}

/// A remote that gives another config with each request.
fn alternating(configs: [String; 2]) -> Remote {
    let remote = Remote::http(Reply::Hang);
    let mut count = 0;
    remote.script(move |_| {
        count += 1;
        Reply::config(&*configs[count % 2])
    });
    remote
}

/// The names of the files in the directory of `path`.
fn files_beside(path: &Path) -> Vec<String> {
    fs::read_dir(path.parent().unwrap())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name != "audit.jsonl")
        .collect()
}

/// A daemon that is killed with the value.
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

    /// Has it pull at once, if it is as far as to listen for the signal.
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

/// Numbers that cannot be foreseen but can be had again: SplitMix64.
struct Random(u64);

impl Random {
    /// At least 0 and less than 1.
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^= z >> 31;
        (z >> 11) as f64 / (1_u64 << 53) as f64
    }
}
