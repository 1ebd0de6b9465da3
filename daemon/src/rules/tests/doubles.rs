//! A remote source and a store that do as they are told, and remember what was asked of them.

use std::future::pending;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

use codeid_engine::LiveTable;
use tokio::sync::Notify;

use crate::rules::source::{
    BoxFuture, RemoteConfig, RemoteSource, Revision, RouteStore, SourceError,
};

/// What a source or a store does when it is called.
#[derive(Clone, Debug)]
pub(super) enum Answer {
    /// It gives this, of this revision; a store does its work.
    Config(String, Option<&'static str>),
    Unchanged,
    Fail(&'static str),
    Hang,
    Panic,
}

/// A remote source.
pub(super) struct Script {
    answer: Mutex<Answer>,
    asked: Mutex<Vec<Option<String>>>,
    /// Told at each call.
    pub(super) called: Notify,
    pub(super) announce: Notify,
    pub(super) panics_when_listened_to: AtomicBool,
    at_once: AtomicUsize,
    most_at_once: AtomicUsize,
}

/// It, where a source is expected.
pub(super) struct ScriptedSource(pub(super) Arc<Script>);

impl Script {
    pub(super) fn new() -> Self {
        Self {
            answer: Mutex::new(Answer::Fail("nothing was set")),
            asked: Mutex::default(),
            called: Notify::new(),
            announce: Notify::new(),
            panics_when_listened_to: AtomicBool::new(false),
            at_once: AtomicUsize::new(0),
            most_at_once: AtomicUsize::new(0),
        }
    }

    pub(super) fn set(&self, answer: Answer) {
        *self.answer.lock().unwrap() = answer;
    }

    pub(super) fn gives(&self, text: impl Into<String>) {
        self.set(Answer::Config(text.into(), None));
    }

    pub(super) fn gives_revision(&self, text: impl Into<String>, revision: &'static str) {
        self.set(Answer::Config(text.into(), Some(revision)));
    }

    pub(super) fn fails(&self) {
        self.set(Answer::Fail("it is down"));
    }

    /// The revision that each call asked with.
    pub(super) fn asked(&self) -> Vec<Option<String>> {
        self.asked.lock().unwrap().clone()
    }

    pub(super) fn calls(&self) -> usize {
        self.asked.lock().unwrap().len()
    }

    pub(super) fn most_at_once(&self) -> usize {
        self.most_at_once.load(SeqCst)
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
        let answer = script.answer.lock().unwrap().clone();
        Box::pin(async move {
            let at_once = script.at_once.fetch_add(1, SeqCst) + 1;
            script.most_at_once.fetch_max(at_once, SeqCst);
            let _leaving = Leaving(script);
            script.called.notify_one();
            // So that whoever might call at the same time has the time to.
            tokio::task::yield_now().await;
            match answer {
                Answer::Config(text, revision) => Ok(RemoteConfig::Config {
                    route_config_data: text.into_bytes(),
                    revision: revision.map(|tag| Revision {
                        tag: Some(tag.to_owned()),
                        modified: None,
                    }),
                }),
                Answer::Unchanged => Ok(RemoteConfig::Unchanged),
                Answer::Fail(why) => Err(SourceError::new(why)),
                Answer::Hang => pending().await,
                Answer::Panic => panic!("on purpose"),
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

struct Leaving<'a>(&'a Script);

impl Drop for Leaving<'_> {
    fn drop(&mut self) {
        self.0.at_once.fetch_sub(1, SeqCst);
    }
}

/// A store.
pub(super) struct Memory {
    live: Arc<LiveTable>,
    answer: Mutex<Answer>,
    kept: Mutex<Option<String>>,
    /// What was given to be kept, and the generation that served then.
    saves: Mutex<Vec<(String, u64)>>,
    reads: AtomicUsize,
}

/// It, where a store is expected.
pub(super) struct MemoryStore(pub(super) Arc<Memory>);

impl Memory {
    pub(super) fn new(live: Arc<LiveTable>) -> Self {
        Self {
            live,
            answer: Mutex::new(Answer::Unchanged),
            kept: Mutex::default(),
            saves: Mutex::default(),
            reads: AtomicUsize::new(0),
        }
    }

    pub(super) fn set(&self, answer: Answer) {
        *self.answer.lock().unwrap() = answer;
    }

    pub(super) fn is_well_again(&self) {
        self.set(Answer::Unchanged);
    }

    pub(super) fn holds(&self, text: impl Into<String>) {
        *self.kept.lock().unwrap() = Some(text.into());
    }

    pub(super) fn kept(&self) -> Option<String> {
        self.kept.lock().unwrap().clone()
    }

    pub(super) fn saves(&self) -> Vec<(String, u64)> {
        self.saves.lock().unwrap().clone()
    }

    pub(super) fn reads(&self) -> usize {
        self.reads.load(SeqCst)
    }

    async fn act(&self) -> Result<(), SourceError> {
        let answer = self.answer.lock().unwrap().clone();
        match answer {
            Answer::Config(..) | Answer::Unchanged => Ok(()),
            Answer::Fail(why) => Err(SourceError::new(why)),
            Answer::Hang => pending().await,
            Answer::Panic => panic!("on purpose"),
        }
    }
}

impl RouteStore for MemoryStore {
    fn save_route_config_to_local<'a>(
        &'a self,
        route_config_data: &'a str,
    ) -> BoxFuture<'a, Result<(), SourceError>> {
        let memory = &self.0;
        let serving = memory
            .live
            .with(|table| table.map_or(0, |table| table.generation().get()));
        let text = route_config_data.to_owned();
        memory.saves.lock().unwrap().push((text.clone(), serving));
        Box::pin(async move {
            memory.act().await?;
            *memory.kept.lock().unwrap() = Some(text);
            Ok(())
        })
    }

    fn read_route_config_from_local(&self) -> BoxFuture<'_, Result<Option<Vec<u8>>, SourceError>> {
        let memory = &self.0;
        memory.reads.fetch_add(1, SeqCst);
        Box::pin(async move {
            memory.act().await?;
            Ok(memory.kept().map(String::into_bytes))
        })
    }
}
