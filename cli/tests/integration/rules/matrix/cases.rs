//! The conditions of each source.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::rules::remote::{Remote, Reply, closed_address};
use crate::rules::{config, store};
use crate::serve::daemon::Plan;

const INVALID: &str = r#"{"format": "codeid/1", "version": "bad", "rules": [
    {"id": "bad", "match": {"regex": "("}, "action": {"type": "DECODE"}}]}"#;

/// The condition of the remote source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RemoteCase {
    Good,
    GoodOverTls,
    GoodByCallback,
    Absent,
    /// Nothing listens at the address.
    Refused,
    Status(u16),
    /// It accepts the request and never answers.
    Hangs,
    /// It sends a part of the body and then nothing.
    HangsInside,
    /// The config has the type `text/html`.
    WrongType,
    Truncated,
    TooLarge,
    Endless,
    Empty,
    NotJson,
    Invalid,
    /// The certificate is for another host.
    WrongName,
    /// The certificate's authority is not trusted.
    Untrusted,
    FileAbsent,
    CallbackFails,
}

/// The condition of the local storage: a file or a callback.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LocalCase {
    Good,
    Absent,
    Corrupt,
    Unreadable,
    GoodByCallback,
    AbsentByCallback,
    CallbackFails,
    CallbackHangs,
    CallbackIsDown,
}

/// The condition of the preset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PresetCase {
    Good,
    Absent,
    Corrupt,
    Unreadable,
}

impl RemoteCase {
    pub(super) const ALL: &[Self] = &[
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

    pub(super) const fn is_good(self) -> bool {
        matches!(self, Self::Good | Self::GoodOverTls | Self::GoodByCallback)
    }

    /// Starts the server that the case needs, if any.
    pub(super) fn server(self) -> Option<Remote> {
        let good = || Reply::config(config("remote"));
        Some(match self {
            Self::Absent | Self::Refused | Self::FileAbsent => return None,
            Self::Good => Remote::http(good()),
            Self::GoodOverTls | Self::Untrusted => Remote::https("127.0.0.1", good()),
            Self::WrongName => Remote::https("other.example", good()),
            Self::GoodByCallback => Remote::http(spi("S", Some(&config("remote")))),
            Self::CallbackFails => Remote::http(spi("F", Some(&config("remote")))),
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

    /// Returns `plan` with the settings and files that the case needs.
    pub(super) fn set(self, plan: Plan, server: Option<&Remote>) -> Plan {
        let url = |url: &str| format!("ac.route.pull-route-config-url={url}");
        let plan = match self {
            Self::Absent => return plan,
            Self::Refused => plan.set(&url(&format!("http://{}/routes.json", closed_address()))),
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
            // Short, since these are cut off. The others have as long as a busy machine may need.
            Self::Hangs | Self::HangsInside => plan.set("remote.total-timeout-ms=200"),
            _ => plan,
        }
    }
}

impl LocalCase {
    pub(super) const ALL: &[Self] = &[
        Self::Good,
        Self::Absent,
        Self::Corrupt,
        Self::Unreadable,
        Self::GoodByCallback,
        Self::AbsentByCallback,
        Self::CallbackFails,
        Self::CallbackHangs,
        Self::CallbackIsDown,
    ];

    pub(super) const fn is_good(self) -> bool {
        matches!(self, Self::Good | Self::GoodByCallback)
    }

    pub(super) const fn is_file(self) -> bool {
        use LocalCase::{Absent, Corrupt, Good, Unreadable};
        matches!(self, Good | Absent | Corrupt | Unreadable)
    }

    /// Returns `true` if a config from the remote can be saved.
    pub(super) const fn can_save(self) -> bool {
        use LocalCase::{CallbackFails, CallbackHangs, CallbackIsDown, Unreadable};
        !matches!(
            self,
            Unreadable | CallbackFails | CallbackHangs | CallbackIsDown
        )
    }

    pub(super) fn server(self) -> Option<Remote> {
        let remote = Remote::http(match self {
            Self::GoodByCallback => spi("S", Some(&config("local"))),
            Self::AbsentByCallback => spi("S", None),
            Self::CallbackFails => spi("U", Some(&config("local"))),
            Self::CallbackHangs => Reply::Hang,
            _ => return None,
        });
        Some(remote)
    }

    /// Returns `plan` with the settings and files that the case needs.
    pub(super) fn set(self, plan: Plan, server: Option<&Remote>) -> Plan {
        let at = |plan: Plan, authority: String| {
            let uri = format!("callback+http://{authority}/store");
            plan.set(&format!("ac.route.save-route-config-path={uri}"))
        };
        let path = store(plan.directory.path());
        fs::create_dir(path.parent().unwrap()).unwrap();
        match self {
            Self::Absent => {}
            Self::Good => fs::write(path, config("local")).unwrap(),
            Self::Corrupt => fs::write(path, &config("local")[..40]).unwrap(),
            // A directory, since no permission keeps root from reading a file.
            Self::Unreadable => fs::create_dir(path).unwrap(),
            Self::CallbackIsDown => return at(plan, closed_address().to_string()),
            Self::CallbackHangs => {
                // Long enough for the remote, whose time-out this is as well.
                let plan = plan.set("remote.total-timeout-ms=1500");
                return at(plan, server.unwrap().authority());
            }
            _ => return at(plan, server.unwrap().authority()),
        }
        plan
    }

    /// Asserts that nothing was saved.
    pub(super) fn assert_untouched(self, directory: &Path, server: Option<&Remote>) {
        let store = store(directory);
        match self {
            Self::Good => assert_eq!(fs::read_to_string(store).unwrap(), config("local")),
            Self::Corrupt => assert_eq!(fs::read_to_string(store).unwrap(), config("local")[..40]),
            Self::Unreadable => assert!(store.is_dir()),
            _ => assert!(!store.exists()),
        }
        assert!(server.is_none_or(|server| saved_by_callback(server).is_empty()));
    }

    /// Asserts that the config of the remote was saved, if it could be.
    pub(super) fn assert_saved(self, directory: &Path, server: Option<&Remote>) {
        match server {
            Some(server) => {
                let saved = saved_by_callback(server);
                assert!(
                    saved.iter().all(|saved| *saved == config("remote")),
                    "{saved:?}"
                );
                assert_eq!(saved.len(), 1);
            }
            None if self.can_save() => {
                let saved = fs::read_to_string(store(directory)).unwrap();
                assert_eq!(saved, config("remote"));
            }
            None => self.assert_untouched(directory, None),
        }
    }
}

impl PresetCase {
    pub(super) const ALL: &[Self] = &[Self::Good, Self::Absent, Self::Corrupt, Self::Unreadable];

    /// Returns `plan` with the settings and files that the case needs.
    pub(super) fn set(self, plan: Plan) -> Plan {
        let path = plan.directory.path().join("preset.json");
        match self {
            Self::Good => fs::write(&path, config("preset")).unwrap(),
            Self::Corrupt => fs::write(&path, INVALID).unwrap(),
            Self::Unreadable => fs::create_dir(&path).unwrap(),
            Self::Absent => {}
        }
        plan.set(&format!(
            "ac.route.preset-route-config-path={}",
            path.display()
        ))
    }
}

/// Returns the reply of a callback with the result of an SPI.
fn spi(status: &str, data: Option<&str>) -> Reply {
    let result = json!({"resultCode": "ANY", "resultStatus": status, "resultMessage": "any"});
    Reply::config(json!({"result": result, "routeConfigData": data}).to_string())
}

/// Returns the configs that a callback was asked to save.
fn saved_by_callback(server: &Remote) -> Vec<String> {
    let requests = server.requests();
    let saves = requests
        .iter()
        .filter(|request| request.header("x-codeid-spi") == Some("saveRouteConfigToLocal"));
    saves
        .map(|request| {
            let body: Value = serde_json::from_slice(&request.body).unwrap();
            body["routeConfigData"].as_str().unwrap().to_owned()
        })
        .collect()
}
