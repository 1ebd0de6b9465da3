//! T7: every lowest level with every condition of the sources: the log, the live config and the
//! saved one.

mod cases;

use std::collections::VecDeque;
use std::panic::catch_unwind;
use std::sync::Mutex;
use std::thread;

use self::cases::{LocalCase, PresetCase, RemoteCase};
use super::{live_label, plan};

/// The number of daemons that run concurrently; most of the time they wait.
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

    /// Returns `true` if the case shows something that no other case does.
    fn is_of_interest(self) -> bool {
        use RemoteCase::{Absent, Good};
        // Each condition of the remote with a store that is a file; other stores with few of them.
        let store = self.local.is_file() || matches!(self.remote, Absent | Good);
        // A source that is not permitted is not read, whatever its condition.
        let preset = match self.preset {
            PresetCase::Good => true,
            PresetCase::Corrupt => self.level == "PRESET" || self.remote == Absent,
            PresetCase::Absent | PresetCase::Unreadable => {
                self.level == "PRESET" && self.remote == Absent
            }
        };
        store && preset
    }

    /// Returns the label of the config that must be live, or the code of the failure to start.
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
                let daemon = plan.spawn();
                assert_eq!(live_label(&daemon).as_deref(), Some(label));
                let status = daemon.status();
                let level = label.to_uppercase();
                assert_eq!(status["table"]["version"], label);
                assert_eq!(status["table"]["level"], level);
                let (saved, failed) = match label == "remote" {
                    true => (
                        u32::from(self.local.can_save()),
                        u32::from(!self.local.can_save()),
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
                    let line = format!("first route config level={attempt} ");
                    let logged = daemon.log.iter().filter(|logged| logged.contains(&line));
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
fn the_first_config_is_that_of_the_highest_permitted_source_that_is_good() {
    let cases: VecDeque<_> = Case::all().filter(|case| case.is_of_interest()).collect();
    let (cases, failed) = (Mutex::new(cases), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    // A separate statement, so that the lock is released.
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
