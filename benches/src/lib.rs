//! The engine beside its peers, on one workload: what the benches and the table of ratios share.
//!
//! A [`Workload`] is rules and codes; an [`Engine`] is whatever can tell the first rule that
//! accepts a code; [`verify`] holds that all of them tell the same, and only then are they timed.

mod adversarial;
mod engines;
mod measure;
pub mod proxying;
mod random;
pub mod serving;
mod shape;
mod workload;

pub use adversarial::{deep_prefixes, long_near_matches, refused_prefixes, thousand_remainders};
pub use engines::{Codeid, Engine, OneByOne, ReadEveryByte, Set, verify};
pub use measure::{best_nanoseconds, best_of};
pub use workload::{Kinds, Mix, Rule, Workload};
