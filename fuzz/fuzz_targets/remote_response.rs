//! Fuzzes responses of the remote source: see [`codeid_fuzz::remote_response`].

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| codeid_fuzz::remote_response(bytes));
