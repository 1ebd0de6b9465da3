//! The workloads, the engines and the measuring that the benches share.
//!
//! A [`Workload`] is rules and codes, and a [`Family`] draws those of one shape. An [`Engine`] finds the first rule that accepts a code.
//! [`verify`] checks that all engines find the same rules; only then are they timed.
//! [`load`] starts the daemon and sends it requests, and [`sdk_proxy`] supplies what sdkProxy needs
//! on top.

mod adversarial;
mod engines;
mod families;
mod file_error;
mod lazy_dfa;
mod live;
pub mod load;
mod measure;
pub mod random;
pub mod report;
pub mod sdk_proxy;
mod shape;
mod workload;

pub use adversarial::{
    deep_prefixes, long_near_matches, refused_prefixes, refusing_canaries, thousand_remainders,
};
pub use engines::{
    Codeid, Engine, ReadEveryByte, RegexLoop, RegexSets, default_limits, limits, verify,
};
pub use families::{CORPUS_VARIABLE, Family, FamilyCodes, Template, families};
pub use file_error::cannot;
pub use lazy_dfa::LazyDfa;
pub use live::LiveCodeid;
pub use measure::{best_nanoseconds, best_of};
pub use workload::{CodeMix, Rule, RuleKinds, Workload};
