//! The document of `/v1/status`.
//!
//! It contains no secrets: URIs are shown without user-info, query and fragment, and no openId of a
//! route config is shown.
//!
//! Source: SPEC.md, section 6.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;

use codeid_engine::{ConfigDigest, InitLevel};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::freeze::Freeze;
use super::health::Health;
use super::identify::ResultObject;
use super::log_level::LogLevel;
use super::metrics::{Connections, Listener};
use super::problem::Problem;
use super::readiness::Readiness;
use super::schema::{Sha256, SourceLevel};

/// The state of a running daemon.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Status {
    /// The daemon's own judgement of its state.
    pub health: Health,
    /// The process.
    pub daemon: DaemonStatus,
    /// The readiness for requests.
    #[serde(flatten)]
    pub readiness: Readiness,
    /// The live route table and its sources.
    #[serde(flatten)]
    pub rules: RulesStatus,
}

/// The state of the process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DaemonStatus {
    /// The version of the program.
    pub version: String,
    /// The process ID.
    pub pid: u32,
    /// The time at which the process began to start, in milliseconds since the beginning of 1970, UTC.
    pub started_at: u64,
    /// The milliseconds since then.
    pub uptime_ms: u64,
    /// `true` once the daemon was ordered to stop or to drain, unless that was taken back.
    pub stopping: bool,
    /// `true` once an operator drained the daemon, unless that was taken back.
    pub draining: bool,
    /// The state of the service.
    pub state: ServiceState,
    /// The time since which the service is in that state, in milliseconds since the beginning of 1970, UTC.
    pub state_since: u64,
    /// The least severe level of the events that are logged.
    pub log_level: LogLevel,
    /// The addresses of the listeners.
    pub listeners: ListenerAddresses,
    /// Connections of each serving listener.
    pub connections: BTreeMap<Listener, Connections>,
    /// Connections to the admin plane that were closed before their caller was known, to make room for
    /// others.
    pub turned_away: TurnedAway,
    /// The decision log; `null` if it is off.
    pub decision_log: Option<DecisionLogStatus>,
    /// The number of clients that are shown decisions as they are made.
    pub decision_watchers: usize,
}

/// The decision log, since the start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DecisionLogStatus {
    /// The path of its file.
    pub path: String,
    /// The number of lines that were written.
    pub written: u64,
    /// The number of lines that were dropped because they came too fast.
    pub dropped_in_queue: u64,
    /// The number of lines that were dropped because the file could not be written.
    pub dropped_on_disk: u64,
    /// The reason why the file cannot be written; `null` if it can.
    pub failure: Option<String>,
}

/// The number of connections that found no room, for each listener of the admin plane.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TurnedAway {
    /// The Unix socket.
    pub admin: u64,
    /// The TCP listener.
    pub admin_http: u64,
}

/// The state of a daemon's service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ServiceState {
    /// The daemon accepts connections.
    Serving,
    /// The daemon is not ready, and serves on for `serve.lame-duck-ms`.
    LameDuck,
    /// The daemon accepts no connections, and finishes the requests in flight.
    Draining,
}

/// The addresses of the listeners; `null` for a listener that is off.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ListenerAddresses {
    /// HTTP over TCP, with the port that it got.
    pub http: Option<SocketAddr>,
    /// The path of HTTP's Unix socket.
    pub unix: Option<String>,
    /// The path of RESP's Unix socket.
    pub resp: Option<String>,
    /// The path of the admin plane's Unix socket.
    pub admin: Option<String>,
    /// The admin plane over TCP, with the port that it got.
    pub admin_http: Option<SocketAddr>,
}

/// The live route table, and the state of the sources that route configs come from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RulesStatus {
    /// The live table; `null` without one.
    pub table: Option<TableStatus>,
    /// The age of the live table.
    pub staleness: StalenessStatus,
    /// The check of each source at the start, in order; empty after a start from a freeze.
    pub init: Vec<SourceCheck>,
    /// The published result of the start; `null` before there is a table.
    pub init_result: Option<ResultObject>,
    /// The sources.
    pub sources: Sources,
    /// The time at which the remote is pulled next, in milliseconds since the beginning of 1970, UTC; `null` during a pull, without a remote and during a freeze.
    pub next_pull_at: Option<u64>,
    /// The time at which a table last became live, in milliseconds since the beginning of 1970, UTC; `null` before there is one.
    pub last_activation_at: Option<u64>,
    /// The saves to the local storage.
    pub save: SaveStatus,
    /// The preset's file that is not used because of a saved route config; `null` if there is none.
    pub hidden_preset: Option<HiddenPreset>,
    /// The freeze; `null` if the daemon follows its sources.
    pub freeze: Option<Freeze>,
    /// Counts since the start.
    pub counters: Counters,
}

/// The live table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TableStatus {
    /// The generation: 1 for the first table, one more for each further table.
    pub generation: u64,
    /// The `version` of the route config.
    pub version: String,
    /// The number of rules.
    pub rule_count: usize,
    /// The level of the source.
    #[schemars(with = "SourceLevel")]
    pub level: InitLevel,
    /// The source: a path, or a URI without user-info, query and fragment.
    pub uri: String,
    /// The digest of the route config.
    #[schemars(with = "Sha256")]
    pub sha256: ConfigDigest,
    /// The time at which the route config was compiled, in milliseconds since the beginning of 1970, UTC.
    pub loaded_at: u64,
    /// The time that parsing, checking and compiling took, in microseconds.
    pub compile_us: u64,
    /// The approximate size of the table in memory, in bytes.
    pub memory_bytes: usize,
}

/// The age of the live table: the time since the remote last gave or confirmed it, or since the
/// start if it never did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StalenessStatus {
    /// The setting `reload.stale-policy`.
    pub policy: StalePolicy,
    /// The age at which a table is stale, in milliseconds; `null` if tables never are.
    pub stale_after_ms: Option<u64>,
    /// The age, in milliseconds.
    pub age_ms: u64,
    /// `true` if the table is stale.
    pub stale: bool,
}

/// The reactions to a stale table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum StalePolicy {
    /// The daemon ignores it.
    Ignore,
    /// The daemon logs a warning.
    Warn,
    /// The daemon logs a warning and is not ready.
    Unready,
}

/// The sources of the three levels.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Sources {
    /// The remote source; `null` if none is configured.
    pub remote: Option<SourceStatus>,
    /// The local storage.
    pub local: SourceStatus,
    /// The preset.
    pub preset: SourceStatus,
}

/// The state of one source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SourceStatus {
    /// The URI of the source; a path for a file.
    pub uri: String,
    /// The last check of the source; `null` before the first one.
    pub last_check: Option<Check>,
    /// The time at which the source last gave, or confirmed, the live route config, in milliseconds since the beginning of 1970, UTC; `null` if it never did.
    pub last_good_check_at: Option<u64>,
    /// The time at which the source last gave a route config, accepted or refused, in milliseconds since the beginning of 1970, UTC; `null` if it never did.
    pub last_download_at: Option<u64>,
    /// The route config that the source gives and the daemon refuses; `null` if there is none.
    pub refusal: Option<RefusedConfig>,
}

/// One check of a source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Check {
    /// The time at which the check ended, in milliseconds since the beginning of 1970, UTC.
    pub at: u64,
    /// `true` if the source gave, or confirmed, the live route config.
    pub good: bool,
    /// The outcome.
    pub outcome: CheckOutcome,
    /// The reason, if the check was not good; otherwise `null`.
    pub why: Option<String>,
    /// The number of checks in a row, up to this one, that were not good.
    pub failures: u64,
}

/// The check of the source of one level.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SourceCheck {
    /// The level of the source.
    #[schemars(with = "SourceLevel")]
    pub level: InitLevel,
    /// The outcome.
    pub outcome: CheckOutcome,
    /// The reason, if no route config became live or was confirmed; otherwise `null`.
    pub why: Option<String>,
}

/// The outcomes of a check of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum CheckOutcome {
    /// The source gave a route config that became live.
    Activated,
    /// The source gave, or confirmed, the live route config.
    Unchanged,
    /// The source gave a route config that is refused.
    Refused,
    /// The source gave nothing.
    Failed,
    /// The source is not configured, or holds nothing yet.
    Absent,
}

/// A route config that is refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RefusedConfig {
    /// Its digest.
    #[schemars(with = "Sha256")]
    pub sha256: ConfigDigest,
    /// The time at which it was refused first, in milliseconds since the beginning of 1970, UTC.
    pub at: u64,
    /// The number of its problems.
    pub problem_count: usize,
    /// The first 20 problems.
    pub problems: Vec<Problem>,
}

/// The saves to the local storage.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SaveStatus {
    /// The time at which a route config was last saved, in milliseconds since the beginning of 1970, UTC; `null` if none was since the start.
    pub last_good_at: Option<u64>,
    /// The reason why the live route config is not saved, which each pull tries again; otherwise `null`.
    pub failure: Option<String>,
}

/// A file named by `ac.route.preset-route-config-path` that differs from the saved route config, which is
/// live in its place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HiddenPreset {
    /// The path of the file.
    pub file: String,
    /// The digest of its content.
    #[schemars(with = "Sha256")]
    pub sha256: ConfigDigest,
    /// The time since which it is hidden, in milliseconds since the beginning of 1970, UTC.
    pub since: u64,
    /// A sentence that names the file, the storage and the command that forgets the saved route config.
    pub detail: String,
}

/// Counts of events since the start.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Counters {
    /// Pulls of the remote source.
    pub pulls: Pulls,
    /// Route configs from all sources.
    pub reloads: Reloads,
    /// The number of compiled route configs, accepted or refused.
    pub compiles: u64,
    /// The number of saves to the local storage.
    pub saves: u64,
    /// The number of saves that failed.
    pub saves_failed: u64,
    /// The number of restarts of each task after a fault, and of faults in calls to `remote`,
    /// `store` and `preset`; a task without any is absent.
    pub restarts: BTreeMap<Cow<'static, str>, u64>,
}

/// Pulls of the remote source, by outcome.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Pulls {
    /// The source gave a route config.
    pub downloaded: u64,
    /// The source responded that nothing changed.
    pub not_modified: u64,
    /// The source gave nothing.
    pub failed: u64,
}

/// Route configs from all sources, by outcome.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Reloads {
    /// The route config became live.
    pub activated: u64,
    /// The route config was live already, byte for byte or by the remote's confirmation.
    pub unchanged: u64,
    /// The route config was refused.
    pub refused: u64,
}

/// Displays as it serializes.
impl fmt::Display for CheckOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

/// Displays as it serializes.
impl fmt::Display for StalePolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}
