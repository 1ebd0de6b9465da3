//! Fuzzes requests to `admin.http`: see [`codeid_fuzz::admin_request`].

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| codeid_fuzz::admin_request(bytes));
