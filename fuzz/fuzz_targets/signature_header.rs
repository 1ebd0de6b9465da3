//! Fuzzes values of the header `Signature`: see [`codeid_fuzz::signature_header`].

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| codeid_fuzz::signature_header(bytes));
