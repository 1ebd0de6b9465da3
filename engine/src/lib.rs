//! Compiles route rules into one immutable table, and identifies code values with it.
//!
//! A wallet scans a code that it does not know. A [`RouteTable`], compiled from a *route config*,
//! answers what is to be done with it: hand it to Alipay+ to be decoded, open a page, or nothing.
//! The three types that matter:
//!
//! - [`RouteTable`]: one route config, checked and compiled. Immutable; made off the serving
//!   threads.
//! - [`LiveTable`]: the cell from which lookups take the current table, and where a reload puts the
//!   next one.
//! - [`Scratch`]: one thread's memory for lookups. Once it has grown, a lookup allocates nothing.
//!
//! This crate knows bytes and values: no async, no sockets, no files, no clock.
//!
//! ```
//! use codeid_engine::{CodeValue, CompileLimits, OpenId, Outcome, RouteTable, Scratch};
//!
//! let config = r#"{"format": "codeid/1", "version": "1", "rules": [
//!     {"id": "order-code", "match": {"regex": "281\\d{3}04.+"}, "action": {"type": "DECODE"}}
//! ]}"#;
//! let table = RouteTable::from_json(config.as_bytes(), &CompileLimits::default())?;
//! let mut scratch = Scratch::new();
//! let code = CodeValue::new("28100104df2342342")?;
//! let verdict = table.identify(code, OpenId::new("user-42")?, &mut scratch);
//! assert_eq!(verdict.rule.unwrap().as_str(), "order-code");
//! assert_eq!(verdict.outcome, Outcome::Decode { code_value: "28100104df2342342" });
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod canary;
mod counts;
mod error;
mod guard;
mod hex;
mod ids;
mod limits;
mod lint;
mod live;
mod matcher;
mod parameter;
mod pattern;
mod problem_code;
mod provenance;
mod rule;
mod scratch;
mod table;
mod verdict;

pub use canary::{Admission, Bucket, RolloutPercentage};
pub use counts::RuleCount;
pub use error::{ConfigError, Position, Problem};
pub use ids::{Generation, RuleId};
pub use limits::CompileLimits;
pub use live::{LiveTable, Publication, ReplacedTable};
pub use matcher::reference::ReferenceMatcher;
pub use parameter::{CodeValue, OpenId, ParameterError};
pub use problem_code::ProblemCode;
pub use provenance::{ConfigDigest, InitLevel, ParseDigestError, ParseLevelError, Provenance};
pub use rule::RouteConfig;
pub use scratch::Scratch;
pub use table::RouteTable;
pub use verdict::{Explanation, Outcome, Verdict};
