//! Load on a real daemon: the process, a client, and the route configs that replace each other
//! meanwhile.

mod client;
mod configs;
mod cpu;
mod daemon;
mod latencies;
mod memory;

pub use client::{Client, Throughput};
pub use configs::{largest_config, padded_config, slow_rules};
pub use cpu::{CpuTime, cpu_time_of_this_thread};
pub use daemon::{Daemon, daemon_binary};
pub use latencies::{Latencies, Summary};
pub use memory::Memory;
