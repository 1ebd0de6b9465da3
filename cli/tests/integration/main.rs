//! The program from outside.

#![cfg(test)]

mod admin;
mod cli;
mod metrics;
mod mock_gateway;
mod reload;
mod resp;
mod sdk_proxy;
mod serve;
mod tls;
