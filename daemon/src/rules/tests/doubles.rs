//! A remote source and a store that follow a script and record their calls.

use std::future::pending;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

use codeid_engine::LiveTable;
use tokio::sync::Notify;

use crate::rules::source::{
    BoxFuture, RemoteConfig, RemoteSource, Revision, RouteStore, SourceError,
};

/// The behaviour of a source or store when it is called.
#[derive(Clone, Debug)]
pub(super) enum Behavior {
    /// A source gives this config of this revision; a store does its work.
    Config(String, Option<&'static str>),
    /// A source responds that nothing changed; a store does its work.
    Unchanged,
    Fail(&'static str),
    Hang,
    Panic,
}

/// The script of a remote source.
pub(super) struct Script {
    behavior: Mutex<Behavior>,
    asked: Mutex<Vec<Option<String>>>,
    /// Notified at each call.
    pub(super) called: Notify,
    pub(super) announce: Notify,
    pub(super) panics_when_listened_to: AtomicBool,
    concurrent: AtomicUsize,
    most_concurrent: AtomicUsize,
}

/// A remote source that follows a script.
pub(super) struct ScriptedSource(pub(super) Arc<Script>);

impl Script {
    pub(super) fn new() -> Self {
        Self {
            behavior: Mutex::new(Behavior::Fail("nothing was set")),
            asked: Mutex::default(),
            called: Notify::new(),
            announce: Notify::new(),
            panics_when_listened_to: AtomicBool::new(false),
            concurrent: AtomicUsize::new(0),
            most_concurrent: AtomicUsize::new(0),
        }
    }

    pub(super) fn set(&self, behavior: Behavior) {
        *self.behavior.lock().unwrap() = behavior;
    }

    pub(super) fn gives(&self, text: impl Into<String>) {
        self.set(Behavior::Config(text.into(), None));
    }

    pub(super) fn gives_revision(&self, text: impl Into<String>, revision: &'static str) {
        self.set(Behavior::Config(text.into(), Some(revision)));
    }

    pub(super) fn fails(&self) {
        self.set(Behavior::Fail("it is down"));
    }

    /// Returns the revision that each call asked with.
    pub(super) fn asked(&self) -> Vec<Option<String>> {
        self.asked.lock().unwrap().clone()
    }

    pub(super) fn calls(&self) -> usize {
        self.asked.lock().unwrap().len()
    }

    pub(super) fn most_concurrent(&self) -> usize {
        self.most_concurrent.load(SeqCst)
    }
}

impl RemoteSource for ScriptedSource {
    fn read_route_config_from_remote<'a>(
        &'a self,
        uri: &'a str,
        known: Option<&'a Revision>,
    ) -> BoxFuture<'a, Result<RemoteConfig, SourceError>> {
        let script = &self.0;
        assert_eq!(uri, "test://user:secret@remote/routes?key=secret");
        let known = known.map(|known| known.tag.clone().unwrap());
        script.asked.lock().unwrap().push(known);
        let behavior = script.behavior.lock().unwrap().clone();
        Box::pin(async move {
            let concurrent = script.concurrent.fetch_add(1, SeqCst) + 1;
            script.most_concurrent.fetch_max(concurrent, SeqCst);
            let _call = Call(script);
            script.called.notify_one();
            // A concurrent call, if one is possible, can begin here.
            tokio::task::yield_now().await;
            match behavior {
                Behavior::Config(text, revision) => Ok(RemoteConfig::Config {
                    route_config_data: text.into_bytes(),
                    revision: revision.map(|tag| Revision {
                        tag: Some(tag.to_owned()),
                        modified: None,
                    }),
                }),
                Behavior::Unchanged => Ok(RemoteConfig::Unchanged),
                Behavior::Fail(why) => Err(SourceError::new(why)),
                Behavior::Hang => pending().await,
                Behavior::Panic => panic!("on purpose"),
            }
        })
    }

    fn changed(&self) -> BoxFuture<'_, ()> {
        Box::pin(async {
            assert!(!self.0.panics_when_listened_to.load(SeqCst), "on purpose");
            self.0.announce.notified().await;
        })
    }
}

/// A call in progress.
struct Call<'a>(&'a Script);

impl Drop for Call<'_> {
    fn drop(&mut self) {
        self.0.concurrent.fetch_sub(1, SeqCst);
    }
}

/// A store in memory.
pub(super) struct Memory {
    live: Arc<LiveTable>,
    behavior: Mutex<Behavior>,
    saved: Mutex<Option<String>>,
    /// The text of each save, and the generation that was live then.
    saves: Mutex<Vec<(String, u64)>>,
    reads: AtomicUsize,
}

/// A store that keeps its config in a [`Memory`].
pub(super) struct MemoryStore(pub(super) Arc<Memory>);

impl Memory {
    pub(super) fn new(live: Arc<LiveTable>) -> Self {
        Self {
            live,
            behavior: Mutex::new(Behavior::Unchanged),
            saved: Mutex::default(),
            saves: Mutex::default(),
            reads: AtomicUsize::new(0),
        }
    }

    pub(super) fn set(&self, behavior: Behavior) {
        *self.behavior.lock().unwrap() = behavior;
    }

    pub(super) fn recovers(&self) {
        self.set(Behavior::Unchanged);
    }

    pub(super) fn has(&self, text: impl Into<String>) {
        *self.saved.lock().unwrap() = Some(text.into());
    }

    pub(super) fn saved(&self) -> Option<String> {
        self.saved.lock().unwrap().clone()
    }

    pub(super) fn saves(&self) -> Vec<(String, u64)> {
        self.saves.lock().unwrap().clone()
    }

    pub(super) fn reads(&self) -> usize {
        self.reads.load(SeqCst)
    }

    async fn act(&self) -> Result<(), SourceError> {
        let behavior = self.behavior.lock().unwrap().clone();
        match behavior {
            Behavior::Config(..) | Behavior::Unchanged => Ok(()),
            Behavior::Fail(why) => Err(SourceError::new(why)),
            Behavior::Hang => pending().await,
            Behavior::Panic => panic!("on purpose"),
        }
    }
}

impl RouteStore for MemoryStore {
    fn save_route_config_to_local<'a>(
        &'a self,
        route_config_data: &'a str,
    ) -> BoxFuture<'a, Result<(), SourceError>> {
        let memory = &self.0;
        let live = memory
            .live
            .with(|table| table.map_or(0, |table| table.generation().get()));
        let text = route_config_data.to_owned();
        memory.saves.lock().unwrap().push((text.clone(), live));
        Box::pin(async move {
            memory.act().await?;
            *memory.saved.lock().unwrap() = Some(text);
            Ok(())
        })
    }

    fn read_route_config_from_local(&self) -> BoxFuture<'_, Result<Option<Vec<u8>>, SourceError>> {
        let memory = &self.0;
        memory.reads.fetch_add(1, SeqCst);
        Box::pin(async move {
            memory.act().await?;
            Ok(memory.saved().map(String::into_bytes))
        })
    }

    fn remove_route_config_from_local(&self) -> BoxFuture<'_, Result<bool, SourceError>> {
        let memory = &self.0;
        Box::pin(async move {
            memory.act().await?;
            Ok(memory.saved.lock().unwrap().take().is_some())
        })
    }
}
