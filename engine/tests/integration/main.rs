//! Integration tests of the engine, against its public interface only.

mod canary;
#[path = "../../testdata/cases.rs"]
mod cases;
mod cost;
#[cfg(feature = "counts")]
mod counts;
mod limits;
mod live;
mod no_alloc;
mod problem_codes;
mod suite;
