//! The program from outside.

#![cfg(test)]

mod admin;
mod cli;
mod decisions;
mod described;
#[cfg(feature = "faults")]
mod faults;
mod file_faults;
mod metrics;
mod mock_gateway;
mod outbound;
mod packaging;
mod planted;
mod replacement;
mod resp;
mod rules;
mod sdk_proxy;
mod serve;
mod tls;
