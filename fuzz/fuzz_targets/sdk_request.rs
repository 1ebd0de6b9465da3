//! Fuzzes requests to sdkProxy: see [`codeid_fuzz::sdk_request`].

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| codeid_fuzz::sdk_request(bytes));
