//! The operations of the admin plane.

/// An operation of the admin plane. Each has one handler, and one or more rows in
/// [`ROUTES`](super::ROUTES), which give its methods, its path and the role that it needs.
///
/// Source: SPEC.md, section 6.
///
/// ```
/// use codeid_daemon::api::admin::{Endpoint, ROUTES};
/// use codeid_daemon::api::role::Role;
///
/// let route = ROUTES.iter().find(|route| route.endpoint == Endpoint::Rollback).unwrap();
/// assert_eq!((route.path, route.role), ("/v1/rollback", Role::Operate));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// Reports that the process runs.
    Livez,
    /// Reports whether requests should be sent to this daemon.
    Readyz,
    /// Returns the OpenAPI document.
    OpenApi,
    /// Returns the console's page.
    ConsolePage,
    /// Returns the console's style sheet.
    ConsoleStyle,
    /// Returns the console's script.
    ConsoleScript,
    /// Returns a module of the console's script.
    ConsoleModule,
    /// Returns the metrics for Prometheus.
    PrometheusMetrics,
    /// Returns the metrics as JSON.
    Metrics,
    /// Returns the figures of the last hour.
    Figures,
    /// Returns the status document.
    Status,
    /// Returns the settings that the daemon runs with.
    Settings,
    /// Returns the live route config.
    Config,
    /// Lists the live rules.
    Rules,
    /// Lists the last tables.
    History,
    /// Returns a route config of the history.
    HistoryConfig,
    /// Identifies a code value, and explains the result.
    Explain,
    /// Sends decisions as they are made.
    Decisions,
    /// Checks a route config.
    Check,
    /// Makes a route config live.
    Apply,
    /// Reads the sources again.
    Reload,
    /// Makes a route config of the history live again.
    Rollback,
    /// Freezes the live route config.
    Freeze,
    /// Ends a freeze.
    Thaw,
    /// Forgets the saved route config.
    Forget,
    /// Sets the log level.
    LogLevel,
    /// Takes the daemon out of service.
    Drain,
    /// Takes a drain back.
    Undrain,
    /// Hands the listening sockets over to a successor.
    TakeOver,
}
