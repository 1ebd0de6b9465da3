//! Commands of operators, and what the sources may do meanwhile.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use codeid_engine::ConfigDigest;
use codeid_engine::InitLevel::{Local, Preset, Remote};
use tokio::time::sleep;

use super::super::operator::{Operator, OperatorError, Order};
use super::super::outcome::LoadError;
use super::doubles::Behavior;
use super::triggers::Running;
use super::{Fixture, PULL_DELAY, config};
use crate::api::freeze::FreezeAction;
use crate::api::status::CheckOutcome::{Activated, Failed, Unchanged};

fn operator(running: &Running) -> Operator {
    let loader = Arc::clone(&running.fixture.loader);
    let freeze_file = running.fixture.freeze_file.clone();
    Operator::new(loader, freeze_file, Arc::clone(&running.requests))
}

fn order(text: &str) -> Order {
    Order {
        text: text.as_bytes().to_vec(),
        replaces: None,
        action: FreezeAction::Apply,
        by: "uid 7".to_owned(),
        overrides: false,
    }
}

#[tokio::test(start_paused = true)]
async fn an_apply_does_not_wait_for_a_source_that_hangs() {
    let running = Running::from_remote().await;
    running.fixture.remote.set(Behavior::Hang);
    running.requests.request_reload();
    running.next_pull().await;
    let applied = operator(&running).apply(order(&config("mine"))).await;
    assert!(applied.is_ok());
    assert_eq!(running.fixture.version().as_deref(), Some("mine"));
}

#[tokio::test]
async fn a_config_that_a_source_gives_during_a_freeze_is_dropped() {
    let running = Running::from_remote().await;
    let operator = operator(&running);
    operator.apply(order(&config("mine"))).await.unwrap();
    running.fixture.remote.gives(config("2"));
    for level in [Remote, Local, Preset] {
        let result = running.fixture.check_source(level).await;
        let is_dropped = matches!(result.outcome, Err(LoadError::Frozen));
        assert!(is_dropped, "{level}: {result:?}");
    }
    // As if the pull had begun before the apply.
    running.fixture.remote.set(Behavior::Unchanged);
    let result = running.fixture.check_source(Remote).await;
    assert!(
        matches!(result.outcome, Err(LoadError::Frozen)),
        "{result:?}"
    );
    assert_eq!(running.fixture.version().as_deref(), Some("mine"));
    let frozen = running.fixture.freeze_file.read().unwrap().unwrap();
    assert_eq!(*frozen.text, *config("mine"));
}

#[tokio::test(start_paused = true)]
async fn the_remote_is_not_pulled_during_a_freeze_and_at_once_after_a_thaw() {
    let running = Running::from_remote().await;
    let operator = operator(&running);
    operator.freeze(None, "uid 7".to_owned()).await.unwrap();
    let before = running.fixture.remote.calls();
    sleep(PULL_DELAY * 5).await;
    running.fixture.remote.announce.notify_one();
    running.requests.request_reload();
    sleep(Duration::from_secs(1)).await;
    assert_eq!(running.fixture.remote.calls(), before);
    assert!(matches!(
        operator.reload().await,
        Err(OperatorError::Frozen(_))
    ));
    running.fixture.remote.gives(config("2"));
    let checks = operator.thaw(true).await.unwrap().unwrap();
    // A pull that was due may have come first.
    assert!(matches!(checks[0].outcome, Activated | Unchanged));
    assert_eq!(running.fixture.version().as_deref(), Some("2"));
    // A second thaw ends nothing, and no source is asked.
    let before = running.fixture.remote.calls();
    assert!(operator.thaw(true).await.unwrap().is_none());
    assert_eq!(running.fixture.remote.calls(), before);
}

#[tokio::test]
async fn the_first_pull_after_an_apply_is_unconditional() {
    let running = Running::from_remote().await;
    let operator = operator(&running);
    operator.apply(order(&config("mine"))).await.unwrap();
    operator.thaw(true).await.unwrap();
    operator.reload().await.unwrap();
    // The remote gives the config of the start, which was not live any more.
    assert_eq!(running.fixture.remote.asked()[1], None);
    assert_eq!(running.fixture.version().as_deref(), Some("1"));
    assert_eq!(running.fixture.status().table.unwrap().level, Remote);
}

#[tokio::test]
async fn a_command_that_fails_leaves_the_freeze_as_it_was() {
    let running = Running::from_remote().await;
    let operator = operator(&running);
    let first = operator.apply(order(&config("mine"))).await.unwrap();
    let refused = operator.apply(order("{")).await;
    assert!(matches!(refused, Err(OperatorError::Refused(_))));
    let stale = Order {
        replaces: Some(ConfigDigest::new(b"other")),
        ..order(&config("late"))
    };
    assert!(matches!(
        operator.apply(stale).await,
        Err(OperatorError::Stale { .. })
    ));
    let frozen = running.fixture.freeze_file.read().unwrap().unwrap();
    assert_eq!(frozen.freeze.sha256, first.sha256);
    assert_eq!(frozen.uri, "applied by uid 7");
    assert_eq!(running.fixture.version().as_deref(), Some("mine"));

    // The freeze file cannot be written any more.
    let path = running.fixture.directory.path().join("freeze.json");
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    let not_saved = operator.apply(order(&config("next"))).await;
    assert!(matches!(not_saved, Err(OperatorError::FreezeFile(_))));
    let not_removed = operator.thaw(true).await;
    assert!(matches!(not_removed, Err(OperatorError::FreezeFile(_))));
    assert_eq!(running.fixture.version().as_deref(), Some("mine"));
    assert_eq!(
        running.fixture.status().freeze.unwrap().sha256,
        first.sha256
    );
}

#[tokio::test]
async fn a_frozen_config_is_live_after_a_restart_and_no_source_is_asked() {
    let running = Running::from_remote().await;
    operator(&running)
        .apply(order(&config("mine")))
        .await
        .unwrap();
    let directory = running.fixture.directory;
    let again = Fixture::in_directory(directory, true, false);
    again.remote.gives(config("2"));
    again.init(Remote).await.unwrap();
    assert_eq!(again.version().as_deref(), Some("mine"));
    assert_eq!((again.remote.calls(), again.store.reads()), (0, 0));
    let status = again.status();
    assert_eq!(status.freeze.unwrap().by, "uid 7");
    assert_eq!(status.table.unwrap().uri, "applied by uid 7");
}

#[tokio::test]
async fn an_applied_config_is_never_saved_nor_is_the_remote_one_that_it_replaced() {
    let running = Running::from_remote().await;
    running.fixture.store.set(Behavior::Fail("it is full"));
    running.fixture.remote.gives(config("2"));
    assert_eq!(running.fixture.pull().await, Activated);
    running.fixture.store.recovers();
    let operator = operator(&running);
    operator.apply(order(&config("mine"))).await.unwrap();
    let saved = || running.fixture.store.saved();
    assert_eq!(saved().as_deref(), Some(&*config("1")));
    running.fixture.remote.fails();
    let checks = operator.thaw(true).await.unwrap().unwrap();
    assert_eq!(checks[0].outcome, Failed);
    assert_eq!(saved().as_deref(), Some(&*config("1")));
}

/// An operator's config has no level: any source that the start may use replaces it.
#[tokio::test]
async fn after_a_thaw_any_permitted_source_replaces_the_config_of_an_operator() {
    let running = Running::from_remote().await;
    let operator = operator(&running);
    operator.apply(order(&config("mine"))).await.unwrap();
    running.fixture.remote.fails();
    let checks = operator.thaw(true).await.unwrap().unwrap();
    let levels: Vec<_> = checks
        .iter()
        .map(|check| (check.level, check.outcome))
        .collect();
    assert_eq!(levels, [(Remote, Failed), (Local, Activated)]);
    assert_eq!(running.fixture.version().as_deref(), Some("1"));
    assert_eq!(running.fixture.loader.status.live_level(), Some(Local));
    // Now the live config has a level again, which no lower source replaces.
    running.fixture.store.set(Behavior::Fail("it is gone"));
    let checks = operator.reload().await.unwrap();
    assert!(checks.iter().all(|check| check.level > Preset));
}

#[tokio::test]
async fn a_freeze_is_not_ended_by_another_command_that_does_not_override_it() {
    let running = Running::from_remote().await;
    let operator = operator(&running);
    let reason = Some("INC-7".to_owned());
    operator.freeze(reason, "uid 8".to_owned()).await.unwrap();
    let refused = operator.apply(order(&config("mine"))).await;
    assert!(matches!(refused, Err(OperatorError::NotOverridden(freeze)) if freeze.by == "uid 8"));
    assert_eq!(running.fixture.version().as_deref(), Some("1"));
    let overriding = Order {
        overrides: true,
        ..order(&config("mine"))
    };
    operator.apply(overriding).await.unwrap();
    assert_eq!(running.fixture.version().as_deref(), Some("mine"));
    // What froze by applying may be replaced by applying.
    operator.apply(order(&config("next"))).await.unwrap();
    assert_eq!(running.fixture.version().as_deref(), Some("next"));
}
