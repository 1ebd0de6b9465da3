//! The numbers of connections, within the settings and the descriptors of the process.

use crate::admin::{AdminLimits, AdminListeners};
use crate::listen::descriptors::Descriptors;
use crate::serve::admission::ConnectionLimits;
use crate::serve::listeners::ServingListeners;
use crate::settings::Settings;

/// The most connections of each part.
pub(super) struct Limits {
    /// The most connections of the serving listeners.
    pub(super) serving: ConnectionLimits,
    /// The most requests of sdkProxy in flight.
    pub(super) in_flight: usize,
    /// The most connections of the admin plane.
    pub(super) admin: AdminLimits,
}

/// The descriptors of a request of sdkProxy: a connection to the upstream and one to the login check.
const OF_FORWARDED: usize = 2;

impl Limits {
    /// Returns the limits of a daemon that has opened everything but connections.
    pub(super) fn new(
        settings: &Settings,
        serving: &ServingListeners,
        admin: Option<&AdminListeners>,
    ) -> Self {
        let listeners = serving.count();
        let admin_listeners = admin.map_or(0, AdminListeners::count);
        let max_connections = settings.http.max_connections;
        let max_in_flight = settings.proxy.as_ref().map_or(0, |p| p.max_in_flight);
        let allowed = Descriptors {
            serving: ConnectionLimits::descriptors(max_connections, listeners),
            forwarding: OF_FORWARDED * max_in_flight,
            admin: AdminLimits::descriptors(admin_listeners),
        }
        .allow();
        Self {
            serving: ConnectionLimits::new(max_connections, listeners, allowed.serving),
            in_flight: (allowed.forwarding / OF_FORWARDED).max(1),
            admin: AdminLimits::new(admin_listeners, allowed.admin),
        }
    }
}
