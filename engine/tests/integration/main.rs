//! Integration tests of the engine, against its public interface only.

#[path = "../../testdata/cases.rs"]
mod cases;
mod suite;
