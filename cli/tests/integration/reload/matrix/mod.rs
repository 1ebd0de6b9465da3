//! T7: every level with every way in which its sources can fail: what is said, what serves, what is
//! saved.

mod cases;

use std::collections::VecDeque;
use std::panic::catch_unwind;
use std::sync::Mutex;
use std::thread;

use self::cases::{LocalCase, PresetCase, RemoteCase};
use super::{plan, serving};

/// How many daemons are started at once: they mostly wait.
const AT_ONCE: usize = 8;

#[derive(Clone, Copy, Debug)]
struct Case {
    level: &'static str,
    remote: RemoteCase,
    local: LocalCase,
    preset: PresetCase,
}

impl Case {
    fn all() -> impl Iterator<Item = Self> {
        ["REMOTE", "LOCAL", "PRESET"].into_iter().flat_map(|level| {
            RemoteCase::ALL.iter().flat_map(move |&remote| {
                LocalCase::ALL.iter().flat_map(move |&local| {
                    PresetCase::ALL.iter().map(move |&preset| Self {
                        level,
                        remote,
                        local,
                        preset,
                    })
                })
            })
        })
    }

    /// Whether the case says anything that another does not.
    fn is_of_interest(self) -> bool {
        use RemoteCase::{Absent, Good};
        // Each way of the remote with a store that is a file; other stores with few of them.
        let store = self.local.is_file() || matches!(self.remote, Absent | Good);
        // What is not permitted is not read, whatever it holds.
        let preset = match self.preset {
            PresetCase::Good => true,
            PresetCase::Corrupt => self.level == "PRESET" || self.remote == Absent,
            PresetCase::Absent | PresetCase::Unreadable => {
                self.level == "PRESET" && self.remote == Absent
            }
        };
        store && preset
    }

    /// The label of what shall serve, or the code with which the start shall fail.
    fn expected(self) -> Result<&'static str, &'static str> {
        if self.remote.is_good() {
            return Ok("remote");
        }
        if self.level == "REMOTE" {
            return Err("REMOTE_CONFIG_UPDATE_FAILED");
        }
        if self.local.is_good() {
            return Ok("local");
        }
        if self.level == "LOCAL" {
            return Err("STORAGE_CONFIG_LOAD_FAILED");
        }
        if self.preset == PresetCase::Good {
            return Ok("preset");
        }
        Err("INIT_CONFIG_IS_INVALID")
    }

    fn check(self) {
        let (remote, local) = (self.remote.server(), self.local.server());
        let plan = plan().set(&format!("ac.route.init-route-config-level={}", self.level));
        let plan = self.preset.set(plan);
        let plan = self.local.set(plan, local.as_ref());
        let plan = self.remote.set(plan, remote.as_ref());
        match self.expected() {
            Ok(label) => {
                let daemon = plan.start();
                assert_eq!(serving(&daemon).as_deref(), Some(label));
                let status = daemon.status();
                let level = label.to_uppercase();
                assert_eq!(status["table"]["version"], label);
                assert_eq!(status["table"]["level"], level);
                let (saved, failed) = match label == "remote" {
                    true => (
                        u32::from(self.local.can_keep()),
                        u32::from(!self.local.can_keep()),
                    ),
                    false => (0, 0),
                };
                assert_eq!(status["counters"]["saves"], saved, "{status}");
                assert_eq!(status["counters"]["savesFailed"], failed, "{status}");
                assert_eq!(
                    status["save"]["failure"].is_string(),
                    failed > 0,
                    "{status}"
                );
                // Every attempt is logged, down to the one that succeeded.
                for attempt in ["REMOTE", "LOCAL", "PRESET"] {
                    let told = format!("first route config level={attempt} ");
                    let logged = daemon.log.iter().filter(|line| line.contains(&told));
                    assert_eq!(logged.count(), 1, "{attempt}: {:?}", daemon.log);
                    if attempt == level {
                        break;
                    }
                }
                if label == "remote" {
                    self.local
                        .assert_saved(daemon.directory.path(), local.as_ref());
                } else {
                    self.local
                        .assert_untouched(daemon.directory.path(), local.as_ref());
                }
            }
            Err(code) => {
                let line = plan.fail();
                assert!(line.starts_with(&format!("{code}: ")), "{line}");
                self.local
                    .assert_untouched(plan.directory.path(), local.as_ref());
            }
        }
    }
}

#[test]
fn each_level_starts_on_what_the_table_says() {
    let cases: VecDeque<_> = Case::all().filter(|case| case.is_of_interest()).collect();
    let (cases, failed) = (Mutex::new(cases), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    // In a statement of its own, so that the lock is given back.
                    let case = cases.lock().unwrap().pop_front();
                    let Some(case) = case else { return };
                    if catch_unwind(|| case.check()).is_err() {
                        failed.lock().unwrap().push(case);
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().unwrap();
    assert!(failed.is_empty(), "{failed:#?}");
}
