//! Notices when the content of a file has changed, in whatever way it was changed.
//!
//! ```text
//! events (at the path's links and the file) ─┐
//! the poll interval ─────────────────────────┴─▶ snapshot ─▶ settled? ─▶ new content?
//! ```
//!
//! An event says only when to take a snapshot. The content decides: it is read after the watches
//! were renewed, so no change in between is missed, and it is compared with the content that was
//! announced last, so no change is announced twice. Where the file system sends no events, or loses
//! some, a change is noticed at the next poll.
//!
//! A watch has no task and no thread of its own: it works while [`FileWatch::changed`] is awaited,
//! and a panic reaches the caller.

mod debouncer;
mod events;
mod file_watch;
mod mount;
mod snapshot;
#[cfg(test)]
mod tests;
mod watch_point;
mod watched_files;

pub(crate) use self::file_watch::FileWatch;
pub(crate) use self::watched_files::WatchedFiles;
