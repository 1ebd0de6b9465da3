//! Fuzzes login checks: see [`codeid_fuzz::login_check`].

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| codeid_fuzz::login_check(bytes));
