//! Fuzzes bodies of requests: see [`codeid_fuzz::http_body`].

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| codeid_fuzz::http_body(bytes));
