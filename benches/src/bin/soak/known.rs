//! The acknowledgements of the daemon, and the configs that it may therefore serve after a kill.

use std::collections::BTreeSet;

use serde_json::Value;

/// The number of the config in the preset's file.
pub(crate) const PRESET: u32 = 1;

/// The acknowledged state of the rules.
#[derive(Debug, Default)]
pub(crate) struct Known {
    /// The numbers of the configs that the remote gave; it gives the last of them.
    given: BTreeSet<u32>,
    /// The frozen config, as the last acknowledged command left it.
    frozen: Option<u32>,
    /// The outcome of a command without an acknowledgement, if it was carried out all the same.
    unacknowledged: Option<Option<u32>>,
    /// The newest config that was live and saved.
    saved: Option<u32>,
}

impl Known {
    /// Notes that the remote gives this config from now on.
    pub(crate) fn give(&mut self, number: u32) {
        self.given.insert(number);
    }

    /// Returns the config that the remote gives.
    pub(crate) fn remote(&self) -> Option<u32> {
        self.given.last().copied()
    }

    pub(crate) fn frozen(&self) -> Option<u32> {
        self.frozen
    }

    /// Notes that a command was sent after which `frozen` would be the frozen config, if any.
    pub(crate) fn send(&mut self, frozen: Option<u32>) {
        self.unacknowledged = Some(frozen);
    }

    /// Notes the response to the command: it was carried out, or refused.
    pub(crate) fn acknowledge(&mut self, done: bool) {
        if let Some(frozen) = self.unacknowledged.take()
            && done
        {
            self.frozen = frozen;
        }
    }

    /// Notes that a config of the remote is live and saved.
    pub(crate) fn saved(&mut self, number: u32) {
        self.saved = Some(number);
    }

    /// Compares the status after a start with what was acknowledged, and takes it as the truth from
    /// now on. `remote_answers` is `true` if the remote could be reached.
    ///
    /// # Errors
    ///
    /// If an acknowledged change is lost.
    pub(crate) fn check_start(
        &mut self,
        status: &Value,
        remote_answers: bool,
    ) -> Result<(), String> {
        let version = status["table"]["version"].as_str();
        let live = version.and_then(|version| version.parse().ok());
        let live: u32 = live.ok_or_else(|| format!("after a start no config is live: {status}"))?;
        let is_frozen = !status["freeze"].is_null();
        let expected = format!("{self:?}, remote answers: {remote_answers}");
        let may_be = |state: Option<u32>| {
            self.frozen == state || self.unacknowledged.is_some_and(|other| other == state)
        };
        let is_possible = if is_frozen {
            may_be(Some(live))
        } else if remote_answers {
            may_be(None) && Some(live) == self.remote()
        } else {
            let is_saved = self.saved.is_none_or(|saved| live >= saved);
            let was_given = self.given.contains(&live);
            may_be(None) && ((is_saved && was_given) || (self.saved.is_none() && live == PRESET))
        };
        self.frozen = is_frozen.then_some(live);
        self.unacknowledged = None;
        if is_possible {
            return Ok(());
        }
        let state = if is_frozen { "frozen" } else { "not frozen" };
        Err(format!(
            "after a start config {live} is live, {state}, but {expected}"
        ))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn started(version: u32, is_frozen: bool) -> Value {
        let freeze = is_frozen.then(|| json!({}));
        json!({"table": {"version": version.to_string()}, "freeze": freeze})
    }

    #[test]
    fn an_acknowledged_freeze_is_not_lost() {
        let known = || {
            let mut known = Known::default();
            known.give(2);
            known.saved(2);
            known.send(Some(3));
            known.acknowledge(true);
            known
        };
        assert!(known().check_start(&started(3, true), true).is_ok());
        assert!(known().check_start(&started(2, false), true).is_err());
        assert!(known().check_start(&started(2, true), true).is_err());
        // A thaw that may have been carried out.
        let mut thawed = known();
        thawed.send(None);
        assert!(thawed.check_start(&started(2, false), true).is_ok());
        // One that was refused.
        let mut refused = known();
        refused.send(None);
        refused.acknowledge(false);
        assert!(refused.check_start(&started(2, false), true).is_err());
    }

    #[test]
    fn a_saved_config_is_not_lost_while_the_remote_is_down() {
        let known = || {
            let mut known = Known::default();
            (2..6).for_each(|number| known.give(number));
            known.saved(4);
            known
        };
        for (live, is_ok) in [
            (PRESET, false),
            (3, false),
            (4, true),
            (5, true),
            (6, false),
        ] {
            let checked = known().check_start(&started(live, false), false);
            assert_eq!(checked.is_ok(), is_ok, "{live}: {checked:?}");
        }
        assert!(known().check_start(&started(4, false), true).is_err());
        assert!(known().check_start(&started(5, false), true).is_ok());
    }
}
