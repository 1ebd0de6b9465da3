//! The program from outside.

#![cfg(test)]

mod cli;
mod mock_gateway;
mod reload;
mod resp;
mod serve;
mod tls;
