//! Any bytes as an answer to sdkProxy, head and body: see [`codeid_fuzz::sdk_answer`].

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| codeid_fuzz::sdk_answer(bytes));
