//! The background tasks whose faults are counted.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Declares [`Task`] with its names, so that no task can be missing from [`Task::ALL`].
macro_rules! tasks {
    ($($(#[$doc:meta])* $task:ident => $name:literal,)*) => {
        /// A background task that is started again after a panic, or a call that counts as failed
        /// after one. Each has a series of `codeid_task_restarts_total` from the start.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Task {
            $($(#[$doc])* $task,)*
        }

        impl Task {
            /// All tasks, in the order of their names.
            pub(crate) const ALL: &[Self] = &[$(Self::$task,)*];

            /// Returns the name, which is the label `task` of the metric.
            pub(crate) const fn name(self) -> &'static str {
                match self {
                    $(Self::$task => $name,)*
                }
            }

            /// Returns the count of the faults of tasks that do not belong to the status of one daemon, as
            /// those of all daemons of the process.
            fn counter(self) -> &'static AtomicU64 {
                match self {
                    $(Self::$task => {
                        static FAULTS: AtomicU64 = AtomicU64::new(0);
                        &FAULTS
                    })*
                }
            }
        }
    };
}

impl Task {
    /// Counts a fault of a task that has no access to the status of its daemon.
    pub(crate) fn count_fault(self) {
        self.counter().fetch_add(1, Relaxed);
    }

    /// Returns the number of faults that [`Self::count_fault`] has counted.
    pub(crate) fn faults(self) -> u64 {
        self.counter().load(Relaxed)
    }
}

tasks! {
    /// Accepts connections of the serving ports.
    Accept => "accept",
    /// Accepts connections to the admin plane's Unix socket.
    Admin => "admin",
    /// Reads the admin plane's certificate again when its files change.
    AdminCertificate => "adminCertificate",
    /// Accepts connections to the admin plane over TCP.
    AdminHttp => "adminHttp",
    /// Waits until the remote source announces a change.
    Announcements => "announcements",
    /// Writes the audit log's lines about refused callers.
    Audit => "audit",
    /// Reads the serving certificate again when its files change.
    Certificate => "certificate",
    /// Compiles and publishes route configs.
    Compile => "compile",
    /// Serves a client, or shakes hands with it. It is not started again: the client is closed.
    Connection => "connection",
    /// Writes the decision log.
    Decisions => "decisions",
    /// Keeps the figures of the last hour.
    Figures => "figures",
    /// Takes the system's events about files.
    FileEvents => "fileEvents",
    /// Gives each new connection that speaks TLS its handshake.
    Handshakes => "handshakes",
    /// Waits for SIGHUP.
    Hangups => "hangups",
    /// Writes the log to standard error.
    Log => "log",
    /// A call that reads the preset.
    Preset => "preset",
    /// Watches the file of the preset.
    PresetWatch => "presetWatch",
    /// Forwards a request of sdkProxy. It is not started again: the request fails.
    Proxy => "proxy",
    /// Checks the sources.
    Reload => "reload",
    /// A call to the remote source.
    Remote => "remote",
    /// Reports to the service manager what is live.
    ServiceStatus => "serviceStatus",
    /// Logs when the live table becomes stale.
    Staleness => "staleness",
    /// A call to the local storage.
    Store => "store",
    /// Reads the file of tokens again when it changes.
    Tokens => "tokens",
    /// Serves connections.
    Worker => "worker",
}
