//! The parts of the daemon that all connections use.

use std::sync::Arc;

use codeid_engine::LiveTable;

use crate::budget::Budget;
use crate::clock::Clock;
use crate::decisions::Decisions;
use crate::metrics::{ByListener, Listener, Metrics};
use crate::rules::status::StatusRegistry;
use crate::sdk_proxy::SdkProxy;
use crate::settings::{Http, Resp};
use crate::shutdown::Shutdown;

/// The parts of the daemon that all connections use.
#[derive(Debug)]
pub(crate) struct Shared {
    /// The cell of the live table.
    pub(crate) live: Arc<LiveTable>,
    /// The status of the sources.
    pub(crate) status: Arc<StatusRegistry>,
    /// The settings of HTTP.
    pub(crate) limits: Http,
    /// The settings of RESP.
    pub(crate) resp: Resp,
    /// The memory that the connections of each listener may use together.
    pub(crate) budgets: ByListener<Arc<Budget>>,
    /// `None` if sdkProxy is not configured.
    pub(crate) proxy: Option<SdkProxy>,
    /// The stages of stopping.
    pub(crate) shutdown: Arc<Shutdown>,
    /// The counters of all threads.
    pub(crate) metrics: Arc<Metrics>,
    /// The decision log.
    pub(crate) decisions: Decisions,
    /// The wall clock, for dates.
    pub(crate) clock: Clock,
}

impl Shared {
    /// Returns the memory that the connections of a listener may use together.
    pub(super) const fn budget(&self, listener: Listener) -> &Arc<Budget> {
        self.budgets.of(listener)
    }
}
