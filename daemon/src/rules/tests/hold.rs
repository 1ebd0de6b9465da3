//! Operators' orders beside what the sources give.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use codeid_engine::ConfigDigest;
use codeid_engine::InitLevel::{Local, Preset, Remote};
use tokio::time::sleep;

use super::super::init::init;
use super::super::loader::Miss;
use super::super::offer::HELD;
use super::super::operator::{NotDone, Operator, Order};
use super::doubles::Answer;
use super::triggers::Running;
use super::{Fixture, PULL_DELAY, config};
use crate::api::freeze::FreezeAction;

fn operator(running: &Running) -> Operator {
    let loader = Arc::clone(&running.fixture.loader);
    Operator::new(loader, Arc::clone(&running.requests))
}

fn order(text: &str) -> Order {
    Order {
        text: text.as_bytes().to_vec(),
        replaces: None,
        action: FreezeAction::Apply,
        by: "uid 7".to_owned(),
    }
}

#[tokio::test(start_paused = true)]
async fn an_order_does_not_wait_for_a_source_that_hangs() {
    let running = Running::from_remote().await;
    running.fixture.remote.set(Answer::Hang);
    running.requests.ask_for_chain();
    running.next_pull().await;
    let put = operator(&running).put(order(&config("mine"))).await;
    assert!(put.is_ok());
    assert_eq!(running.fixture.version().as_deref(), Some("mine"));
}

#[tokio::test]
async fn what_a_source_gives_during_a_hold_is_dropped() {
    let running = Running::from_remote().await;
    let operator = operator(&running);
    operator.put(order(&config("mine"))).await.unwrap();
    running.fixture.remote.gives(config("2"));
    for level in [Remote, Local, Preset] {
        let look = running.fixture.look(level).await;
        assert_eq!(look.outcome, Err(Miss::Absent(HELD)), "{level}");
    }
    // As if the pull had begun before the order.
    running.fixture.remote.set(Answer::Unchanged);
    assert_eq!(
        running.fixture.pull().await.outcome,
        Err(Miss::Absent(HELD))
    );
    assert_eq!(running.fixture.version().as_deref(), Some("mine"));
    assert!(
        !running
            .fixture
            .loader
            .hold_file
            .read()
            .unwrap()
            .unwrap()
            .text
            .is_empty()
    );
}

#[tokio::test(start_paused = true)]
async fn nothing_is_pulled_during_a_hold_and_at_once_after_it() {
    let running = Running::from_remote().await;
    let operator = operator(&running);
    operator.freeze(None, "uid 7".to_owned()).await.unwrap();
    let before = running.fixture.remote.calls();
    sleep(PULL_DELAY * 5).await;
    running.fixture.remote.announce.notify_one();
    running.requests.ask_for_chain();
    sleep(Duration::from_secs(1)).await;
    assert_eq!(running.fixture.remote.calls(), before);
    assert!(matches!(operator.reload().await, Err(NotDone::Held(_))));
    running.fixture.remote.gives(config("2"));
    operator.thaw().await.unwrap();
    assert!(running.next_pull().await < Duration::from_secs(1));
}

#[tokio::test]
async fn after_an_apply_the_remote_is_asked_for_all_of_its_config() {
    let running = Running::from_remote().await;
    let operator = operator(&running);
    operator.put(order(&config("mine"))).await.unwrap();
    operator.thaw().await.unwrap();
    operator.reload().await.unwrap();
    // It gives what it gave at the start, which did not serve any more.
    assert_eq!(running.fixture.remote.asked()[1], None);
    assert_eq!(running.fixture.version().as_deref(), Some("1"));
    assert_eq!(running.fixture.status().table.unwrap().level, Remote);
}

#[tokio::test]
async fn an_order_that_fails_leaves_the_hold_that_was() {
    let running = Running::from_remote().await;
    let operator = operator(&running);
    let first = operator.put(order(&config("mine"))).await.unwrap();
    let refused = operator.put(order("{")).await;
    assert!(matches!(refused, Err(NotDone::Refused(_))));
    let stale = Order {
        replaces: Some(ConfigDigest::new(b"other")),
        ..order(&config("late"))
    };
    assert!(matches!(
        operator.put(stale).await,
        Err(NotDone::Stale { .. })
    ));
    let held = running.fixture.loader.hold_file.read().unwrap().unwrap();
    assert_eq!(held.hold.sha256, first.sha256);
    assert_eq!(held.uri, "applied by uid 7");
    assert_eq!(running.fixture.version().as_deref(), Some("mine"));

    // The file cannot be written any more.
    let path = running.fixture.directory.path().join("hold.json");
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    let not_kept = operator.put(order(&config("next"))).await;
    assert!(matches!(not_kept, Err(NotDone::NotKept(_))));
    assert!(matches!(operator.thaw().await, Err(NotDone::NotKept(_))));
    assert_eq!(running.fixture.version().as_deref(), Some("mine"));
    assert_eq!(
        running.fixture.status().freeze.unwrap().sha256,
        first.sha256
    );
}

#[tokio::test]
async fn a_held_config_serves_at_the_start_and_no_source_is_asked() {
    let running = Running::from_remote().await;
    operator(&running)
        .put(order(&config("mine")))
        .await
        .unwrap();
    let directory = running.fixture.directory;
    let again = Fixture::in_directory(directory, true, false);
    again.remote.gives(config("2"));
    init(&again.loader, Remote).await.unwrap();
    assert_eq!(again.version().as_deref(), Some("mine"));
    assert_eq!((again.remote.calls(), again.store.reads()), (0, 0));
    let status = again.status();
    assert_eq!(status.freeze.unwrap().by, "uid 7");
    assert_eq!(status.table.unwrap().uri, "applied by uid 7");
}

#[tokio::test]
async fn what_is_applied_is_kept_and_a_remote_text_that_was_not_is_forgotten() {
    let running = Running::from_remote().await;
    running.fixture.store.set(Answer::Fail("it is full"));
    running.fixture.remote.gives(config("2"));
    running.fixture.pull().await.outcome.unwrap();
    running.fixture.store.is_well_again();
    let operator = operator(&running);
    operator.put(order(&config("mine"))).await.unwrap();
    assert_eq!(
        running.fixture.store.kept().as_deref(),
        Some(&*config("mine"))
    );
    operator.thaw().await.unwrap();
    running.fixture.remote.fails();
    running.fixture.pull().await.outcome.unwrap_err();
    assert_eq!(
        running.fixture.store.kept().as_deref(),
        Some(&*config("mine"))
    );
}
