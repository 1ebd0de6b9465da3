//! Fuzzes responses of a callback: see [`codeid_fuzz::callback_result`].

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| codeid_fuzz::callback_result(bytes));
