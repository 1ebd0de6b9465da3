//! Fuzzes route configs: see [`codeid_fuzz::route_config`].

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| codeid_fuzz::route_config(bytes));
