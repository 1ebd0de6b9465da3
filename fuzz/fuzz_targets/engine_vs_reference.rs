//! Fuzzes lookups with generated cases: see [`codeid_fuzz::engine_vs_reference`].

#![no_main]

use codeid_fuzz::{GeneratedCase, engine_vs_reference};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|case: GeneratedCase| engine_vs_reference(&case.0));
