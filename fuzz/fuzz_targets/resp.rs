//! Any bytes as what a Redis client sends: see [`codeid_fuzz::resp`].

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| codeid_fuzz::resp(bytes));
