//! The numbers of connections that may be open at once.

/// The most connections of a listener that are being refused, each with a response; further ones are
/// closed at once.
const REFUSED: usize = 64;

/// The numbers of connections that may be open at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ConnectionLimits {
    /// Connections that are served, of all listeners.
    pub(crate) served: usize,
    /// For each listener, connections that are being refused; and for all, those that were displaced
    /// and are not closed yet.
    pub(crate) refused: usize,
}

impl ConnectionLimits {
    /// Returns the number of descriptors that `served` connections of this many listeners need, with those
    /// that are refused.
    pub(crate) const fn descriptors(served: usize, listeners: usize) -> usize {
        served + (listeners + 1) * REFUSED
    }

    /// Returns the limits for `served` connections of this many listeners, or for fewer if there are fewer
    /// `descriptors` than they need.
    pub(crate) fn new(served: usize, listeners: usize, descriptors: usize) -> Self {
        if descriptors >= Self::descriptors(served, listeners) {
            return Self {
                served,
                refused: REFUSED,
            };
        }
        let refused = REFUSED.min((descriptors / 16).max(1));
        let others = (listeners + 1) * refused;
        Self {
            served: served.min(descriptors.saturating_sub(others).max(1)),
            refused,
        }
    }
}
