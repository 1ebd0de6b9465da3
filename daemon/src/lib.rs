//! The daemon and the command line around [`codeid_engine`].
//!
//! - [`cli`]: the subcommands of the binary `codeid`.

pub mod cli;
