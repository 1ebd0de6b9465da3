//! The commands and the sources of one life, with what each of them promises.

use std::fs;
use std::io;
use std::sync::Arc;
use std::thread::sleep;
use std::time::{Duration, Instant};

use codeid_benches::random::Random;
use nix::sys::signal::Signal;
use serde_json::{Value, json};

use crate::admin::{Admin, Outcome};
use crate::known::Known;
use crate::life::Life;
use crate::lifetime::{Plan, REMOTE_FILE, Surroundings};
use crate::oracle::Config;
use crate::process::Signals;
use crate::record::Group::Changes;
use crate::remote::Mode;

/// The time within which a config that a source gives must be live.
const PATIENCE: Duration = Duration::from_secs(20);

/// The reason why a step ends early.
#[derive(Debug)]
pub(crate) enum Halt {
    /// The life ends.
    Ending,
    /// A promise was broken.
    Failed(String),
}

pub(crate) type Step<T = ()> = Result<T, Halt>;

/// The operator of one life, who changes the sources, too.
pub(crate) struct Operator<'a> {
    pub(crate) surroundings: &'a Surroundings,
    pub(crate) plan: &'a Plan,
    pub(crate) life: &'a Life,
    pub(crate) admin: Admin,
    pub(crate) signals: Signals,
    pub(crate) known: &'a mut Known,
    pub(crate) random: &'a mut Random,
}

impl Operator<'_> {
    pub(crate) fn failed<T>(&self, what: impl Into<String>) -> Step<T> {
        if self.life.is_ending() {
            return Err(Halt::Ending);
        }
        Err(Halt::Failed(what.into()))
    }

    fn call<T>(&self, what: &str, result: io::Result<T>) -> Step<T> {
        result.or_else(|error| self.failed(format!("{what}: {error}")))
    }

    pub(crate) fn pause(&self, milliseconds: std::ops::Range<u64>, random: u64) -> Step {
        let span = milliseconds.end - milliseconds.start;
        sleep(Duration::from_millis(milliseconds.start + random % span));
        if self.life.is_ending() {
            return Err(Halt::Ending);
        }
        Ok(())
    }

    pub(crate) fn status(&self) -> Step<Value> {
        let status = self.call("the status", self.admin.status())?;
        let table = &status["table"];
        let number = table["version"]
            .as_str()
            .and_then(|version| version.parse().ok());
        if let (Some(generation), Some(number)) = (table["generation"].as_u64(), number)
            && let Err(wrong) = self.life.note(generation, number)
        {
            return self.failed(wrong);
        }
        Ok(status)
    }

    pub(crate) fn post(&self, path: &str, headers: &[(&str, String)], body: &str) -> Step<Outcome> {
        self.call(path, self.admin.post(path, headers, body))
    }

    /// Makes a config that no source gave yet.
    pub(crate) fn new_config(&self) -> Arc<Config> {
        self.surroundings.oracle.next()
    }

    /// Has the remote give `config`.
    pub(crate) fn give(&mut self, config: &Arc<Config>) -> Step {
        self.known.give(config.number);
        self.surroundings.remote.give(config);
        self.repair_file(&config.text)
    }

    fn repair_file(&self, text: &str) -> Step {
        if !self.plan.has_file_remote {
            return Ok(());
        }
        let path = self.surroundings.directory.path().join(REMOTE_FILE);
        if path.is_dir() {
            self.call("rmdir", fs::remove_dir(path))?;
        }
        let replaced = self
            .surroundings
            .directory
            .replace(REMOTE_FILE, text.as_bytes());
        self.call("the remote's file", replaced)
    }

    /// Repairs the remote, which gives its last config again.
    pub(crate) fn repair(&self) -> Step {
        self.surroundings.remote.set_mode(Mode::Good);
        let number = self.known.remote().unwrap_or_default();
        match self.surroundings.oracle.config(number) {
            Some(config) => self.repair_file(&config.text),
            None => Ok(()),
        }
    }

    /// Makes the daemon look for a config in one of three ways, or leaves it to find out.
    pub(crate) fn announce(&mut self) -> Step {
        match self.random.below(3) {
            0 => Ok(()),
            1 => {
                self.signals.send(Signal::SIGHUP);
                Ok(())
            }
            _ => self.reload(),
        }
    }

    pub(crate) fn reload(&self) -> Step {
        let outcome = self.post("/v1/reload", &[], "{}")?;
        if outcome.status == 200 {
            return Ok(());
        }
        self.failed(format!("a reload: {outcome:?}"))
    }

    /// Waits until the config is live. Returns the status then.
    pub(crate) fn expect_live(&self, number: u32) -> Step<Value> {
        let version = number.to_string();
        self.expect(&format!("config {number} live"), |status| {
            status["table"]["version"] == *version
        })
    }

    /// Waits until the status has some property. Returns it then.
    pub(crate) fn expect(&self, what: &str, holds: impl Fn(&Value) -> bool) -> Step<Value> {
        let begun = Instant::now();
        loop {
            let status = self.status()?;
            if holds(&status) {
                return Ok(status);
            }
            if begun.elapsed() > PATIENCE {
                return self.failed(format!("no {what} in {} s: {status}", PATIENCE.as_secs()));
            }
            self.pause(30..60, 0)?;
        }
    }

    /// Fails if another config than this is live.
    pub(crate) fn still_live(&self, number: u32, after: &str) -> Step {
        let status = self.status()?;
        if status["table"]["version"] == *number.to_string() && status["ready"] == true {
            return Ok(());
        }
        self.failed(format!(
            "config {number} does not stay live after {after}: {status}"
        ))
    }

    /// Returns the number of the live config.
    pub(crate) fn live(&self) -> Step<u32> {
        let status = self.status()?;
        let version = status["table"]["version"].as_str();
        match version.and_then(|version| version.parse().ok()) {
            Some(number) => Ok(number),
            None => self.failed(format!("a version that was not given: {status}")),
        }
    }

    /// Applies a config. If that is acknowledged, it must be live.
    pub(crate) fn apply(&mut self, config: &Config, overrides: bool) -> Step<Outcome> {
        let status = self.status()?;
        let live = status["table"]["sha256"].as_str().unwrap_or_default();
        let mut headers = vec![("If-Match", format!("\"{live}\""))];
        if overrides {
            headers.push(("X-Codeid-Override", "true".to_owned()));
        }
        self.known.send(Some(config.number));
        let outcome = self.post("/v1/apply", &headers, &config.text)?;
        self.known.acknowledge(outcome.status == 200);
        if outcome.status == 200 {
            self.surroundings.record.count(Changes, "applied", 1);
            self.still_live(config.number, "an apply")?;
        }
        Ok(outcome)
    }

    /// Rolls back to another config of the history, if it has one.
    pub(crate) fn roll_back(&mut self, overrides: bool) -> Step {
        let history = self.call("the history", self.admin.get("/v1/history"))?;
        let entries = history.document["entries"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let Some(live) = entries.iter().find(|entry| entry["live"] == true) else {
            return self.failed(format!("no table of the history is live: {history:?}"));
        };
        let is_other = |entry: &&Value| entry["sha256"] != live["sha256"];
        let others: Vec<&Value> = entries.iter().filter(is_other).collect();
        if others.is_empty() {
            return Ok(());
        }
        let target = others[self.random.below(others.len())];
        let number = target["version"]
            .as_str()
            .and_then(|version| version.parse().ok());
        let Some(number) = number else {
            return self.failed(format!("a version that was not given: {target}"));
        };
        let mut headers = Vec::new();
        if overrides {
            headers.push(("X-Codeid-Override", "true".to_owned()));
        }
        let body = json!({"generation": target["generation"]}).to_string();
        self.known.send(Some(number));
        let outcome = self.post("/v1/rollback", &headers, &body)?;
        self.known.acknowledge(outcome.status == 200);
        if outcome.status != 200 {
            return self.failed(format!("a rollback: {outcome:?}"));
        }
        self.surroundings.record.count(Changes, "rolled back", 1);
        self.still_live(number, "a rollback")
    }

    /// Freezes the live config.
    pub(crate) fn freeze(&mut self) -> Step<Outcome> {
        let live = self.live()?;
        self.known.send(Some(live));
        let outcome = self.post("/v1/freeze", &[], r#"{"reason": "soak"}"#)?;
        self.known.acknowledge(outcome.status == 200);
        if outcome.status == 200 {
            self.surroundings.record.count(Changes, "frozen", 1);
        }
        Ok(outcome)
    }

    /// Thaws the rules. The config of the remote must be live then.
    pub(crate) fn thaw(&mut self) -> Step {
        self.known.send(None);
        let outcome = self.post("/v1/thaw", &[], "{}")?;
        self.known.acknowledge(outcome.status == 200);
        if outcome.status != 200 {
            return self.failed(format!("a thaw: {outcome:?}"));
        }
        self.surroundings.record.count(Changes, "thawed", 1);
        self.expect_remote_live().map(drop)
    }

    /// Waits until the config of the remote is live. Returns the status then.
    pub(crate) fn expect_remote_live(&mut self) -> Step<Value> {
        let number = self.known.remote().unwrap_or_default();
        let status = self.expect_live(number)?;
        if status["save"]["failure"].is_null() && status["freeze"].is_null() {
            self.known.saved(number);
        }
        Ok(status)
    }
}
