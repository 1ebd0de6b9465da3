//! The binary `codeid`; see the crate `codeid` for everything it does.

use std::process::ExitCode;

fn main() -> ExitCode {
    codeid::cli::run()
}
