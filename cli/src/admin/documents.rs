//! What the admin plane answers, as far as the commands show it.
//!
//! Members that are not named here are passed over, since a daemon may know more than this program.

use codeid_engine::Position;
use serde::Deserialize;
use serde_json::{Map, Value};

/// `/v1/status`.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Status {
    pub(crate) daemon: Daemon,
    pub(crate) ready: bool,
    pub(crate) not_ready_because: Vec<Reason>,
    pub(crate) table: Option<Table>,
    pub(crate) staleness: Staleness,
    pub(crate) sources: Sources,
    pub(crate) next_pull_at: Option<u64>,
    pub(crate) save: Save,
    pub(crate) hold: Option<Hold>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Daemon {
    pub(crate) version: String,
    pub(crate) pid: u32,
    #[cfg_attr(
        not(feature = "top"),
        expect(dead_code, reason = "only `top` shows it")
    )]
    pub(crate) started_at: u64,
    pub(crate) uptime_ms: u64,
    pub(crate) stopping: bool,
    #[serde(default)]
    pub(crate) draining: bool,
    pub(crate) log_level: Option<String>,
    /// By name; `null`: not opened.
    pub(crate) listeners: Map<String, Value>,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Reason {
    pub(crate) detail: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Table {
    pub(crate) generation: u64,
    pub(crate) version: String,
    pub(crate) rule_count: u64,
    pub(crate) level: String,
    pub(crate) uri: String,
    pub(crate) sha256: String,
    pub(crate) loaded_at: u64,
    pub(crate) compile_us: u64,
    pub(crate) memory_bytes: u64,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Staleness {
    pub(crate) stale_after_ms: Option<u64>,
    pub(crate) age_ms: u64,
    pub(crate) stale: bool,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Sources {
    pub(crate) remote: Option<Source>,
    pub(crate) local: Source,
    pub(crate) preset: Source,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Source {
    pub(crate) uri: String,
    pub(crate) last_check: Option<Look>,
    pub(crate) last_good_check_at: Option<u64>,
    pub(crate) refusal: Option<RefusedConfig>,
}

/// One look at a source.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Look {
    pub(crate) at: u64,
    pub(crate) good: bool,
    pub(crate) outcome: String,
    pub(crate) why: Option<String>,
    pub(crate) failures: u64,
}

/// A config that a source gives and that is refused.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RefusedConfig {
    pub(crate) sha256: String,
    pub(crate) at: u64,
    pub(crate) problem_count: u64,
    pub(crate) problems: Vec<Problem>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Save {
    pub(crate) last_good_at: Option<u64>,
    pub(crate) failure: Option<String>,
}

/// That what serves is held against the sources.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Hold {
    pub(crate) since: u64,
    pub(crate) by: String,
    pub(crate) action: String,
    pub(crate) reason: Option<String>,
}

/// `/v1/rules`.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Rules {
    pub(crate) generation: u64,
    pub(crate) version: String,
    pub(crate) rules: Vec<Rule>,
}

/// A rule that serves, and how often it did since its table was loaded.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Rule {
    pub(crate) index: u64,
    pub(crate) id: String,
    #[serde(rename = "match")]
    pub(crate) matching: Map<String, Value>,
    pub(crate) action: Map<String, Value>,
    pub(crate) canary: Option<Map<String, Value>>,
    pub(crate) decided: u64,
    pub(crate) refused_by_canary: u64,
}

/// What `/v1/check` says of a candidate.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Checked {
    pub(super) ok: bool,
    /// If it is not: why, in a sentence.
    pub(super) why: Option<String>,
    pub(super) sha256: String,
    /// The digest of what it was compared with.
    pub(super) replaces: Option<String>,
    pub(super) version: Option<String>,
    pub(super) rule_count: Option<u64>,
    pub(super) problems: Vec<Problem>,
    pub(super) warnings: Vec<Problem>,
    pub(super) compile_us: Option<u64>,
    pub(super) memory_bytes: Option<u64>,
    pub(super) changes: Option<Changes>,
}

/// One error or warning about a config.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Problem {
    pub(crate) code: String,
    pub(crate) rule: Option<String>,
    pub(crate) pointer: String,
    pub(crate) position: Option<Place>,
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
}

/// A place in the text of a config.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Place {
    line: usize,
    column: usize,
    offset: usize,
    in_pattern: Option<usize>,
}

/// What differs between a candidate and what serves.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Changes {
    pub(super) unchanged: u64,
    pub(super) rules: Vec<RuleChange>,
}

/// What becomes of one rule.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct RuleChange {
    pub(super) id: String,
    /// `added`, `removed`, `changed` or `moved`.
    pub(super) change: String,
    pub(super) before: Option<Map<String, Value>>,
    pub(super) after: Option<Map<String, Value>>,
}

/// What `/v1/apply` and `/v1/rollback` did.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Applied {
    pub(super) outcome: String,
    pub(super) generation: u64,
    pub(super) sha256: String,
    pub(super) version: String,
    pub(super) rule_count: u64,
    pub(super) kept: bool,
    pub(super) kept_why: Option<String>,
    pub(super) hold: Option<Hold>,
}

/// What `/v1/reload` came to.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Reloaded {
    pub(super) outcome: String,
    pub(super) looks: Vec<LevelLook>,
    pub(super) generation: Option<u64>,
    pub(super) sha256: Option<String>,
}

/// One look of a reload.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct LevelLook {
    pub(super) level: String,
    pub(super) outcome: String,
    pub(super) why: Option<String>,
}

/// `/v1/history`, newest first.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct History {
    pub(super) entries: Vec<Entry>,
}

/// One table that serves or served.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Entry {
    pub(super) generation: u64,
    pub(super) sha256: String,
    pub(super) version: String,
    pub(super) rule_count: u64,
    pub(super) level: String,
    pub(super) uri: String,
    pub(super) loaded_at: u64,
    pub(super) serving: bool,
    pub(super) by: Option<String>,
}

/// `/v1/explain`.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Explained {
    pub(super) generation: u64,
    pub(super) answer: Identified,
    pub(super) explanation: Vec<Part>,
}

/// What `identifyCode` answers.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Identified {
    pub(super) is_supported: bool,
    pub(super) post_code_match_action_type: Option<String>,
    pub(super) code_value: Option<String>,
    pub(super) redirect_url: Option<String>,
    pub(super) user_agent: Option<String>,
}

/// The part of one rule in an answer.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Part {
    pub(super) rule: String,
    pub(super) pointer: String,
    pub(super) decides: bool,
    pub(super) admits: bool,
    pub(super) reason: String,
    pub(super) bucket: Option<u16>,
    pub(super) hundredths: Option<u16>,
}

/// What `/v1/freeze` and `/v1/thaw` did.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct HoldChanged {
    pub(super) hold: Option<Hold>,
}

/// An answer that refuses.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Refusal {
    pub(super) error: String,
    pub(super) detail: String,
    #[serde(default)]
    pub(super) problems: Vec<Problem>,
}

impl Refusal {
    /// The refusal that `body` holds, if it is one.
    pub(super) fn read(body: &[u8]) -> Option<Self> {
        serde_json::from_slice(body).ok()
    }

    /// Whether nothing of the kind is there: then the daemon is of another version.
    pub(super) fn is_about_the_path(&self) -> bool {
        matches!(&*self.error, "notFound" | "methodNotAllowed")
    }

    /// What to tell people, with the way out where that is a command.
    pub(super) fn told(&self) -> String {
        let detail = self.detail.trim_end_matches('.');
        match &*self.error {
            "ifMatchStale" => format!(
                "{detail}; look at what serves now, and try again if it is still what you want"
            ),
            "frozen" => format!("{detail} (codeid admin thaw)"),
            _ => detail.to_owned(),
        }
    }
}

impl From<Place> for Position {
    fn from(place: Place) -> Self {
        Self {
            line: place.line,
            column: place.column,
            offset: place.offset,
            in_pattern: place.in_pattern,
        }
    }
}
