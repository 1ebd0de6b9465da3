//! What the admin plane answers, as far as the commands show it.
//!
//! Members that are not named here are passed over, since a daemon may know more than this program.

use codeid_engine::Position;
use serde::Deserialize;
use serde_json::{Map, Value};

/// `/v1/status`.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::cli) struct Status {
    pub(in crate::cli) daemon: Daemon,
    pub(in crate::cli) ready: bool,
    pub(in crate::cli) not_ready_because: Vec<Reason>,
    pub(in crate::cli) table: Option<Table>,
    pub(in crate::cli) staleness: Staleness,
    pub(in crate::cli) sources: Sources,
    pub(in crate::cli) next_pull_at: Option<u64>,
    pub(in crate::cli) save: Save,
    pub(in crate::cli) hold: Option<Hold>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::cli) struct Daemon {
    pub(in crate::cli) version: String,
    pub(in crate::cli) pid: u32,
    pub(in crate::cli) started_at: u64,
    pub(in crate::cli) uptime_ms: u64,
    pub(in crate::cli) stopping: bool,
    #[serde(default)]
    pub(in crate::cli) draining: bool,
    pub(in crate::cli) log_level: Option<String>,
    /// By name; `null`: not opened.
    pub(in crate::cli) listeners: Map<String, Value>,
}

#[derive(Clone, Debug, Deserialize)]
pub(in crate::cli) struct Reason {
    pub(in crate::cli) detail: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::cli) struct Table {
    pub(in crate::cli) generation: u64,
    pub(in crate::cli) version: String,
    pub(in crate::cli) rule_count: u64,
    pub(in crate::cli) level: String,
    pub(in crate::cli) uri: String,
    pub(in crate::cli) sha256: String,
    pub(in crate::cli) loaded_at: u64,
    pub(in crate::cli) compile_us: u64,
    pub(in crate::cli) memory_bytes: u64,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::cli) struct Staleness {
    pub(in crate::cli) stale_after_ms: Option<u64>,
    pub(in crate::cli) age_ms: u64,
    pub(in crate::cli) stale: bool,
}

#[derive(Clone, Debug, Deserialize)]
pub(in crate::cli) struct Sources {
    pub(in crate::cli) remote: Option<Source>,
    pub(in crate::cli) local: Source,
    pub(in crate::cli) preset: Source,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::cli) struct Source {
    pub(in crate::cli) uri: String,
    pub(in crate::cli) last_check: Option<Look>,
    pub(in crate::cli) last_good_check_at: Option<u64>,
    pub(in crate::cli) refusal: Option<RefusedConfig>,
}

/// One look at a source.
#[derive(Clone, Debug, Deserialize)]
pub(in crate::cli) struct Look {
    pub(in crate::cli) at: u64,
    pub(in crate::cli) good: bool,
    pub(in crate::cli) outcome: String,
    pub(in crate::cli) why: Option<String>,
    pub(in crate::cli) failures: u64,
}

/// A config that a source gives and that is refused.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::cli) struct RefusedConfig {
    pub(in crate::cli) sha256: String,
    pub(in crate::cli) at: u64,
    pub(in crate::cli) problem_count: u64,
    pub(in crate::cli) problems: Vec<Problem>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::cli) struct Save {
    pub(in crate::cli) last_good_at: Option<u64>,
    pub(in crate::cli) failure: Option<String>,
}

/// That what serves is held against the sources.
#[derive(Clone, Debug, Deserialize)]
pub(in crate::cli) struct Hold {
    pub(in crate::cli) since: u64,
    pub(in crate::cli) by: String,
    pub(in crate::cli) action: String,
    pub(in crate::cli) reason: Option<String>,
}

/// `/v1/rules`.
#[derive(Clone, Debug, Deserialize)]
pub(in crate::cli) struct Rules {
    pub(in crate::cli) generation: u64,
    pub(in crate::cli) version: String,
    pub(in crate::cli) rules: Vec<Rule>,
}

/// A rule that serves, and how often it did since its table was loaded.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::cli) struct Rule {
    pub(in crate::cli) index: u64,
    pub(in crate::cli) id: String,
    #[serde(rename = "match")]
    pub(in crate::cli) matching: Map<String, Value>,
    pub(in crate::cli) action: Map<String, Value>,
    pub(in crate::cli) canary: Option<Map<String, Value>>,
    pub(in crate::cli) decided: u64,
    pub(in crate::cli) refused_by_canary: u64,
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
pub(in crate::cli) struct Problem {
    pub(in crate::cli) code: String,
    pub(in crate::cli) rule: Option<String>,
    pub(in crate::cli) pointer: String,
    pub(in crate::cli) position: Option<Place>,
    pub(in crate::cli) message: String,
    pub(in crate::cli) hint: Option<String>,
}

/// A place in the text of a config.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::cli) struct Place {
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
