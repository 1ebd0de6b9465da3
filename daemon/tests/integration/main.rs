//! The program from outside.

#![cfg(test)]

mod cli;
mod reload;
mod serve;
mod tls;
