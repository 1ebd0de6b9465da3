//! The handlers of the admin plane, a file for each resource.

mod allowlists;
mod apply;
mod changes;
mod check;
mod config;
mod decisions;
mod drain;
mod explain;
mod figures;
mod forget;
mod freeze;
mod history;
mod log_level;
mod metrics;
mod openapi;
mod probes;
mod reload;
mod rule_texts;
mod rules;
mod settings;
mod status;
mod take_over;

use super::console;
use super::request::{Handling, Request};
use crate::api::admin::Endpoint;

/// Starts the handler of an endpoint.
pub(super) fn handle(endpoint: Endpoint, request: Request) -> Handling {
    match endpoint {
        Endpoint::Livez => Box::pin(probes::livez()),
        Endpoint::Readyz => Box::pin(probes::readyz(request)),
        Endpoint::OpenApi => Box::pin(openapi::open_api()),
        Endpoint::ConsolePage => Box::pin(console::page()),
        Endpoint::ConsoleStyle => Box::pin(console::style()),
        Endpoint::ConsoleScript => Box::pin(console::script()),
        Endpoint::ConsoleModule => Box::pin(console::module(request)),
        Endpoint::PrometheusMetrics => Box::pin(metrics::prometheus(request)),
        Endpoint::Metrics => Box::pin(metrics::snapshot(request)),
        Endpoint::Figures => Box::pin(figures::last_hour(request)),
        Endpoint::Status => Box::pin(status::get(request)),
        Endpoint::Settings => Box::pin(settings::get(request)),
        Endpoint::Config => Box::pin(config::live(request)),
        Endpoint::Rules => Box::pin(rules::list(request)),
        Endpoint::History => Box::pin(history::list(request)),
        Endpoint::HistoryConfig => Box::pin(config::of_history(request)),
        Endpoint::Explain => Box::pin(explain::explain(request)),
        Endpoint::Decisions => Box::pin(decisions::watch(request)),
        Endpoint::Check => Box::pin(check::check(request)),
        Endpoint::Apply => Box::pin(apply::apply(request)),
        Endpoint::Reload => Box::pin(reload::reload(request)),
        Endpoint::Rollback => Box::pin(apply::rollback(request)),
        Endpoint::Freeze => Box::pin(freeze::freeze(request)),
        Endpoint::Thaw => Box::pin(freeze::thaw(request)),
        Endpoint::Forget => Box::pin(forget::forget(request)),
        Endpoint::LogLevel => Box::pin(log_level::set(request)),
        Endpoint::Drain => Box::pin(drain::drain(request)),
        Endpoint::Undrain => Box::pin(drain::undrain(request)),
        Endpoint::TakeOver => Box::pin(take_over::take_over(request)),
    }
}
