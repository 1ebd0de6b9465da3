//! The background tasks whose faults are counted.

/// Declares [`Task`] with its names, so that no task can be missing from [`Task::ALL`].
macro_rules! tasks {
    ($($(#[$doc:meta])* $task:ident => $name:literal,)*) => {
        /// A background task that is started again after a panic, or a call that counts as failed
        /// after one. Each has a series of `codeid_restarts_total` from the start.
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
        }
    };
}

tasks! {
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
    /// Waits for SIGHUP.
    Hangups => "hangups",
    /// Writes the log to standard error.
    Log => "log",
    /// A call that reads the preset.
    Preset => "preset",
    /// Watches the file of the preset.
    PresetWatch => "presetWatch",
    /// Checks the sources.
    Reload => "reload",
    /// A call to the remote source.
    Remote => "remote",
    /// Logs when the live table becomes stale.
    Staleness => "staleness",
    /// A call to the local storage.
    Store => "store",
    /// Reads the file of tokens again when it changes.
    Tokens => "tokens",
}
