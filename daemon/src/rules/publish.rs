//! Publishes a compiled route config: its table becomes live.

use std::sync::{Arc, OnceLock};

use codeid_engine::{ConfigDigest, Generation, InitLevel, Provenance};
use tokio::sync::Notify;

use super::check::CompiledConfig;
use super::compiler::{Compiler, CompilerError};
use super::config_text::ConfigText;
use super::history::Entry;
use super::status::StatusRegistry;

/// Makes tables live.
pub(super) struct Publisher {
    status: Arc<StatusRegistry>,
    compiler: Arc<Compiler>,
    /// Notified when a config became live, or the live one came from another level as well.
    pub(super) level_changed: Notify,
}

/// The origin of a route config.
pub(super) struct Origin {
    /// The level of the source that gave the config.
    pub(super) level: InitLevel,
    /// The source as it may be shown.
    pub(super) shown: String,
    /// The operator who made the config live, or froze it; `None` if it came from a source by itself.
    pub(super) by: Option<String>,
    /// `true` if no source gives the config, so that any source may replace it once it is not frozen.
    pub(super) is_orphan: bool,
}

impl Publisher {
    /// Returns a publisher of the tables that `compiler` makes.
    pub(super) fn new(status: Arc<StatusRegistry>, compiler: Arc<Compiler>) -> Self {
        Self {
            status,
            compiler,
            level_changed: Notify::new(),
        }
    }

    /// Makes the table of `config` live, and adds it to the history.
    ///
    /// # Errors
    ///
    /// [`CompilerError`] if the compile thread did not publish the table.
    pub(super) async fn publish(
        &self,
        config: CompiledConfig,
        origin: Origin,
    ) -> Result<Generation, CompilerError> {
        let CompiledConfig { table, digest, .. } = config;
        let Origin {
            level,
            shown,
            by,
            is_orphan,
        } = origin;
        let mut provenance = Provenance::new(level, shown, digest);
        provenance.loaded_at_ms = self.status.now_ms();
        provenance.compile_time = config.compile_time;
        table.set_provenance(provenance.clone());
        let (version, rule_count) = (table.version().to_owned(), table.rule_count());
        let memory_bytes = table.memory_usage();
        let generation = self.compiler.publish(table).await?;
        tracing::info!(
            %generation,
            version,
            rules = rule_count,
            warnings = config.warnings.len(),
            %level,
            source = provenance.uri,
            sha256 = %digest,
            compile_us = u64::try_from(provenance.compile_time.as_micros()).unwrap_or(u64::MAX),
            memory_bytes,
            by,
            "route config activated"
        );
        self.status.history.add(Entry {
            generation,
            version,
            rule_count,
            memory_bytes,
            provenance,
            by,
            config: Arc::new(ConfigText::new(config.text)),
            changes: OnceLock::new(),
        });
        self.status.set_orphan(is_orphan);
        self.level_changed.notify_one();
        Ok(generation)
    }

    /// Raises the level of the live table to `level`, whose source `shown` gave the live config as
    /// well. A level that is not higher changes nothing, unless no source gave the live config: it is
    /// that source's from now on.
    pub(super) fn raise_level(&self, level: InitLevel, shown: &str, digest: ConfigDigest) {
        let is_orphan = self.status.is_orphan();
        let raised = self.status.live.with(|table| {
            let table = table?;
            let provenance = table.provenance()?;
            (is_orphan || provenance.level < level).then(|| {
                let mut raised = (*provenance).clone();
                (raised.level, raised.uri) = (level, shown.to_owned());
                table.set_provenance(raised);
            })
        });
        if raised.is_some() {
            self.status.set_orphan(false);
            self.level_changed.notify_one();
            tracing::info!(
                %level, source = shown, sha256 = %digest,
                "the live route config came from this source as well"
            );
        }
    }
}
