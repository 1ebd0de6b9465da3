//! Fuzzes requests of an HTTP client: see [`codeid_fuzz::http`].

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| codeid_fuzz::http(bytes));
