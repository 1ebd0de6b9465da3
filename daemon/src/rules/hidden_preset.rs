//! The file of the preset that a saved route config hides: an operator edits it in vain, because the
//! storage is above it and has what a remote gave once.

use codeid_engine::{ConfigDigest, InitLevel};

use super::pipeline::Pipeline;
use super::preset::Preset;
use crate::api::status::HiddenPreset;

/// Records in the status whether the saved config, which is live, hides the file of the preset, and logs
/// it when that begins or the file was changed. `lowest` is the lowest level that a start may use.
pub(super) async fn note_hidden_preset(pipeline: &Pipeline, lowest: InitLevel) {
    let hidden = match lowest {
        InitLevel::Preset => find(pipeline).await,
        InitLevel::Local | InitLevel::Remote => None,
    };
    let mut status = pipeline.status.lock();
    let before = status.hidden_preset.take();
    status.hidden_preset = hidden.map(|hidden| HiddenPreset {
        since: before.as_ref().map_or(hidden.since, |before| before.since),
        ..hidden
    });
    let now = status.hidden_preset.clone();
    drop(status);
    if let Some(now) = now
        && before.is_none_or(|before| before.sha256 != now.sha256)
    {
        tracing::warn!(file = now.file, sha256 = %now.sha256, "{}", now.detail);
    }
}

/// Finds the file, if it can be read and differs from the live config, and that is the saved one.
async fn find(pipeline: &Pipeline) -> Option<HiddenPreset> {
    let (status, sources) = (&pipeline.status, &pipeline.sources);
    let Preset::File { shown, .. } = &sources.preset else {
        return None;
    };
    let is_saved = status.live_level() == Some(InitLevel::Local)
        && !status.is_orphan()
        && !pipeline.saver.is_forgotten();
    if !is_saved {
        return None;
    }
    // A file that cannot be read hides nothing that an operator wrote; a fault is counted by its check.
    let sha256 = ConfigDigest::new(&sources.read_preset().await.ok()?);
    (status.live_digest() != Some(sha256)).then(|| HiddenPreset {
        file: shown.clone(),
        sha256,
        since: status.now_ms(),
        detail: format!(
            "The file {shown} of ac.route.preset-route-config-path is not used: the route config saved in \
             {} comes before it; codeid admin forget forgets that one.",
            sources.store_shown
        ),
    })
}
