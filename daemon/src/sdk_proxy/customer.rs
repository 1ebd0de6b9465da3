//! The customer of a request, from the one place that the settings name.

use hyper::header::HeaderMap;
use thiserror::Error;

use super::customer_id::{CustomerIdError, customer_id};
use super::illegal_request::IllegalRequest;
use super::interface::Interface;
use super::login_check::{LoginCheck, LoginCheckError};
use super::request::SdkRequest;

/// The place that names the customer.
pub(super) enum CustomerFrom {
    /// The field `customerId` of the body.
    Body,
    /// The header of the request.
    Header,
    /// The response of another server, which is asked.
    LoginCheck(Box<LoginCheck>),
}

/// The reason why a request has no customer.
#[derive(Debug, Error)]
pub(crate) enum CustomerError {
    /// The body should name the customer and does not.
    #[error(transparent)]
    Illegal(#[from] IllegalRequest),
    /// The body would name the customer, and an app writes it.
    #[error(
        "proxy.customer-from is body, so that an app could choose the customer; this interface needs \
         header or login-check"
    )]
    ChosenByApp,
    /// The header of the request does not name a customer.
    #[error("the request does not name a customer")]
    Header(#[source] CustomerIdError),
    /// The login check does not admit one.
    #[error(transparent)]
    LoginCheck(#[from] LoginCheckError),
}

impl CustomerFrom {
    /// Returns `true` if a request through `interface` must name the customer in its body.
    pub(super) const fn is_body_of(&self, interface: Interface) -> bool {
        matches!((self, interface), (Self::Body, Interface::Server))
    }

    /// Returns the customer of a request. The other places are ignored.
    ///
    /// # Errors
    ///
    /// [`CustomerError`] if the place names none.
    pub(super) async fn find(
        &self,
        interface: Interface,
        headers: &HeaderMap,
        request: &SdkRequest<'_>,
    ) -> Result<String, CustomerError> {
        match self {
            Self::Body => match interface {
                Interface::Server => Ok(request.customer_id()?.into_owned()),
                Interface::Client => Err(CustomerError::ChosenByApp),
            },
            Self::Header => customer_id(headers).map_err(CustomerError::Header),
            Self::LoginCheck(check) => Ok(check.admits(headers).await?),
        }
    }
}
