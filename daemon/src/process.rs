//! The process of the daemon, as other processes see it.

/// Makes the process not dumpable: a crash writes no core, and no other process of the same user can
/// attach to it or read its memory, which holds keys. On systems other than Linux it does nothing.
///
/// A system that refuses is a warning in the log.
pub fn deny_inspection() {
    #[cfg(target_os = "linux")]
    if let Err(error) = nix::sys::prctl::set_dumpable(false) {
        tracing::warn!(%error, "a crash may write the keys into a core file");
    }
}
