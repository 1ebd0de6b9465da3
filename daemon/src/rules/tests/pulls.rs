//! What a pull's result means.

use std::time::Duration;

use codeid_engine::ConfigDigest;
use codeid_engine::InitLevel::Preset;

use super::super::init::init;
use super::super::loader::{Found, Miss};
use super::doubles::Answer;
use super::{CUT_OFF, Fixture, STALE_AFTER, bad_config, config};
use crate::api::status::CheckOutcome;

fn is_refused(outcome: &Result<Found, Miss>) -> bool {
    matches!(outcome, Err(Miss::Refused(_)))
}

fn is_failed(outcome: &Result<Found, Miss>) -> bool {
    matches!(outcome, Err(Miss::Failed(_)))
}

/// One that serves version 1, of revision `a`, from the remote.
async fn serving() -> Fixture {
    let fixture = Fixture::new();
    fixture.remote.gives_revision(config("1"), "a");
    assert_eq!(fixture.pull().await.outcome, Ok(Found::Activated));
    fixture
}

#[tokio::test(start_paused = true)]
async fn a_new_config_serves_with_its_provenance() {
    let fixture = serving().await;
    fixture.remote.gives(config("2"));
    assert_eq!(fixture.pull().await.outcome, Ok(Found::Activated));
    let status = fixture.status();
    let table = status.table.unwrap();
    assert_eq!((table.generation, table.version.as_str()), (2, "2"));
    assert_eq!(table.uri, "test://remote/routes");
    assert_eq!(table.sha256, ConfigDigest::new(config("2").as_bytes()));
    assert_eq!(table.rule_count, 0);
    assert!(table.loaded_at > 0 && table.compile_us > 0);
    assert_eq!(status.counters.pulls.downloaded, 2);
    assert_eq!(status.counters.reloads.activated, 2);
    assert_eq!(status.counters.compiles, 2);
}

#[tokio::test(start_paused = true)]
async fn the_same_bytes_cost_no_compile_and_no_save() {
    let fixture = serving().await;
    assert_eq!(fixture.pull().await.outcome, Ok(Found::Unchanged));
    let status = fixture.status();
    assert_eq!(status.counters.compiles, 1);
    assert_eq!(status.counters.reloads.unchanged, 1);
    assert_eq!(fixture.generation(), 1);
    assert_eq!(fixture.store.saves().len(), 1);
    let source = status.sources.remote.unwrap();
    assert_eq!(source.last_check.unwrap().outcome, CheckOutcome::Unchanged);
}

#[tokio::test(start_paused = true)]
async fn a_304_clears_a_failure_and_keeps_the_validators() {
    let fixture = serving().await;
    fixture.remote.fails();
    assert!(is_failed(&fixture.pull().await.outcome));
    assert!(is_failed(&fixture.pull().await.outcome));
    let check = fixture.status().sources.remote.unwrap().last_check.unwrap();
    assert_eq!((check.good, check.failures), (false, 2));
    assert_eq!(check.why.as_deref(), Some("it is down"));

    fixture.remote.set(Answer::Unchanged);
    assert_eq!(fixture.pull().await.outcome, Ok(Found::Unchanged));
    let status = fixture.status();
    let check = status.sources.remote.unwrap().last_check.unwrap();
    assert_eq!((check.good, check.failures, check.why), (true, 0, None));
    assert_eq!(status.counters.pulls.not_modified, 1);
    assert_eq!(status.counters.pulls.failed, 2);
    fixture.pull().await;
    let asked = fixture.remote.asked();
    assert_eq!(asked[0], None);
    assert!(
        asked[1..]
            .iter()
            .all(|revision| revision.as_deref() == Some("a"))
    );
}

#[tokio::test(start_paused = true)]
async fn validators_are_those_of_what_serves() {
    let fixture = serving().await;
    fixture.remote.gives_revision(bad_config("2"), "b");
    assert!(is_refused(&fixture.pull().await.outcome));
    assert!(is_refused(&fixture.pull().await.outcome));
    // The same bytes under another revision.
    fixture.remote.gives_revision(config("1"), "c");
    fixture.pull().await;
    fixture.remote.gives(config("1"));
    fixture.pull().await;
    fixture.pull().await;
    let asked = fixture.remote.asked();
    let asked: Vec<_> = asked.iter().map(Option::as_deref).collect();
    assert_eq!(
        asked,
        [None, Some("a"), Some("a"), Some("a"), Some("c"), None]
    );
}

#[tokio::test(start_paused = true)]
async fn a_304_that_was_not_asked_for_is_a_failure() {
    let fixture = Fixture::new();
    fixture.remote.set(Answer::Unchanged);
    assert!(is_failed(&fixture.pull().await.outcome));
    init(&fixture.loader, Preset).await.unwrap();
    assert!(is_failed(&fixture.pull().await.outcome));
    assert_eq!(fixture.status().table.unwrap().level, Preset);
}

#[tokio::test(start_paused = true)]
async fn a_refused_config_stays_refused_and_is_compiled_once() {
    let fixture = serving().await;
    fixture.remote.gives(bad_config("2"));
    let first = fixture.pull().await;
    assert!(is_refused(&first.outcome) && first.news);
    for refused in 2..=4 {
        let again = fixture.pull().await;
        assert_eq!(again.outcome, first.outcome);
        assert!(!again.news);
        let status = fixture.status();
        assert_eq!(status.counters.reloads.refused, refused);
        assert_eq!(status.counters.compiles, 2);
        assert_eq!(
            status.sources.remote.unwrap().last_check.unwrap().failures,
            refused
        );
    }
    assert_eq!(fixture.version().as_deref(), Some("1"));
    assert_eq!(fixture.store.kept(), Some(config("1")));
    // Another one is looked at anew.
    fixture.remote.gives(bad_config("3"));
    fixture.pull().await;
    assert_eq!(fixture.status().counters.compiles, 3);
    let refusal = fixture.status().sources.remote.unwrap().refusal.unwrap();
    assert_eq!(
        refusal.sha256,
        ConfigDigest::new(bad_config("3").as_bytes())
    );
}

#[tokio::test(start_paused = true)]
async fn after_a_refused_config_a_valid_one_is_picked_up() {
    let fixture = serving().await;
    fixture.remote.gives(bad_config("2"));
    fixture.pull().await;
    assert!(fixture.status().sources.remote.unwrap().refusal.is_some());
    fixture.remote.gives(config("2"));
    assert_eq!(fixture.pull().await.outcome, Ok(Found::Activated));
    let remote = fixture.status().sources.remote.unwrap();
    assert!(remote.refusal.is_none() && remote.last_check.unwrap().good);
    assert_eq!(fixture.version().as_deref(), Some("2"));
}

#[tokio::test(start_paused = true)]
async fn going_back_to_what_serves_clears_the_failure() {
    let fixture = serving().await;
    fixture.remote.gives(bad_config("2"));
    fixture.pull().await;
    fixture.remote.gives(config("1"));
    assert_eq!(fixture.pull().await.outcome, Ok(Found::Unchanged));
    let remote = fixture.status().sources.remote.unwrap();
    assert!(remote.refusal.is_none() && remote.last_check.unwrap().good);
    assert_eq!(fixture.generation(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_is_too_large_is_not_looked_at() {
    let fixture = serving().await;
    fixture.remote.gives("x".repeat(4 * 131_072 + 1));
    assert!(is_failed(&fixture.pull().await.outcome));
    assert_eq!(fixture.status().counters.compiles, 1);
    // As many bytes as the longest may have, and too many characters.
    fixture.remote.gives("x".repeat(4 * 131_072));
    assert!(is_refused(&fixture.pull().await.outcome));
    assert_eq!(fixture.version().as_deref(), Some("1"));
}

#[tokio::test(start_paused = true)]
async fn a_pull_that_hangs_is_cut_off_and_has_failed() {
    let fixture = serving().await;
    fixture.remote.set(Answer::Hang);
    let look = fixture.pull().await;
    let expected = "it was cut off, since it took more than 10000 ms";
    assert_eq!(look.outcome, Err(Miss::Failed(expected.to_owned())));
    assert!(look.took >= CUT_OFF && look.took < CUT_OFF + Duration::from_secs(1));
    assert_eq!(fixture.status().counters.pulls.failed, 1);
}

/// T9.
#[tokio::test(start_paused = true)]
async fn a_304_makes_a_stale_table_fresh() {
    let fixture = serving().await;
    let board = &fixture.loader.board;
    assert!(board.is_fit_to_serve());
    fixture.remote.fails();
    tokio::time::advance(STALE_AFTER).await;
    fixture.pull().await;
    let staleness = fixture.status().staleness;
    assert!(
        staleness.stale && staleness.age_ms >= 1_800_000,
        "{staleness:?}"
    );
    assert!(!board.is_fit_to_serve());
    // A config that is refused confirms nothing.
    fixture.remote.gives(bad_config("2"));
    fixture.pull().await;
    assert!(!board.is_fit_to_serve());
    fixture.remote.set(Answer::Unchanged);
    fixture.pull().await;
    assert!(board.is_fit_to_serve());
    assert!(!fixture.status().staleness.stale);
}

/// A table that the remote never confirmed grows stale from the start on.
#[tokio::test(start_paused = true)]
async fn a_table_from_below_grows_stale_until_the_remote_comes_back() {
    let fixture = Fixture::new();
    fixture.store.holds(config("1"));
    init(&fixture.loader, Preset).await.unwrap();
    tokio::time::advance(STALE_AFTER).await;
    assert!(fixture.status().staleness.stale);
    fixture.remote.gives(config("1"));
    fixture.pull().await;
    assert!(!fixture.status().staleness.stale);
    // Without a remote there is nobody to confirm anything.
    let without = Fixture::without_remote();
    init(&without.loader, Preset).await.unwrap();
    tokio::time::advance(STALE_AFTER).await;
    assert!(without.loader.board.is_fit_to_serve());
}
