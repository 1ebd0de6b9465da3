//! Route configs from their sources: the first at the start, and the next while serving.
//!
//! Source: SPEC.md, section 3.

mod staleness;
mod status;
