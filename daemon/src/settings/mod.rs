//! Settings: known by name, checked by type, laid over one another, and told with their source.
//!
//! ```text
//! keys::KEYS ── defaults ─┐
//! config/codeid.toml ─────┤
//! CODEID_LISTEN__HTTP=… ──┼─▶ layers::lay ──▶ Settings: what the program uses
//! --set listen.http=… ────┘                └▶ Effective: every key, its value, who gave it
//! ```
//!
//! All of them are read once, at the start.
//!
//! Source: SPEC.md, section 7.

mod admin;
mod file;
mod keys;
mod layers;
mod proxy;
#[cfg(test)]
mod reference;
mod typed;
mod value;

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use codeid_engine::{CompileLimits, InitLevel};
use tracing::level_filters::LevelFilter;

use self::typed::Values;
use self::value::Value;

pub use self::admin::{Admin, AdminHttp};
pub use self::layers::{Effective, Source, Sources};
pub use self::proxy::{CustomerFrom, LoginCheck, Proxy};

/// Every setting, checked, in the types the program works with.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where to serve.
    pub listen: Listen,
    /// How the daemon is looked into and steered.
    pub admin: Admin,
    /// What a connection may take.
    pub http: Http,
    /// What a connection of a Redis client may take.
    pub resp: Resp,
    /// How many threads serve; one or more.
    pub worker_threads: usize,
    /// How long requests in flight may take to finish once the daemon is told to stop.
    pub drain_deadline: Duration,
    /// What is logged, and how.
    pub log: Log,
    /// Where route configs come from.
    pub route: Route,
    /// What compiling a route config may take.
    pub compile: CompileLimits,
    /// How remote sources and callbacks are called.
    pub remote: Remote,
    /// How changes of files are noticed.
    pub watch: Watch,
    /// What protects from configs that are fatal or old.
    pub reload: Reload,
    /// How requests of the client SDK are forwarded; `None`: they are not.
    pub proxy: Option<Proxy>,
    effective: Vec<Effective>,
}

/// Where to serve.
#[derive(Clone, Debug)]
pub struct Listen {
    /// HTTP over TCP; `None`: not opened. Port 0 takes a free one.
    pub http: Option<SocketAddr>,
    /// The certificate with which TCP speaks TLS; `None`: it does not.
    pub tls: Option<Tls>,
    /// HTTP over a Unix socket; `None`: not opened.
    pub unix: Option<PathBuf>,
    /// RESP over a Unix socket; `None`: not opened.
    pub resp: Option<PathBuf>,
    /// The permission bits of the Unix sockets.
    pub unix_mode: u32,
    /// The group of the Unix sockets, by name or number; `None`: that of the process.
    pub unix_group: Option<String>,
    /// How many connections may wait to be accepted.
    pub backlog: u32,
}

/// The files of a certificate, both PEM.
#[derive(Clone, Debug)]
pub struct Tls {
    /// The table of its settings, such as `listen`.
    pub table: &'static str,
    /// The chain: the server's own certificate first, then who signed it.
    pub cert_path: PathBuf,
    /// The private key of the first.
    pub key_path: PathBuf,
}

/// What a connection may take.
#[derive(Clone, Debug)]
pub struct Http {
    /// How many connections are served at once.
    pub max_connections: usize,
    /// The bytes of a request line with its headers.
    pub max_header_bytes: usize,
    /// The bytes that all large bodies may take together.
    pub max_buffered_bytes: usize,
    /// How long a request's head may take.
    pub header_timeout: Duration,
    /// How long a request's body may take.
    pub body_timeout: Duration,
    /// How long a client may take no byte of an answer.
    pub write_timeout: Duration,
    /// How long a connection is kept open between requests.
    pub idle_timeout: Duration,
}

/// What a connection of a Redis client may take, beside what [`Http`] bounds for all listeners.
#[derive(Clone, Debug)]
pub struct Resp {
    /// How long a command may take from its first byte.
    pub command_timeout: Duration,
    /// How long a client may take no byte of its replies.
    pub write_timeout: Duration,
    /// How long a connection is kept open between commands.
    pub idle_timeout: Duration,
}

/// Where route configs come from.
#[derive(Clone, Debug)]
pub struct Route {
    /// The lowest level from which the first one may come.
    pub init_level: InitLevel,
    /// The URI that the remote source is asked for; `None`: there is no remote source.
    pub pull_url: Option<String>,
    /// From the end of a good pull to the next.
    pub pull_delay: Duration,
    /// From the end of a failed pull to the next.
    pub retry_delay: Duration,
    /// The file, or the URI of another store, in which what the remote gave is kept.
    pub save_path: String,
    /// The file of the preset; `None`: the one built in.
    pub preset_path: Option<PathBuf>,
}

/// How remote sources and callbacks are called.
#[derive(Clone, Debug)]
pub struct Remote {
    /// How long connecting may take: the look-up of the name, TCP and TLS together.
    pub connect_timeout: Duration,
    /// How long a call may take from its beginning to the last byte of the answer.
    pub total_timeout: Duration,
    /// The file of the only certificates that are trusted; `None`: the platform's roots.
    pub ca_path: Option<PathBuf>,
    /// The file of the bearer token; `None`: none is sent.
    pub bearer_token_path: Option<PathBuf>,
}

/// How changes of files are noticed.
#[derive(Clone, Copy, Debug)]
pub struct Watch {
    /// Whether the file system is asked for events; polling goes on either way.
    pub events: bool,
    /// How long a file must be left alone before its content counts as written.
    pub debounce: Duration,
    /// How often a file is read even without an event.
    pub poll_interval: Duration,
}

/// What protects from configs that are fatal or old.
#[derive(Clone, Debug)]
pub struct Reload {
    /// The file that tells the next start what was being compiled when the process died.
    pub journal_path: PathBuf,
    /// The file of what an operator holds.
    pub hold_path: PathBuf,
    /// How long what serves may go without the remote confirming it; `None`: for ever.
    pub stale_after: Option<Duration>,
    /// What follows when it went longer.
    pub stale_policy: StalePolicy,
}

/// What follows when what serves is stale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StalePolicy {
    /// The status shows it.
    Ignore,
    /// It is logged, too.
    Warn,
    /// It is logged, and the daemon is not ready.
    Unready,
}

/// What is logged, and how.
#[derive(Clone, Copy, Debug)]
pub struct Log {
    /// The least severe events that are logged.
    pub level: LevelFilter,
    /// Whether events are written as JSON, one object a line.
    pub json: bool,
}

/// Every problem of the settings, at least one.
///
/// Displays as one line.
#[derive(Debug)]
pub struct SettingsError {
    problems: Vec<String>,
}

impl Settings {
    /// Reads the settings from `sources`.
    ///
    /// # Errors
    ///
    /// [`SettingsError`], with every problem of every source.
    pub fn read(sources: &Sources) -> Result<Self, SettingsError> {
        let effective = layers::lay(sources).map_err(|problems| SettingsError { problems })?;
        let settings = Self::from_effective(effective);
        match settings.contradictions() {
            problems if problems.is_empty() => Ok(settings),
            problems => Err(SettingsError { problems }),
        }
    }

    /// Every key with the value that holds and who gave it, in the order of the reference file.
    #[must_use]
    pub fn effective(&self) -> &[Effective] {
        &self.effective
    }

    fn from_effective(effective: Vec<Effective>) -> Self {
        let values = Values(&effective);
        let mut compile = CompileLimits::default();
        compile.max_config_characters = values.count("ac.route.max-config-characters");
        compile.max_rule_states = values.count("compile.max-rule-states");
        compile.max_states = values.count("compile.max-states");
        let worker_threads = match values.count("serve.worker-threads") {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            threads => threads,
        };
        Self {
            listen: Listen {
                http: values.address("listen.http"),
                tls: values.tls("listen"),
                unix: values.socket("listen.unix"),
                resp: values.socket("listen.resp"),
                unix_mode: values.mode("listen.unix-mode"),
                unix_group: values.text("listen.unix-group").map(str::to_owned),
                backlog: u32::try_from(values.integer("listen.backlog"))
                    .expect("the bounds of the key fit 32 bits"),
            },
            admin: admin::read(&values),
            http: Http {
                max_connections: values.count("http.max-connections"),
                max_header_bytes: values.count("http.max-header-bytes"),
                max_buffered_bytes: values.count("http.max-buffered-bytes"),
                header_timeout: values.milliseconds("http.header-timeout-ms"),
                body_timeout: values.milliseconds("http.body-timeout-ms"),
                write_timeout: values.milliseconds("http.write-timeout-ms"),
                idle_timeout: values.milliseconds("http.idle-timeout-ms"),
            },
            resp: Resp {
                command_timeout: values.milliseconds("resp.command-timeout-ms"),
                write_timeout: values.milliseconds("resp.write-timeout-ms"),
                idle_timeout: values.milliseconds("resp.idle-timeout-ms"),
            },
            worker_threads,
            drain_deadline: values.milliseconds("serve.drain-deadline-ms"),
            log: Log {
                level: match values.text("log.level") {
                    Some("error") => LevelFilter::ERROR,
                    Some("warn") => LevelFilter::WARN,
                    Some("debug") => LevelFilter::DEBUG,
                    Some("trace") => LevelFilter::TRACE,
                    _ => LevelFilter::INFO,
                },
                json: values.text("log.format") == Some("json"),
            },
            route: Route {
                init_level: values
                    .text("ac.route.init-route-config-level")
                    .and_then(|level| level.parse().ok())
                    .expect("the choices of the key are the levels"),
                pull_url: values
                    .text("ac.route.pull-route-config-url")
                    .map(str::to_owned),
                pull_delay: values.milliseconds("ac.route.pull-route-config-fixed-delay"),
                retry_delay: values
                    .milliseconds("ac.route.pull-route-config-exception-retry-delay"),
                save_path: values
                    .text("ac.route.save-route-config-path")
                    .expect("the key has a default")
                    .to_owned(),
                preset_path: values
                    .text("ac.route.preset-route-config-path")
                    .map(PathBuf::from),
            },
            compile,
            remote: Remote {
                connect_timeout: values.milliseconds("remote.connect-timeout-ms"),
                total_timeout: values.milliseconds("remote.total-timeout-ms"),
                ca_path: values.text("remote.ca-path").map(PathBuf::from),
                bearer_token_path: values.text("remote.bearer-token-path").map(PathBuf::from),
            },
            watch: Watch {
                events: values.text("watch.mode") == Some("events"),
                debounce: values.milliseconds("watch.debounce-ms"),
                poll_interval: values.milliseconds("watch.poll-interval-ms"),
            },
            reload: Reload {
                journal_path: values
                    .path("reload.journal-path")
                    .expect("the key has a default"),
                hold_path: values
                    .path("reload.hold-path")
                    .expect("the key has a default"),
                stale_after: Some(values.milliseconds("reload.stale-after-ms"))
                    .filter(|after| !after.is_zero()),
                stale_policy: match values.text("reload.stale-policy") {
                    Some("ignore") => StalePolicy::Ignore,
                    Some("unready") => StalePolicy::Unready,
                    _ => StalePolicy::Warn,
                },
            },
            proxy: proxy::read(&effective),
            effective,
        }
    }

    /// What is wrong with values that are valid each by itself.
    fn contradictions(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let Listen {
            http, unix, resp, ..
        } = &self.listen;
        if http.is_none() && unix.is_none() && resp.is_none() {
            let problem = "listen.http, listen.unix and listen.resp are all off: nothing to serve";
            problems.push(problem.to_owned());
        }
        let values = Values(&self.effective);
        for [certificate, key] in [
            ["listen.tls-cert-path", "listen.tls-key-path"],
            ["admin.tls-cert-path", "admin.tls-key-path"],
        ] {
            for (given, missing) in [(certificate, key), (key, certificate)] {
                if values.text(given).is_some() && values.text(missing).is_none() {
                    problems.push(format!("{given} is set, and {missing} is not"));
                }
            }
        }
        problems.extend(admin::contradictions(&values));
        let longest_delay = self.route.pull_delay + self.route.pull_delay / 10;
        let after = self.reload.stale_after;
        let after = after.filter(|after| *after <= longest_delay && self.route.pull_url.is_some());
        if let Some(after) = after {
            problems.push(format!(
                "reload.stale-after-ms must be more than the longest time between two pulls, {} ms \
                 with its jitter, not {}: what serves would be stale before each",
                longest_delay.as_millis(),
                after.as_millis(),
            ));
        }
        let files = [
            "reload.journal-path",
            "reload.hold-path",
            "admin.audit-path",
            "ac.route.save-route-config-path",
        ];
        problems.extend(same_path(&files, |name| values.path(name)));
        problems.extend(proxy::contradictions(&self.effective));
        let sockets = ["listen.unix", "listen.resp", "admin.unix"];
        problems.extend(same_path(&sockets, |name| values.socket(name)));
        problems
    }
}

/// Which of the keys `names` have the same path.
fn same_path(names: &[&str], path: impl Fn(&str) -> Option<PathBuf>) -> Vec<String> {
    let mut problems = Vec::new();
    for (index, first) in names.iter().enumerate() {
        for second in &names[index + 1..] {
            if path(first).is_some_and(|of_first| Some(of_first) == path(second)) {
                problems.push(format!("{first} and {second} must not be the same path"));
            }
        }
    }
    problems
}

impl StalePolicy {
    /// The word for it in the settings.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ignore => "ignore",
            Self::Warn => "warn",
            Self::Unready => "unready",
        }
    }
}

impl Effective {
    /// The key, with dots.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The value as it is shown to people; `None` where there is none.
    #[must_use]
    pub fn shown(&self) -> Option<String> {
        self.value.as_ref().map(Value::to_string)
    }

    /// The value as JSON: numbers and lists as such, `null` where there is none.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        serde_json::to_value(&self.value).unwrap_or_default()
    }

    /// Who gave the value.
    #[must_use]
    pub const fn source(&self) -> &Source {
        &self.source
    }

    /// What the key means, in a line or two.
    #[must_use]
    pub const fn about(&self) -> &'static str {
        self.about
    }
}

impl SettingsError {
    /// One problem: a sentence that begins with the key.
    pub(crate) fn new(problem: String) -> Self {
        Self {
            problems: vec![problem],
        }
    }
}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.problems.join("; "))
    }
}

impl std::error::Error for SettingsError {}
