//! The reasons why the daemon itself responds to a request.

use std::time::Duration;

use hyper::StatusCode;
use thiserror::Error;

use super::customer::CustomerError;
use super::exchange::ExchangeError;
use super::illegal_request::IllegalRequest;
use super::login_check::LoginCheckError;
use super::verifier::ResponseError;
use crate::error_chain::ErrorChain;
use crate::result::ApiResult;
use crate::result::sdk_proxy as results;
use crate::signature::SigningError;

/// The reason why a request has no response of the upstream. It shows nothing of the content of requests
/// and responses.
#[derive(Debug, Error)]
pub(crate) enum Failure {
    /// sdkProxy is not configured.
    #[error("sdkProxy is not configured: proxy.upstream-url is not set")]
    NotConfigured,
    /// There are as many requests in flight as there may be.
    #[error(
        "as many requests are in flight as proxy.max-in-flight and the limit of open files allow"
    )]
    TooMany,
    /// There is no room for the body that is forwarded, or for one that is returned.
    #[error("there is no room for the request within memory.max-bytes")]
    NoRoom,
    /// The fields are not those that the interface needs.
    #[error(transparent)]
    Illegal(#[from] IllegalRequest),
    /// There is no customer.
    #[error(transparent)]
    Customer(#[from] CustomerError),
    /// The total time-out has passed while this party was waited for.
    #[error(
        "{party} did not respond before the request had taken {} ms, as proxy.total-timeout-ms allows",
        .limit.as_millis()
    )]
    Timeout {
        /// The login check or the upstream.
        party: &'static str,
        /// The time-out.
        limit: Duration,
    },
    /// The request was not signed.
    #[error(transparent)]
    Signing(#[from] SigningError),
    /// There was no whole response.
    #[error("the upstream did not respond")]
    Exchange(#[from] ExchangeError),
    /// The response must not be returned.
    #[error(transparent)]
    Response(#[from] ResponseError),
    /// The daemon has a fault.
    #[error("an internal fault occurred")]
    Internal,
}

impl Failure {
    /// Returns the result that the caller gets.
    pub(super) const fn result(&self) -> &'static ApiResult {
        match self {
            Self::NotConfigured => &results::INVALID_API,
            Self::TooMany | Self::NoRoom => &results::REQUEST_TRAFFIC_EXCEED_LIMIT,
            Self::Illegal(_) | Self::Customer(CustomerError::Illegal(_)) => &results::PARAM_ILLEGAL,
            Self::Customer(_) => &results::ACCESS_DENIED,
            Self::Response(error) => error.result(),
            Self::Timeout { .. } | Self::Signing(_) | Self::Exchange(_) | Self::Internal => {
                &results::UNKNOWN_EXCEPTION
            }
        }
    }

    /// Returns the status of the response to the server of an app.
    pub(super) fn client_status(&self) -> StatusCode {
        match self {
            Self::Illegal(_) | Self::Customer(CustomerError::Illegal(_)) => StatusCode::BAD_REQUEST,
            Self::Customer(_) => StatusCode::FORBIDDEN,
            Self::NotConfigured | Self::TooMany | Self::NoRoom => StatusCode::SERVICE_UNAVAILABLE,
            Self::Timeout { .. } => StatusCode::GATEWAY_TIMEOUT,
            Self::Exchange(error) if error.is_timeout() => StatusCode::GATEWAY_TIMEOUT,
            Self::Exchange(_) | Self::Signing(_) | Self::Response(_) | Self::Internal => {
                StatusCode::BAD_GATEWAY
            }
        }
    }

    /// Returns a sentence for people. Causes that libraries report are left to the log: they may name
    /// addresses and certificates.
    pub(super) fn detail(&self) -> String {
        match self {
            // A sentence that begins with the name of a field.
            Self::Illegal(error) | Self::Customer(CustomerError::Illegal(error)) => {
                format!("{error}.")
            }
            Self::Exchange(error)
            | Self::Customer(CustomerError::LoginCheck(LoginCheckError::Exchange(error))) => {
                capitalized(format!("{self}: {error}."))
            }
            _ => capitalized(format!("{}.", ErrorChain(self))),
        }
    }

    /// Logs the failure. The log has a bound for each of these places, so that failures of one kind do not
    /// hide those of another.
    pub(super) fn log(&self) {
        let (code, why) = (self.result().code, ErrorChain(self));
        match self {
            Self::NotConfigured => {
                tracing::info!(code, %why, "a request of sdkProxy was refused");
            }
            Self::TooMany | Self::NoRoom => {
                tracing::info!(code, %why, "a request of sdkProxy was refused over a limit");
            }
            Self::Illegal(_) | Self::Customer(CustomerError::Illegal(_)) => {
                tracing::info!(code, %why, "a request of sdkProxy is illegal");
            }
            Self::Customer(CustomerError::LoginCheck(
                LoginCheckError::Timeout(_) | LoginCheckError::Exchange(_),
            )) => {
                tracing::info!(code, %why, "a request of sdkProxy was denied access: there was no login check");
            }
            Self::Customer(CustomerError::LoginCheck(_)) => {
                tracing::info!(code, %why, "a request of sdkProxy was denied access by the login check");
            }
            Self::Customer(_) => {
                tracing::info!(code, %why, "a request of sdkProxy was denied access");
            }
            Self::Timeout { .. } => {
                tracing::info!(code, %why, "a request of sdkProxy timed out");
            }
            Self::Exchange(_) => {
                tracing::info!(code, %why, "the upstream did not answer a request");
            }
            Self::Response(_) if self.result().code == results::INVALID_SIGNATURE.code => {
                tracing::info!(code, %why, "the upstream response to a request is not verified");
            }
            Self::Response(_) => {
                tracing::info!(code, %why, "the upstream response to a request cannot be used");
            }
            Self::Signing(_) | Self::Internal => {
                tracing::info!(code, %why, "a request of sdkProxy was not forwarded");
            }
        }
    }
}

/// Returns a sentence with a capital letter, unless it begins with the name of a setting or of the
/// interface.
fn capitalized(mut sentence: String) -> String {
    let begins_with_name = ["proxy.", "sdkProxy"].map(|name| sentence.starts_with(name));
    if !begins_with_name.contains(&true)
        && let Some(first) = sentence.get_mut(..1)
    {
        first.make_ascii_uppercase();
    }
    sentence
}
