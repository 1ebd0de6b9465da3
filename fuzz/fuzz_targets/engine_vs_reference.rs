//! A generated config, codes and openIds: see [`codeid_fuzz::engine_vs_reference`].

#![no_main]

use codeid_fuzz::{Drawn, engine_vs_reference};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|case: Drawn| engine_vs_reference(&case.0));
