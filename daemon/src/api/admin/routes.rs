//! The table of the routes of the admin plane: the router dispatches on it, and the OpenAPI document
//! describes it.
//!
//! Source: SPEC.md, section 6.

use serde_json::{Map, Value};

use super::endpoint::Endpoint;
use super::route::{IfMatch, Route};
use crate::api::apply::{Applied, RollbackRequest};
use crate::api::check::Checked;
use crate::api::decisions::TailRequest;
use crate::api::drain::Drained;
use crate::api::empty::EmptyRequest;
use crate::api::explain::{ExplainRequest, Explained};
use crate::api::figures::Figures;
use crate::api::forget::Forgotten;
use crate::api::freeze::{FreezeRequest, Frozen};
use crate::api::history::History;
use crate::api::log_level::LogLevelDocument;
use crate::api::metrics::Metrics;
use crate::api::readiness::{Liveness, Readiness};
use crate::api::refusal::ErrorCode;
use crate::api::reload::Reloaded;
use crate::api::role::Role;
use crate::api::rules::Rules;
use crate::api::schema::{Anything, RouteConfig};
use crate::api::settings::RunningSettings;
use crate::api::status::Status;
use crate::api::thaw::Thawed;

/// The media type of the metrics for Prometheus.
pub const PROMETHEUS_TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The media type of JSON documents in a line each.
pub const NDJSON: &str = "application/x-ndjson";
/// The media type of the metrics in OpenMetrics.
pub const OPEN_METRICS_TEXT: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The media type of the console's page.
pub const HTML: &str = "text/html; charset=utf-8";

/// The media type of the console's style sheet.
pub const CSS: &str = "text/css; charset=utf-8";

/// The media type of the console's scripts.
pub const JAVASCRIPT: &str = "text/javascript; charset=utf-8";

/// The routes. A path occurs once for each of its methods.
pub const ROUTES: &[Route] = &[
    Route::get(Endpoint::Livez, "/livez")
        .summary("The liveness of the process")
        .open()
        .json::<Liveness>(),
    Route::get(Endpoint::Readyz, "/readyz")
        .summary("The readiness of this daemon for requests")
        .described("Status 503 asks for no more requests; the document gives the reasons.")
        .open()
        .json::<Readiness>(),
    Route::get(Endpoint::OpenApi, "/openapi.json")
        .summary("This document")
        .open()
        .json::<Map<String, Value>>(),
    Route::get(Endpoint::ConsolePage, "/")
        .summary("The console, a page for browsers")
        .open()
        .text(HTML),
    Route::get(Endpoint::ConsoleStyle, "/console.css")
        .summary("The style sheet of the console")
        .open()
        .text(CSS),
    Route::get(Endpoint::ConsoleScript, "/console.js")
        .summary("The script of the console")
        .open()
        .text(JAVASCRIPT),
    Route::get(Endpoint::ConsoleModule, "/modules/{module}")
        .summary("A module of the console's script")
        .open()
        .text(JAVASCRIPT)
        .refusing(&[ErrorCode::NotFound]),
    Route::get(Endpoint::PrometheusMetrics, "/metrics")
        .summary("The metrics, for Prometheus")
        .described("In OpenMetrics 1.0.0 for a request whose Accept names that, and does not prefer the text.")
        .needing(Role::Metrics)
        .text(PROMETHEUS_TEXT),
    Route::get(Endpoint::Metrics, "/v1/metrics")
        .summary("Requests, latencies and connections since the start")
        .needing(Role::Metrics)
        .json::<Metrics>(),
    Route::get(Endpoint::Figures, "/v1/figures")
        .summary("The last hour of requests, latencies and connections, in intervals of ten seconds")
        .json::<Figures>(),
    Route::get(Endpoint::Status, "/v1/status")
        .summary("The process, the live table and its sources")
        .json::<Status>(),
    Route::get(Endpoint::Settings, "/v1/settings")
        .summary("The settings that the daemon runs with")
        .described("They are those of the start: a source that has changed since holds from the next start on.")
        .json::<RunningSettings>(),
    Route::get(Endpoint::Config, "/v1/config")
        .summary("The live route config, byte for byte")
        .needing(Role::Operate)
        .route_config(),
    Route::get(Endpoint::Rules, "/v1/rules")
        .summary("The live rules, and how often each decided")
        .json::<Rules>(),
    Route::get(Endpoint::History, "/v1/history")
        .summary("The last 20 tables since the start")
        .json::<History>(),
    Route::get(Endpoint::HistoryConfig, "/v1/history/{generation}")
        .summary("A route config of the history, byte for byte")
        .needing(Role::Operate)
        .route_config()
        .refusing(&[ErrorCode::UnknownGeneration]),
    Route::post(Endpoint::Explain, "/v1/explain")
        .summary("The result for a code value, and the rules that accept it")
        .needing(Role::Operate)
        .taking::<ExplainRequest>()
        .json::<Explained>(),
    Route::post(Endpoint::Decisions, "/v1/decisions")
        .summary("The decisions about code values, as they are made")
        .described(
            "The response has no end: a line of JSON for each decision, with the code value and the openId masked, \
             and a line `{\"dropped\": n}` in the place of decisions that came faster than they were taken, and \
             every ten seconds. It ends when the daemon accepts no more connections. Up to four clients may watch at \
             once; further ones are refused with `tooManyActions`.",
        )
        .changing("tail")
        .taking::<TailRequest>()
        .text(NDJSON)
        .refusing(&[ErrorCode::Drained, ErrorCode::Stopping]),
    Route::post(Endpoint::Check, "/v1/check")
        .summary("Check a route config without making it live")
        .described("Responds with the problems, and with what the route config would change.")
        .taking_candidate::<Anything>()
        .json::<Checked>(),
    Route::post(Endpoint::Apply, "/v1/apply")
        .summary("Make a route config live and freeze it")
        .changing("apply")
        .taking_candidate::<RouteConfig>()
        .with_if_match(IfMatch::Required)
        .overriding()
        .json::<Applied>()
        .refusing(&[
            ErrorCode::IfMatchMissing,
            ErrorCode::IfMatchStale,
            ErrorCode::Frozen,
            ErrorCode::Refused,
            ErrorCode::NotSaved,
        ]),
    Route::post(Endpoint::Reload, "/v1/reload")
        .summary("Read the sources again")
        .changing("reload")
        .taking::<EmptyRequest>()
        .json::<Reloaded>()
        .refusing(&[ErrorCode::Frozen, ErrorCode::Stopping]),
    Route::post(Endpoint::Rollback, "/v1/rollback")
        .summary("Make a route config of the history live and freeze it")
        .changing("rollback")
        .taking::<RollbackRequest>()
        .with_if_match(IfMatch::Optional)
        .overriding()
        .json::<Applied>()
        .refusing(&[
            ErrorCode::UnknownGeneration,
            ErrorCode::IfMatchStale,
            ErrorCode::Frozen,
            ErrorCode::Refused,
            ErrorCode::NotSaved,
        ]),
    Route::post(Endpoint::Freeze, "/v1/freeze")
        .summary("Freeze the live route config")
        .changing("freeze")
        .taking::<FreezeRequest>()
        .json::<Frozen>()
        .refusing(&[ErrorCode::NotSaved]),
    Route::post(Endpoint::Thaw, "/v1/thaw")
        .summary("Follow the sources again, and read them now")
        .changing("thaw")
        .taking::<EmptyRequest>()
        .json::<Thawed>()
        .refusing(&[ErrorCode::NotSaved]),
    Route::post(Endpoint::Forget, "/v1/forget")
        .summary("Forget the saved route config, and read the sources now")
        .described(
            "The local storage is empty afterwards. With a remote source, nothing else happens: the \
             live route config stays, and the next one that the remote gives is saved. Otherwise the \
             sources are read as at a start, and the live route config stays if none gives a valid \
             one. After a refusal with `notSaved`, the saved route config may be gone all the same.",
        )
        .changing("forget")
        .taking::<EmptyRequest>()
        .overriding()
        .json::<Forgotten>()
        .refusing(&[ErrorCode::Frozen, ErrorCode::NotSaved]),
    Route::post(Endpoint::LogLevel, "/v1/log-level")
        .summary("Set the log level, until the daemon stops")
        .changing("logLevel")
        .taking::<LogLevelDocument>()
        .json::<LogLevelDocument>(),
    Route::post(Endpoint::Drain, "/v1/drain")
        .summary("Take the daemon out of service")
        .described(
            "The daemon is no longer ready. After serve.lame-duck-ms, in which it serves on and the \
             drain can be taken back, it accepts no new connections and finishes the requests \
             in flight. The process runs until it is stopped.",
        )
        .changing("drain")
        .taking::<EmptyRequest>()
        .json::<Drained>(),
    Route::post(Endpoint::Undrain, "/v1/undrain")
        .summary("Take a drain back")
        .described(
            "The daemon is ready again. Refused once it accepts no new connections, or is \
             stopping; no effect if it was not drained.",
        )
        .changing("undrain")
        .taking::<EmptyRequest>()
        .json::<Drained>()
        .refusing(&[ErrorCode::Drained, ErrorCode::Stopping]),
    Route::post(Endpoint::TakeOver, "/v1/take-over")
        .summary("Hand the listening sockets over to a successor")
        .described(
            "For `codeid serve --take-over` on the Unix socket: a request with `Upgrade: codeid-take-over/1` is \
             answered with 101, after which the connection speaks that protocol. Any other request is \
             refused.",
        )
        .changing("takeOver")
        .taking::<EmptyRequest>()
        .refusing(&[ErrorCode::TakeOverUnderWay, ErrorCode::Stopping]),
];
