//! The daemon around [`codeid_engine`].
//!
//! [`run`] puts the parts together: sockets of `listen` are served by `serve`, whose protocols are
//! [`http`] and [`resp`]; [`identify`] and [`sdk_proxy`] make the responses. [`rules`] holds the
//! route config sources and what becomes of a config on its way into the live table. `admin` is the
//! operator's plane, `metrics` its figures.
//!
//! Below them: `outbound` calls other servers, [`signature`] signs and verifies, `files` reads,
//! replaces and watches files, [`json`] reads the JSON of requests strictly, [`settings`] holds every
//! setting, `budget` bounds the memory that clients occupy, [`mod@slice`] the time for which one of them
//! is served before the others, [`clock`] is the wall clock.

#![cfg_attr(
    not(test),
    warn(
        clippy::panic,
        clippy::unimplemented,
        clippy::get_unwrap,
        clippy::indexing_slicing,
        clippy::string_slice
    )
)]

mod admin;
pub mod api;
pub mod audit;
mod budget;
mod certified_key;
pub mod clock;
pub mod count;
mod decisions;
pub mod error_chain;
mod faults;
pub mod files;
pub mod fuzzing;
pub mod hand_over;
mod health;
pub mod host;
pub mod http;
pub mod identify;
pub mod json;
mod key_content;
pub mod listen;
mod metrics;
mod outbound;
mod panic;
pub mod percent;
pub mod process;
mod readiness;
pub mod regular_file;
pub mod rehearsal;
pub mod resp;
pub mod result;
pub mod rules;
pub mod run;
pub mod sdk_proxy;
mod serve;
pub mod service_manager;
pub mod settings;
mod shutdown;
pub mod signature;
pub mod slice;
mod sync;
pub mod telemetry;
pub mod timestamp;
mod trace_context;
pub mod uri;
pub mod url;

pub use self::admin::tokens::{NewToken, NewTokenError};
