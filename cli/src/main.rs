//! The binary `codeid`: the daemon of [`codeid_daemon`], and the commands around it.
//!
//! One module holds one subcommand; [`command_line`] names them all. `bench`, `top` and
//! `mock-gateway` are tools of development and operation, each behind a feature of its name.

mod admin;
mod audit;
#[cfg(feature = "bench")]
mod bench;
mod bucket;
mod check;
mod command_line;
mod completions;
#[cfg(any(feature = "bench", feature = "top"))]
mod duration;
mod encoding;
mod explanation;
mod identify;
mod man;
#[cfg(feature = "mock-gateway")]
mod mock_gateway;
mod moment;
mod output;
#[cfg(any(feature = "bench", feature = "top"))]
mod quantity;
mod rehearsal;
mod route_config;
mod schema;
mod serve;
mod settings;
mod show_settings;
mod table;
mod tail;
#[cfg(feature = "top")]
mod top;

use std::process::ExitCode;

fn main() -> ExitCode {
    command_line::run()
}
