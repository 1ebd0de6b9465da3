//! The actions of operators.

use serde_json::json;

use super::machine::{REMOTE, State};
use crate::admin::{good, post};
use crate::rules::config;
use crate::serve::daemon::Served;

/// An action of an operator.
pub(super) struct Action {
    /// The name in the audit log.
    pub(super) name: &'static str,
    /// Brings a daemon to where the action changes something. Each call has another label.
    pub(super) prepare: fn(&Served, &str),
    /// Returns the path and the body of the request.
    pub(super) request: fn(&Served, &str) -> (&'static str, String),
    /// Returns the state after the action from that before it.
    pub(super) done: fn(State, &str) -> State,
}

pub(super) const APPLY: Action = Action {
    name: "apply",
    prepare: |_, _| {},
    request: |_, label| ("/v1/apply", config(label)),
    done: |before, label| State {
        version: label.to_owned(),
        freeze: Some(("apply".to_owned(), None)),
        ..before
    },
};

pub(super) const ROLLBACK: Action = Action {
    name: "rollback",
    prepare: |daemon, label| {
        for version in [format!("{label}-old"), format!("{label}-new")] {
            apply(daemon, &version);
        }
    },
    request: |daemon, _| {
        let generation = daemon.status()["table"]["generation"].as_u64().unwrap() - 1;
        (
            "/v1/rollback",
            json!({"generation": generation}).to_string(),
        )
    },
    done: |before, label| State {
        version: format!("{label}-old"),
        freeze: Some(("rollback".to_owned(), None)),
        ..before
    },
};

pub(super) const FREEZE: Action = Action {
    name: "freeze",
    prepare: |daemon, _| {
        good(&post(daemon, "/v1/thaw", ""));
    },
    request: |_, label| ("/v1/freeze", json!({"reason": label}).to_string()),
    done: |before, label| State {
        freeze: Some(("freeze".to_owned(), Some(label.to_owned()))),
        ..before
    },
};

pub(super) const THAW: Action = Action {
    name: "thaw",
    prepare: apply,
    request: |_, _| ("/v1/thaw", String::new()),
    done: |before, _| State {
        version: REMOTE.to_owned(),
        freeze: None,
        ..before
    },
};

/// A pull. The remote source has another config each time.
pub(super) const RELOAD: Action = Action {
    name: "reload",
    prepare: |daemon, label| {
        daemon.directory.write("remote.json", config(label));
    },
    request: |_, _| ("/v1/reload", String::new()),
    done: |before, label| State {
        version: label.to_owned(),
        ..before
    },
};

pub(super) const DRAIN: Action = Action {
    name: "drain",
    prepare: |_, _| {},
    request: |_, _| ("/v1/drain", String::new()),
    done: |before, _| State {
        is_draining: true,
        ..before
    },
};

/// An action that changes nothing but what the log shows.
pub(super) const LOG_LEVEL: Action = Action {
    name: "logLevel",
    prepare: |_, _| {},
    request: |_, _| ("/v1/log-level", json!({"level": "info"}).to_string()),
    done: |before, _| before,
};

/// Makes a config of this version live.
pub(super) fn apply(daemon: &Served, version: &str) {
    let applied = crate::admin::post_with(daemon, "/v1/apply", "If-Match: *\r\n", &config(version));
    good(&applied);
}
