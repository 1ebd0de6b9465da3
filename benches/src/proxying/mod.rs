//! What sdkProxy is measured with: an upstream that costs as little as it can, keys that the
//! `openssl` command line makes, and what that needs for a signature.

mod files;
mod openssl;
mod upstream;

pub use files::Files;
pub use openssl::{Speed, speed};
pub use upstream::Upstream;

/// Makes the calling thread yield to those that are measured, as the daemon's own proxy threads do:
/// what stands for other machines must not take their cores.
///
/// # Panics
///
/// If the system refuses that, which it never does.
pub fn yields() {
    rustix::process::nice(10).expect("a thread may always become nicer");
}
