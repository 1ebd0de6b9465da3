//! Draws route configs, and code values that match them, nearly match them, or are unrelated.
//!
//! Everything is drawn from an [`Entropy`]: a finite string of bytes, each of which decides
//! something. Once it is spent, every decision is for the simplest choice. So a fuzzer's input and a
//! property test's random bytes lead to the same cases, and shrinking the bytes shrinks the case.
//!
//! The rules overlap on purpose: few letters, shared beginnings, beginnings inside beginnings, runs
//! of a class that continue with different literals, case variants. Every config drawn is valid, and
//! every case prints as a route config and codes that can be pasted into a test.
//!
//! ```
//! use codeid_generate::{Case, Entropy};
//!
//! let case = Case::draw(&mut Entropy::new(&[7, 200, 31, 90, 14, 255, 3]));
//! assert!(case.config_json().starts_with(r#"{"format":"codeid/1""#));
//! assert!(!case.codes.is_empty() && !case.open_ids.is_empty());
//! ```

mod action;
mod case;
mod code;
mod emv;
mod entropy;
mod family;
mod pattern;
mod rule;
mod shapes;
mod url;
mod vocabulary;

pub use action::{Action, Piece, Template, Value};
pub use case::Case;
pub use emv::{EmvMatch, crc_ccitt_false};
pub use entropy::Entropy;
pub use pattern::{Dialect, Group, Pattern};
pub use rule::{Canary, Match, Rule};
pub use url::UrlMatch;
