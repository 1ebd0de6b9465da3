//! Settings: declared by key, checked by kind, layered by source.
//!
//! ```text
//! config/codeid.toml ─────┐
//! CODEID_LISTEN__HTTP=… ──┼─▶ layers ──items──▶ Keys ─┬▶ Settings: what the program uses
//! --set listen.http=… ────┘                      ▲    └▶ Effective: every key, its value and source
//!                         declarations, defaults ┘
//! ```
//!
//! All of them are read once, at the start.
//!
//! Source: SPEC.md, section 7.

mod admin;
mod decision_log;
mod declarations;
mod error;
mod file;
mod given;
mod key_version;
mod kind;
mod layers;
mod limits;
mod listen;
mod location;
mod log;
mod outbound;
mod proxy;
mod proxy_url;
#[cfg(test)]
mod reference;
mod reload;
mod route;
mod rule_name;
mod secrets;
mod share;
#[cfg(test)]
mod tests;
mod url;
mod value_source;
mod word;

use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use codeid_engine::CompileLimits;

use self::declarations::Keys;
use self::error::Problem;
use self::kind::Whole;
use self::limits::Serve;

use crate::api::settings::RunningSettings;

pub use self::admin::{Admin, AdminHttp, Audit};
pub use self::decision_log::{DecisionLog, HashKeyFile, LoggedValues};
pub use self::declarations::Effective;
pub use self::error::SettingsError;
pub use self::key_version::{KeyVersion, ParseKeyVersionError};
pub(crate) use self::kind::MAX_SOCKET_PATH_BYTES;
pub use self::layers::Sources;
pub use self::limits::{Http, Memory, Resp};
pub use self::listen::{Listen, ServerTls, Tls};
pub use self::location::Location;
pub use self::log::{Log, LogFormat};
pub use self::outbound::{Outbound, ProxyChoice, ProxyVariables};
pub use self::proxy::{CustomerFrom, LoginCheck, Proxy};
pub use self::proxy_url::ProxyUrl;
pub use self::reload::{Reload, Watch, WatchMode};
pub use self::route::{MAX_CONFIG_CHARACTERS, Remote, Route};
pub use self::rule_name::{ParseRuleNameError, RuleName};
pub use self::secrets::Secrets;
pub use self::share::{ParseShareError, Share};
pub use self::url::{HttpUrl, Origin};
pub use self::value_source::Source;

/// Every setting, checked, in the types the program works with.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The listeners that serve.
    pub listen: Listen,
    /// The admin plane, by which the daemon is observed and operated.
    pub admin: Admin,
    /// The bounds of connections.
    pub http: Http,
    /// The bounds of a Redis client's connection.
    pub resp: Resp,
    /// The bound on the memory of clients and upstreams.
    pub memory: Memory,
    /// The number of threads that serve; one or more.
    pub worker_threads: usize,
    /// The time for which the daemon serves on after it has become unready, before it stops to accept:
    /// up to 10 minutes, zero for none.
    pub lame_duck: Duration,
    /// The time that requests in flight may take to finish once the daemon has to stop: up to 10
    /// minutes.
    pub drain_deadline: Duration,
    /// The time that a successor may take to become ready: up to 10 minutes.
    pub take_over_deadline: Duration,
    /// The events that are logged, and their form.
    pub log: Log,
    /// The log of how code values were decided; `None`: there is none.
    pub decision_log: Option<DecisionLog>,
    /// The sources of route configs, and the local storage.
    pub route: Route,
    /// The limits of compiling a route config.
    pub compile: CompileLimits,
    /// The limits and credentials of calls to remote sources and callbacks.
    pub remote: Remote,
    /// The means of noticing that files have changed.
    pub watch: Watch,
    /// The guards against a config that kills the process, and against a table that is too old.
    pub reload: Reload,
    /// The forwarding of requests of the client SDK; `None`: they are not forwarded.
    pub proxy: Option<Proxy>,
    /// Every key, in the order of the declarations.
    effective: Vec<Effective>,
}

impl Settings {
    /// Reads the settings from `sources`.
    ///
    /// # Errors
    ///
    /// [`SettingsError`], with every problem of every source; or, if each value is valid by itself,
    /// with every contradiction between them.
    pub fn read(sources: &Sources) -> Result<Self, SettingsError> {
        let mut keys = Keys::new(layers::read(sources));
        let mut settings = Self::declare(&mut keys, &sources.environment);
        settings.require_fresh_pulls(&mut keys);
        settings.require_distinct_paths(&mut keys);
        settings.effective = keys.finish().map_err(SettingsError::new)?;
        Ok(settings)
    }

    /// Returns every key with the value that holds and its source, in the order of the reference file.
    /// Of the keys that end with a key version, only those that a source gave are there.
    #[must_use]
    pub fn effective(&self) -> &[Effective] {
        &self.effective
    }

    /// Returns [`Self::effective`] as the admin plane shows it.
    #[must_use]
    pub fn document(&self) -> RunningSettings {
        RunningSettings {
            settings: self.effective.iter().map(Effective::document).collect(),
        }
    }

    /// Returns every key, in the order of the reference file, with the first of those that end with a key
    /// version.
    #[must_use]
    pub fn keys() -> Vec<String> {
        let mut keys = Keys::new(Vec::new());
        Self::declare(&mut keys, &[]);
        let mut names = keys.names();
        names.push("proxy.public-keys.1".to_owned());
        names
    }

    /// Declares every key. The order of the declarations is that of the reference file. Of `environment`,
    /// only the variables that name proxies are taken.
    fn declare(keys: &mut Keys, environment: &[(OsString, OsString)]) -> Self {
        let mut compile = CompileLimits::default();
        let secrets = Secrets::declare(keys);
        let listen = Listen::declare(keys, &secrets);
        let http = Http::declare(keys);
        let resp = Resp::declare(keys);
        let memory = Memory::declare(keys);
        let Serve {
            worker_threads,
            lame_duck,
            drain_deadline,
            take_over_deadline,
        } = Serve::declare(keys);
        let log = Log::declare(keys);
        let decision_log = DecisionLog::declare(keys, &secrets);
        let route = Route::declare(keys, &mut compile);
        let outbound = Outbound::declare(keys, environment);
        let remote = Remote::declare(keys, &secrets, &outbound);
        let watch = Watch::declare(keys);
        let reload = Reload::declare(keys);
        compile.max_rule_states = keys.setting(
            "compile.max-rule-states",
            Whole::between(1, 10_000_000, "states"),
            compile.max_rule_states,
            "The number of automaton states that the pattern of one rule may take.",
        );
        compile.max_states = keys.setting(
            "compile.max-states",
            Whole::between(1, 100_000_000, "states"),
            compile.max_states,
            "The number of automaton states that the patterns of all rules may take together.",
        );
        compile.max_code_steps = keys.setting(
            "compile.max-code-steps",
            Whole::between(1_000, 1_000_000_000_000, "steps"),
            compile.max_code_steps,
            "The number of steps that looking up a code value may take, whatever the code value is; a\n\
             route config whose rules can take more is refused. The engine counts steps, so every\n\
             machine accepts the same configs; a step takes about a nanosecond. `codeid check` shows\n\
             what a config takes.",
        );
        let admin = Admin::declare(keys, &secrets);
        let proxy = Proxy::declare(keys, &secrets, &outbound);
        Self {
            listen,
            admin,
            http,
            resp,
            memory,
            worker_threads,
            lame_duck,
            drain_deadline,
            take_over_deadline,
            log,
            decision_log,
            route,
            compile,
            remote,
            watch,
            reload,
            proxy,
            effective: Vec::new(),
        }
    }

    /// Requires that a table cannot be stale before each pull, which would make the policy useless.
    fn require_fresh_pulls(&self, keys: &mut Keys) {
        let longest_delay = self.route.pull_delay + self.route.pull_delay / 10;
        if let Some(stale_after) = self.reload.stale_after
            && self.route.pull_url.is_some()
            && stale_after <= longest_delay
        {
            keys.contradiction(Problem::StaleBeforeEachPull {
                longest_delay,
                stale_after,
            });
        }
    }

    /// Requires that no two parts write to the same path, since they would destroy each other's
    /// file. Paths are compared as they are written.
    fn require_distinct_paths(&self, keys: &mut Keys) {
        let files = [
            (
                "reload.journal-path",
                Some(self.reload.journal_path.as_path()),
            ),
            ("reload.freeze-path", Some(&self.reload.freeze_path)),
            ("admin.audit-path", Some(&self.admin.audit.path)),
            (
                "decision-log.path",
                self.decision_log.as_ref().map(|log| log.path.as_path()),
            ),
            (
                "ac.route.save-route-config-path",
                Some(Path::new(self.route.save_path.as_str())),
            ),
        ];
        let sockets = [
            ("listen.unix", self.listen.unix.as_deref()),
            ("listen.resp", self.listen.resp.as_deref()),
            ("admin.unix", self.admin.unix.as_deref()),
        ];
        for paths in [files.as_slice(), &sockets] {
            for (index, (first, path)) in paths.iter().enumerate() {
                for (second, other) in paths.iter().skip(index + 1) {
                    if path.is_some() && path == other {
                        keys.contradiction(Problem::SamePath { first, second });
                    }
                }
            }
        }
    }
}
