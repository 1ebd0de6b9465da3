//! Every level with every way in which its sources can fail: what is said, what serves, what is
//! saved.

use std::collections::VecDeque;
use std::fs;
use std::sync::Mutex;
use std::thread;

use super::remote::{Remote, Reply, nobody};
use super::{config, plan, serving, store};
use crate::serve::daemon::Plan;

/// How many daemons are started at once: they mostly wait.
const AT_ONCE: usize = 8;

const INVALID: &str = r#"{"format": "codeid/1", "version": "bad", "rules": [
    {"id": "bad", "match": {"regex": "("}, "action": {"type": "DECODE"}}]}"#;

/// How the remote source is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum RemoteCase {
    Good,
    GoodOverTls,
    GoodByCallback,
    Absent,
    Refused,
    Status(u16),
    Hangs,
    HangsInside,
    WrongType,
    Truncated,
    TooLarge,
    Endless,
    Empty,
    NotJson,
    Invalid,
    WrongName,
    Untrusted,
    FileAbsent,
    CallbackFails,
}

/// How the local store is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LocalCase {
    Good,
    Absent,
    Corrupt,
    Unreadable,
}

#[derive(Clone, Copy, Debug)]
struct Case {
    level: &'static str,
    remote: RemoteCase,
    local: LocalCase,
    preset_is_good: bool,
}

impl RemoteCase {
    const ALL: &[Self] = &[
        Self::Good,
        Self::GoodOverTls,
        Self::GoodByCallback,
        Self::Absent,
        Self::Refused,
        Self::Status(404),
        Self::Status(500),
        Self::Status(304),
        Self::Hangs,
        Self::HangsInside,
        Self::WrongType,
        Self::Truncated,
        Self::TooLarge,
        Self::Endless,
        Self::Empty,
        Self::NotJson,
        Self::Invalid,
        Self::WrongName,
        Self::Untrusted,
        Self::FileAbsent,
        Self::CallbackFails,
    ];

    const fn is_good(self) -> bool {
        matches!(self, Self::Good | Self::GoodOverTls | Self::GoodByCallback)
    }

    /// Which of them need a server, and which.
    fn server(self) -> Option<Remote> {
        let good = || Reply::config(config("remote"));
        let spi = |status: &str, data: &str| {
            let result = serde_json::json!({"resultCode": "ANY", "resultStatus": status,
                                            "resultMessage": "any"});
            let answer = serde_json::json!({"result": result, "routeConfigData": data});
            Reply::config(answer.to_string())
        };
        Some(match self {
            Self::Absent | Self::Refused | Self::FileAbsent => return None,
            Self::Good => Remote::http(good()),
            Self::GoodOverTls | Self::Untrusted => Remote::https("127.0.0.1", good()),
            Self::WrongName => Remote::https("other.example", good()),
            Self::GoodByCallback => Remote::http(spi("S", &config("remote"))),
            Self::CallbackFails => Remote::http(spi("F", &config("remote"))),
            Self::Status(status) => Remote::http(Reply::status(status)),
            Self::Hangs => Remote::http(Reply::Hang),
            Self::HangsInside => Remote::http(Reply::HangInside(config("remote").into())),
            Self::WrongType => Remote::http(Reply::of_type("text/html", config("remote"))),
            Self::Truncated => Remote::http(Reply::Truncate(config("remote").into())),
            Self::TooLarge => Remote::http(Reply::config(" ".repeat(3 << 20))),
            Self::Endless => Remote::http(Reply::Endless),
            Self::Empty => Remote::http(Reply::config("")),
            Self::NotJson => Remote::http(Reply::config("not JSON")),
            Self::Invalid => Remote::http(Reply::config(INVALID)),
        })
    }

    fn set(self, plan: Plan, server: Option<&Remote>) -> Plan {
        let url = |url: &str| format!("ac.route.pull-route-config-url={url}");
        let plan = match self {
            Self::Absent => return plan,
            Self::Refused => plan.set(&url(&format!("http://{}/routes.json", nobody()))),
            Self::FileAbsent => {
                let path = plan.directory.path().join("absent/routes.json");
                plan.set(&url(&format!("file://{}", path.display())))
            }
            Self::GoodByCallback | Self::CallbackFails => {
                plan.set(&url(&format!("callback+{}", server.unwrap().url())))
            }
            _ => plan.set(&url(&server.unwrap().url())),
        };
        match self {
            Self::GoodOverTls | Self::WrongName => {
                let path = plan.directory.write("ca.pem", &server.unwrap().certificate);
                plan.set(&format!("remote.ca-path={}", path.display()))
            }
            // Enough to be cut off. The others get as long as a busy machine may need.
            Self::Hangs | Self::HangsInside => plan.set("remote.total-timeout-ms=200"),
            _ => plan,
        }
    }
}

impl LocalCase {
    const ALL: &[Self] = &[Self::Good, Self::Absent, Self::Corrupt, Self::Unreadable];

    fn prepare(self, plan: &Plan) {
        let path = store(plan.directory.path());
        fs::create_dir(path.parent().unwrap()).unwrap();
        match self {
            Self::Absent => {}
            Self::Good => fs::write(path, config("local")).unwrap(),
            Self::Corrupt => fs::write(path, &config("local")[..40]).unwrap(),
            // Permissions would not keep root from reading it.
            Self::Unreadable => fs::create_dir(path).unwrap(),
        }
    }
}

impl Case {
    fn all() -> impl Iterator<Item = Self> {
        ["REMOTE", "LOCAL", "PRESET"].into_iter().flat_map(|level| {
            RemoteCase::ALL.iter().flat_map(move |&remote| {
                LocalCase::ALL.iter().flat_map(move |&local| {
                    [true, false].map(|preset_is_good| Self {
                        level,
                        remote,
                        local,
                        preset_is_good,
                    })
                })
            })
        })
    }

    /// Whether the case says anything that another does not: a source that is not permitted is not
    /// read, whatever it holds.
    fn is_of_interest(self) -> bool {
        match self.level {
            "REMOTE" => self.preset_is_good,
            "LOCAL" => self.preset_is_good || self.remote == RemoteCase::Absent,
            _ => true,
        }
    }

    /// The label of what shall serve, or the code with which the start shall fail.
    fn expected(self) -> Result<&'static str, &'static str> {
        if self.remote.is_good() {
            return Ok("remote");
        }
        if self.level == "REMOTE" {
            return Err("REMOTE_CONFIG_UPDATE_FAILED");
        }
        if self.local == LocalCase::Good {
            return Ok("local");
        }
        if self.level == "LOCAL" {
            return Err("STORAGE_CONFIG_LOAD_FAILED");
        }
        if self.preset_is_good {
            return Ok("preset");
        }
        Err("INIT_CONFIG_IS_INVALID")
    }

    fn check(self) {
        let server = self.remote.server();
        let plan = plan().set(&format!("ac.route.init-route-config-level={}", self.level));
        let preset = match self.preset_is_good {
            true => config("preset"),
            false => INVALID.to_owned(),
        };
        let path = plan.directory.write("preset.json", preset);
        let plan = plan.set(&format!(
            "ac.route.preset-route-config-path={}",
            path.display()
        ));
        let plan = self.remote.set(plan, server.as_ref());
        self.local.prepare(&plan);
        let store = store(plan.directory.path());
        match self.expected() {
            Ok(label) => {
                let daemon = plan.start();
                assert_eq!(serving(&daemon).as_deref(), Some(label), "{self:?}");
                let status = daemon.status();
                assert_eq!(status["table"]["version"], label, "{self:?}");
                let level = label.to_uppercase();
                assert_eq!(status["table"]["level"], level, "{self:?}");
                // What could not be saved serves all the same.
                if label == "remote" && self.local != LocalCase::Unreadable {
                    assert_eq!(
                        fs::read_to_string(&store).unwrap(),
                        config(label),
                        "{self:?}"
                    );
                } else {
                    self.assert_untouched(&store);
                }
            }
            Err(code) => {
                let line = plan.fail();
                assert!(line.starts_with(&format!("{code}: ")), "{self:?}: {line}");
                self.assert_untouched(&store);
            }
        }
    }

    fn assert_untouched(self, store: &std::path::Path) {
        match self.local {
            LocalCase::Good => {
                assert_eq!(
                    fs::read_to_string(store).unwrap(),
                    config("local"),
                    "{self:?}"
                );
            }
            LocalCase::Corrupt => {
                assert_eq!(
                    fs::read_to_string(store).unwrap(),
                    config("local")[..40],
                    "{self:?}"
                );
            }
            LocalCase::Absent => assert!(!store.exists(), "{self:?}"),
            LocalCase::Unreadable => assert!(store.is_dir(), "{self:?}"),
        }
    }
}

#[test]
fn each_level_starts_on_what_the_table_says() {
    let cases: VecDeque<_> = Case::all().filter(|case| case.is_of_interest()).collect();
    let cases = Mutex::new(cases);
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    // In a statement of its own, so that the lock is given back.
                    let case = cases.lock().unwrap().pop_front();
                    let Some(case) = case else { return };
                    case.check();
                }
            });
        }
    });
}
