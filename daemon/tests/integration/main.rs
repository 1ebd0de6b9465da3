//! The program from outside.

#![cfg(test)]

mod cli;
mod reload;
mod resp;
mod serve;
mod tls;
