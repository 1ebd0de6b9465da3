//! Fuzzes responses to sdkProxy: see [`codeid_fuzz::sdk_response`].

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| codeid_fuzz::sdk_response(bytes));
