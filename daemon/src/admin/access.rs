//! Decides from the head of a request whether it may reach its handler.

use hyper::HeaderMap;

use super::caller::Caller;
use super::origin;
use super::refusal::Refusal;
use super::request::require_json;
use crate::api::admin::Route;
use crate::api::method::Method;
use crate::api::refusal::ErrorCode;
use crate::host::HostName;

/// Requires that a request is for one of `hosts` or another name of the daemon, that its caller has
/// the role of the route, and that it declares JSON if it has a body.
///
/// # Errors
///
/// A [`Refusal`] for the first of these conditions that is not met, in this order.
pub(super) fn require_access(
    route: &Route,
    hosts: &[HostName],
    caller: &Caller,
    headers: &HeaderMap,
) -> Result<(), Refusal> {
    origin::require_own(headers, hosts)
        .map_err(|foreign| Refusal::new(ErrorCode::ForeignOrigin, foreign.detail()))?;
    if caller.role() < route.role {
        return Err(match caller {
            Caller::Unknown {
                had_credentials, ..
            } => {
                let detail = match had_credentials {
                    true => "The token is unknown.",
                    false => "A token is needed: Authorization: Bearer TOKEN.",
                };
                Refusal::new(ErrorCode::Unauthorized, detail)
            }
            _ => {
                let (has, needs) = (caller.role(), route.role);
                let detail = format!("The token has the role {has}; this path needs {needs}.");
                Refusal::new(ErrorCode::Forbidden, detail)
            }
        });
    }
    match route.method {
        Method::Post => require_json(headers),
        Method::Get => Ok(()),
    }
}
