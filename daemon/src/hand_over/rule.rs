//! The rule by which a successor may serve in place of its predecessor.

use super::message::{Live, Ready};
use crate::api::freeze::Freeze;

/// The state of the predecessor when its successor is ready.
#[derive(Clone, Debug)]
pub(crate) struct Before {
    /// The live route config.
    pub(crate) live: Live,
    /// The freeze in force.
    pub(crate) freeze: Option<Freeze>,
    /// `true` if no source gives the live route config, so that any may replace it.
    pub(crate) is_orphan: bool,
}

/// Decides whether a successor serves the same route config as its predecessor, or a newer one from the same
/// or a higher level; with the same freeze.
///
/// # Errors
///
/// The reason why it must not serve, a sentence.
pub(crate) fn judge(before: &Before, ready: &Ready) -> Result<(), String> {
    if before.freeze != ready.freeze {
        return Err(
            "The successor has not found the freeze that is in force: it reads another file of the \
             freeze, or the freeze was changed while it started."
                .to_owned(),
        );
    }
    let (old, new) = (&before.live, &ready.live);
    if old.sha256 == new.sha256 || before.is_orphan {
        return Ok(());
    }
    if new.level < old.level {
        return Err(format!(
            "The successor would serve {} from {}, and {} from {} is live, which no lower level may replace.",
            new.version, new.level, old.version, old.level
        ));
    }
    if new.loaded_at < old.loaded_at {
        return Err(format!(
            "The successor would serve {}, which it loaded before {} became live.",
            new.version, old.version
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use codeid_engine::{ConfigDigest, InitLevel};

    use super::*;
    use crate::api::freeze::FreezeAction;

    fn live(text: &str, level: InitLevel, loaded_at: u64) -> Live {
        Live {
            sha256: ConfigDigest::new(text.as_bytes()),
            level,
            version: text.to_owned(),
            loaded_at,
        }
    }

    fn may_serve(before: &Before, new: Live) -> bool {
        let ready = Ready {
            live: new,
            freeze: None,
            taken: Vec::new(),
        };
        judge(before, &ready).is_ok()
    }

    #[test]
    fn a_successor_serves_the_same_config_or_a_newer_one_from_no_lower_level() {
        use InitLevel::{Local, Preset, Remote};

        let before = Before {
            live: live("a", Local, 10),
            freeze: None,
            is_orphan: false,
        };
        // The same: the remote may be down while the successor starts.
        assert!(may_serve(&before, live("a", Preset, 1)));
        assert!(may_serve(&before, live("b", Local, 10)));
        assert!(may_serve(&before, live("b", Remote, 11)));
        assert!(!may_serve(&before, live("b", Preset, 11)));
        assert!(!may_serve(&before, live("b", Local, 9)));
        let orphan = Before {
            is_orphan: true,
            ..before
        };
        assert!(may_serve(&orphan, live("b", Preset, 9)));
    }

    #[test]
    fn a_successor_has_the_same_freeze() {
        let freeze = Freeze {
            since: 7,
            by: "uid 1".to_owned(),
            action: FreezeAction::Freeze,
            sha256: ConfigDigest::new(b"a"),
            reason: None,
        };
        let before = Before {
            live: live("a", InitLevel::Local, 10),
            freeze: Some(freeze.clone()),
            is_orphan: false,
        };
        let ready = |freeze| Ready {
            live: live("a", InitLevel::Local, 11),
            freeze,
            taken: Vec::new(),
        };
        assert!(judge(&before, &ready(Some(freeze.clone()))).is_ok());
        let later = Freeze { since: 8, ..freeze };
        for other in [None, Some(later)] {
            let reason = judge(&before, &ready(other)).unwrap_err();
            assert!(reason.contains("has not found the freeze"), "{reason}");
        }
    }
}
