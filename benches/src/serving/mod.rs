//! The daemon as a process, a client that puts load on it, and the route configs that replace each
//! other under it.

mod configs;
mod cpu;
mod daemon;
mod latencies;
mod load;
mod memory;

pub use configs::{config_of, largest_config, slow_rules};
pub use cpu::CpuTime;
pub use daemon::Daemon;
pub use latencies::{Latencies, Summary};
pub use load::{Answered, Load};
pub use memory::Memory;
