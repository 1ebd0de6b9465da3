//! The binary `codeid`.
fn main() {}
