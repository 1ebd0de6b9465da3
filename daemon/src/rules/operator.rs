//! What operators may do to what serves: put another route config there, go back to one, and hold
//! it against the sources.
//!
//! One decision at a time, in turn with the sources' ([`super::offer`]). Whoever gives an order sees
//! to it that it is polled to its end, also if nobody waits for its outcome any more.

use std::sync::Arc;

use codeid_engine::{ConfigDigest, InitLevel, Problem, RouteConfig};

use super::history::Entry;
use super::hold::Held;
use super::loader::Loader;
use super::offer::{Origin, Unfit};
use super::reloading::Requests;
use super::status::Board;
use crate::api::apply::{Applied, ApplyOutcome};
use crate::api::freeze::{Freeze, FreezeAction};
use crate::api::problem;
use crate::api::status::SourceCheck;
use crate::timestamp::now_ms;

/// Carries out operators' orders.
#[derive(Clone)]
pub(crate) struct Operator {
    loader: Arc<Loader>,
    requests: Arc<Requests>,
}

/// An order to put a route config in the place of what serves.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    pub(crate) text: Vec<u8>,
    /// What must be serving for it to be carried out; `None`: whatever does.
    pub(crate) replaces: Option<ConfigDigest>,
    pub(crate) action: FreezeAction,
    /// Who gave it.
    pub(crate) by: String,
}

/// What checking a candidate found.
pub(crate) struct Checked {
    pub(crate) sha256: ConfigDigest,
    pub(crate) verdict: Result<Sound, Unsound>,
    /// What served when it was compared.
    pub(crate) serving: Option<Arc<Entry>>,
}

/// A candidate that may serve.
pub(crate) struct Sound {
    pub(crate) version: String,
    pub(crate) rule_count: usize,
    pub(crate) memory_bytes: usize,
    pub(crate) compile_us: u64,
    pub(crate) warnings: Vec<Problem>,
    pub(crate) text: Arc<str>,
}

/// Why a candidate may not serve.
#[derive(Clone, Debug)]
pub(crate) struct Unsound {
    pub(crate) why: String,
    /// Where, if it can be told.
    pub(crate) problems: Vec<Problem>,
}

/// Why an order was not carried out. Nothing has changed.
#[derive(Clone, Debug)]
pub(crate) enum NotDone {
    /// Something else serves than the order is to replace.
    Stale { serving: Option<ConfigDigest> },
    /// The route config is refused.
    Refused(Unsound),
    /// The file of the hold could not be written or removed.
    NotKept(String),
    /// What serves is held.
    Held(Freeze),
    /// There was an internal fault.
    Fault,
}

impl Operator {
    pub(super) const fn new(loader: Arc<Loader>, requests: Arc<Requests>) -> Self {
        Self { loader, requests }
    }

    pub(crate) fn board(&self) -> &Board {
        &self.loader.board
    }

    /// The most bytes that a route config can have.
    pub(crate) fn max_bytes(&self) -> usize {
        self.loader.limits.max_config_characters.saturating_mul(4)
    }

    /// The table that serves, as it was published.
    pub(crate) fn serving(&self) -> Option<Arc<Entry>> {
        let generation = self
            .loader
            .board
            .with_table(|table| Some(table?.generation()))?;
        self.loader.board.history.find(generation.get())
    }

    /// The digest of what serves.
    pub(crate) fn digest(&self) -> Option<ConfigDigest> {
        self.loader.serving()
    }

    /// Tries a route config without having it serve.
    pub(crate) async fn check(&self, bytes: Vec<u8>) -> Checked {
        let sha256 = ConfigDigest::new(&bytes);
        let made = self.loader.make(sha256, bytes, RouteConfig::lint).await;
        Checked {
            sha256,
            verdict: match made {
                Ok(fit) => Ok(Sound {
                    version: fit.table.version().to_owned(),
                    rule_count: fit.table.rule_count(),
                    memory_bytes: fit.table.memory_usage(),
                    compile_us: u64::try_from(fit.time.as_micros()).unwrap_or(u64::MAX),
                    warnings: fit.warnings,
                    text: fit.text,
                }),
                Err(unfit) => Err(unfit.into()),
            },
            serving: self.serving(),
        }
    }

    /// Has a route config serve, keeps it in the local storage, and holds it.
    ///
    /// # Errors
    ///
    /// [`NotDone`].
    pub(crate) async fn put(&self, order: Order) -> Result<Applied, NotDone> {
        let loader = &self.loader;
        let _turn = loader.turn.lock().await;
        let serving = loader.serving();
        if order
            .replaces
            .is_some_and(|replaces| Some(replaces) != serving)
        {
            return Err(NotDone::Stale { serving });
        }
        let digest = ConfigDigest::new(&order.text);
        let hold = hold(order.action, order.by.clone(), digest, None);
        if let Some(serving) = self.serving().filter(|_| serving == Some(digest)) {
            self.hold(held(hold.clone(), &serving)).await?;
            let kept_why = loader.keep(digest, Arc::clone(&serving.text)).await;
            let replaced = Some(digest);
            return Ok(done(
                ApplyOutcome::Unchanged,
                &serving,
                replaced,
                kept_why,
                Vec::new(),
                hold,
            ));
        }
        let fit = loader.make(digest, order.text, RouteConfig::lint).await?;
        let origin = Origin {
            level: InitLevel::Local,
            shown: format!("{} by {}", past_participle(order.action), order.by),
            by: Some(order.by),
        };
        let before = loader.board.held();
        // Before it serves: what a restart might undo must never have been announced as done.
        self.hold(Held {
            hold: hold.clone(),
            level: origin.level,
            uri: origin.shown.clone(),
            text: Arc::clone(&fit.text),
        })
        .await?;
        let warnings = fit.warnings.clone();
        let text = Arc::clone(&fit.text);
        let Ok(generation) = loader.activate(fit, origin).await else {
            self.hold_as(before).await;
            return Err(NotDone::Fault);
        };
        loader.forget_remote();
        loader.count_activation();
        let kept_why = loader.keep(digest, text).await;
        let activated = loader.board.history.find(generation.get());
        let activated = activated.ok_or(NotDone::Fault)?;
        Ok(done(
            ApplyOutcome::Activated,
            &activated,
            serving,
            kept_why,
            warnings,
            hold,
        ))
    }

    /// Holds what serves.
    ///
    /// # Errors
    ///
    /// [`NotDone`].
    pub(crate) async fn freeze(
        &self,
        reason: Option<String>,
        by: String,
    ) -> Result<Freeze, NotDone> {
        let _turn = self.loader.turn.lock().await;
        let serving = self.serving().ok_or(NotDone::Fault)?;
        let hold = hold(FreezeAction::Freeze, by, serving.provenance.digest, reason);
        self.hold(held(hold.clone(), &serving)).await?;
        Ok(hold)
    }

    /// Lets the sources decide again, and asks the remote at once.
    ///
    /// # Errors
    ///
    /// [`NotDone`].
    pub(crate) async fn thaw(&self) -> Result<(), NotDone> {
        let _turn = self.loader.turn.lock().await;
        let removed = self.loader.hold_file.remove().await;
        removed.map_err(NotDone::NotKept)?;
        self.loader.board.set_held(None);
        self.requests.hold_changed.notify_one();
        Ok(())
    }

    /// Reads the sources again, as a SIGHUP does, and tells how each look went.
    ///
    /// # Errors
    ///
    /// [`NotDone`].
    pub(crate) async fn reload(&self) -> Result<Vec<SourceCheck>, NotDone> {
        let looks = match self.loader.board.held() {
            Some(held) => return Err(NotDone::Held(held.hold.clone())),
            None => self.requests.ask_for_report(),
        };
        looks.await.map_err(|_| NotDone::Fault)
    }

    async fn hold(&self, held: Held) -> Result<(), NotDone> {
        let written = self.loader.hold_file.write(&held).await;
        written.map_err(NotDone::NotKept)?;
        self.loader.board.set_held(Some(Arc::new(held)));
        self.requests.hold_changed.notify_one();
        Ok(())
    }

    /// Goes back to a hold, or to none, as well as that can be done.
    async fn hold_as(&self, before: Option<Arc<Held>>) {
        let file = &self.loader.hold_file;
        let outcome = match &before {
            Some(held) => file.write(held).await,
            None => file.remove().await,
        };
        if let Err(why) = outcome {
            tracing::error!(why, "the hold could not be taken back");
        }
        self.loader.board.set_held(before);
        self.requests.hold_changed.notify_one();
    }
}

/// Returns the past participle of the command.
const fn past_participle(action: FreezeAction) -> &'static str {
    match action {
        FreezeAction::Apply => "applied",
        FreezeAction::Rollback => "rolled back",
        FreezeAction::Freeze => "frozen",
    }
}

impl From<Unfit> for Unsound {
    fn from(unfit: Unfit) -> Self {
        Self {
            why: unfit.why,
            problems: unfit.problems,
        }
    }
}

impl From<Unfit> for NotDone {
    fn from(unfit: Unfit) -> Self {
        Self::Refused(unfit.into())
    }
}

fn hold(action: FreezeAction, by: String, sha256: ConfigDigest, reason: Option<String>) -> Freeze {
    Freeze {
        since: now_ms(),
        by,
        action,
        sha256,
        reason,
    }
}

fn held(hold: Freeze, entry: &Entry) -> Held {
    Held {
        hold,
        level: entry.provenance.level,
        uri: entry.provenance.uri.clone(),
        text: Arc::clone(&entry.text),
    }
}

fn done(
    outcome: ApplyOutcome,
    entry: &Entry,
    replaced: Option<ConfigDigest>,
    kept_why: Option<String>,
    warnings: Vec<Problem>,
    hold: Freeze,
) -> Applied {
    Applied {
        outcome,
        generation: entry.generation.get(),
        sha256: entry.provenance.digest,
        replaced,
        version: entry.version.clone(),
        rule_count: entry.rule_count,
        saved: kept_why.is_none(),
        save_failure: kept_why,
        warnings: warnings.iter().map(problem::Problem::from).collect(),
        freeze: hold,
    }
}
