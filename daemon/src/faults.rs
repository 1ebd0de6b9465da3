//! Faults that tests cause in the real program: a panic of one task, once, or a thread that hangs.
//!
//! Only the feature `faults` compiles them in. It is for tests, off by default, and never part of a
//! package. With it, the environment variable `CODEID_FAULT` names the task that panics; after `hang `, the
//! task whose thread hangs for good. Tasks have the
//! names that the label `task` of `codeid_task_restarts_total` has, and `control` and `fileEventsThread`.

#[cfg(feature = "faults")]
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// Set once the daemon serves.
#[cfg(feature = "faults")]
static IS_SERVING: AtomicBool = AtomicBool::new(false);

/// Lets [`turn`] panic from now on: before the daemon serves, a fault would be one of the start.
#[cfg(feature = "faults")]
pub(crate) fn begin_to_serve() {
    IS_SERVING.store(true, Relaxed);
}

#[cfg(not(feature = "faults"))]
pub(crate) const fn begin_to_serve() {}

/// Panics, once in the process and only while the daemon serves, if this is the task that is to fail.
#[cfg(feature = "faults")]
pub(crate) fn turn(task: &str) {
    if IS_SERVING.load(Relaxed) {
        start(task);
    }
}

#[cfg(not(feature = "faults"))]
pub(crate) const fn turn(_: &str) {}

/// Panics, once in the process, if this is the task that is to fail; hangs if it is the one that is to hang.
#[cfg(feature = "faults")]
pub(crate) fn start(task: &str) {
    let fault = std::env::var("CODEID_FAULT").unwrap_or_default();
    while fault.strip_prefix("hang ") == Some(task) {
        std::thread::park();
    }
    static HAS_FAILED: AtomicBool = AtomicBool::new(false);
    assert!(
        fault != task || HAS_FAILED.swap(true, Relaxed),
        "a fault of {task}, as CODEID_FAULT asks"
    );
}

#[cfg(not(feature = "faults"))]
pub(crate) const fn start(_: &str) {}
