//! The parts of a bench of sdkProxy: an upstream that costs as little CPU time as possible, keys from
//! the `openssl` command line, the messages of both sides, and the time that OpenSSL takes for a
//! signature.

mod credentials;
mod messages;
mod openssl;
mod upstream;

pub use credentials::Credentials;
pub use messages::{CLIENT_ID, PATH, RESPONSE_BODY, TIME, request};
pub use openssl::{RsaTimes, rsa_times};
pub use upstream::Upstream;

/// Lowers the priority of the calling thread, as the daemon does for its own proxy threads. A thread
/// that stands for another machine must not take the cores from those that are measured.
///
/// # Panics
///
/// If the kernel refuses, which it never does.
pub fn lower_priority() {
    rustix::process::nice(10).expect("a thread may always lower its priority");
}
