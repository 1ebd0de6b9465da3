//! Fuzzes files of tokens: see [`codeid_fuzz::tokens_file`].

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| codeid_fuzz::tokens_file(bytes));
