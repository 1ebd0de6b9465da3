//! The interfaces through which requests come.

/// An interface of sdkProxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interface {
    /// The interface of Alipay+ itself, between servers.
    Server,
    /// The model of the client SDK, for the server of an app.
    Client,
}
