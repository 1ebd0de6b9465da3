//! Listening sockets, opened or inherited, and the certificates that TLS shows on them.
//!
//! Both planes use it: the serving ports and the admin plane.

mod activation;
mod certificate;
mod certificate_error;
mod client_authorities;
pub(crate) mod descriptors;
mod error;
mod given;
mod live_certificate;
mod name;
pub(crate) mod peer;
mod socket_directory;
pub mod tcp;
pub(crate) mod unix_socket;

pub(crate) use self::certificate::{inspect_certificate, inspect_client_authorities};
pub use self::error::ListenError;
pub use self::given::Listeners;
pub(crate) use self::given::{GIVEN, GivenSockets, GivenUnix};
pub(crate) use self::live_certificate::LiveCertificate;
pub(crate) use self::name::ListenerName;
