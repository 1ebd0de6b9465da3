//! Fuzzes commands of a Redis client: see [`codeid_fuzz::resp`].

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| codeid_fuzz::resp(bytes));
