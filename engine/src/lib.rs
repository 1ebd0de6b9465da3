//! Compiles route rules into an immutable table and identifies code values with it.
//!
//! A wallet scans a code that it does not know. Which codes are Alipay+ codes, and what to do with
//! each, is written down as a list of rules, a *route config*: accept a code value by a text, a
//! pattern, a URL or an EMVCo payload, perhaps for some users only, and then decode it, open a page
//! or leave it alone. The first rule that accepts the code value and admits the user decides.
//!
//! Trying the rules one by one takes time in proportion to their number. This crate compiles them
//! into one search instead, whose time is linear in the code value whatever the rules are, and
//! which takes no lock and allocates nothing. Compiling is where all faults are found: a config that
//! compiles cannot fail a lookup.
//!
//! # Overview
//!
//! - [`RouteTable`] is a route config, checked and compiled. It is immutable and shared between
//!   threads; make it away from the threads that serve lookups.
//! - [`LiveTable`] is the cell from which lookups borrow the live table, and in which a reload
//!   replaces it.
//! - [`Scratch`] is one thread's memory for lookups. Each thread has its own.
//!
//! A lookup takes a [`CodeValue`] and an [`OpenId`] and returns a [`Verdict`]. A config that is
//! refused gives a [`ConfigError`], which lists every [`Problem`] with its code and position.
//! [`RouteConfig`] is the step between text and table, for callers that look at the rules or at
//! warnings.
//!
//! This crate knows bytes and values only: no async, sockets, files or clock.
//!
//! # Example: one lookup
//!
//! ```
//! use codeid_engine::{CodeValue, CompileLimits, OpenId, Outcome, RouteTable, Scratch};
//!
//! let config = r#"{"format": "codeid/1", "version": "1", "rules": [
//!     {"id": "order-code", "match": {"regex": "281\\d{3}04.+"}, "action": {"type": "DECODE"}}
//! ]}"#;
//! let table = RouteTable::from_json(config.as_bytes(), &CompileLimits::default())?;
//! let mut scratch = Scratch::new();
//! let code_value = CodeValue::new("28100104df2342342")?;
//! let verdict = table.identify(code_value, OpenId::new("user-42")?, &mut scratch);
//! assert_eq!(verdict.rule.unwrap().as_str(), "order-code");
//! assert_eq!(verdict.outcome, Outcome::Decode { code_value: "28100104df2342342" });
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Example: a refused config
//!
//! ```
//! use codeid_engine::{CompileLimits, ProblemCode, RouteTable};
//!
//! let config = br#"{"format": "codeid/1", "version": "1", "rules": [
//!     {"id": "a", "match": {"prefix": "28"}, "action": {"type": "GO"}}]}"#;
//! let error = RouteTable::from_json(config, &CompileLimits::default()).unwrap_err();
//! let problem = &error.problems()[0];
//! assert_eq!(problem.code(), ProblemCode::UnknownAction);
//! assert_eq!((problem.rule(), problem.pointer()), (Some("a"), "/rules/0/action/type"));
//! ```
//!
//! # Untrusted input
//!
//! Code values and openIds may come from anyone: a lookup takes time linear in the code value, which
//! has at most [`CodeValue::MAX_CHARACTERS`]. A route config may come from anyone, too:
//! [`CompileLimits`] bounds the time and memory of compiling it, and a panic while compiling, which
//! would be a defect, is returned as an error.
//!
//! # Features
//!
//! - `counts`, on by default: tables that [`LiveTable::with_counts`] publishes count the lookups
//!   that each rule decides or refuses. Without it no code for counting is compiled.

#![cfg_attr(
    not(test),
    warn(clippy::panic, clippy::unimplemented, clippy::get_unwrap)
)]

mod canary;
mod cost;
mod counts;
mod error;
mod guard;
mod hex;
mod ids;
mod limits;
mod live;
mod matcher;
mod parameter;
mod pattern;
mod problem_code;
mod provenance;
mod rule;
mod scratch;
mod shadowing;
mod table;
mod verdict;

pub use canary::{Admission, Bucket, RolloutPercentage};
pub use cost::{CodeCost, CostlyCode, RuleCost};
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
