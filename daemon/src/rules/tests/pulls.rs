//! Pulls of the remote source, and what each outcome changes.

use std::time::Duration;

use codeid_engine::ConfigDigest;
use codeid_engine::InitLevel::{Preset, Remote};

use super::doubles::Behavior;
use super::{CALL_TIMEOUT, Fixture, STALE_AFTER, bad_config, config};
use crate::api::status::CheckOutcome::{Activated, Failed, Refused, Unchanged};

/// Returns a fixture whose live config is version 1, of revision `a`, from the remote.
async fn live_fixture() -> Fixture {
    let fixture = Fixture::new();
    fixture.remote.gives_revision(config("1"), "a");
    assert_eq!(fixture.pull().await, Activated);
    fixture
}

#[tokio::test(start_paused = true)]
async fn a_new_config_becomes_live_with_its_provenance() {
    let fixture = live_fixture().await;
    fixture.remote.gives(config("2"));
    assert_eq!(fixture.pull().await, Activated);
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
async fn the_live_config_is_neither_compiled_nor_saved_again() {
    let fixture = live_fixture().await;
    assert_eq!(fixture.pull().await, Unchanged);
    let status = fixture.status();
    assert_eq!(status.counters.compiles, 1);
    assert_eq!(status.counters.reloads.unchanged, 1);
    assert_eq!(fixture.generation(), 1);
    assert_eq!(fixture.store.saves().len(), 1);
    let source = status.sources.remote.unwrap();
    assert_eq!(source.last_check.unwrap().outcome, Unchanged);
}

#[tokio::test(start_paused = true)]
async fn a_304_clears_a_failure_and_the_revision_stays_known() {
    let fixture = live_fixture().await;
    fixture.remote.fails();
    assert_eq!(fixture.pull().await, Failed);
    assert_eq!(fixture.pull().await, Failed);
    let check = fixture.remote_status().last_check.unwrap();
    assert_eq!((check.good, check.failures), (false, 2));
    assert_eq!(check.why.as_deref(), Some("it is down"));

    fixture.remote.set(Behavior::Unchanged);
    assert_eq!(fixture.pull().await, Unchanged);
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
async fn a_pull_asks_with_the_revision_of_the_live_config() {
    let fixture = live_fixture().await;
    fixture.remote.gives_revision(bad_config("2"), "b");
    assert_eq!(fixture.pull().await, Refused);
    assert_eq!(fixture.pull().await, Refused);
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
async fn a_304_to_an_unconditional_pull_is_a_failure() {
    let fixture = Fixture::new();
    fixture.remote.set(Behavior::Unchanged);
    assert_eq!(fixture.pull().await, Failed);
    fixture.init(Preset).await.unwrap();
    assert_eq!(fixture.pull().await, Failed);
    assert_eq!(fixture.status().table.unwrap().level, Preset);
}

#[tokio::test(start_paused = true)]
async fn a_refused_config_stays_refused_and_is_compiled_once() {
    let fixture = live_fixture().await;
    fixture.remote.gives(bad_config("2"));
    let first = fixture.check_source(Remote).await;
    assert_eq!(first.word(), Refused);
    assert!(first.is_news);
    for refused in 2..=4 {
        let again = fixture.check_source(Remote).await;
        assert_eq!((again.word(), again.why()), (Refused, first.why()));
        assert!(!again.is_news);
        let status = fixture.status();
        assert_eq!(status.counters.reloads.refused, refused);
        assert_eq!(status.counters.compiles, 2);
        assert_eq!(
            status.sources.remote.unwrap().last_check.unwrap().failures,
            refused
        );
    }
    assert_eq!(fixture.version().as_deref(), Some("1"));
    assert_eq!(fixture.store.saved(), Some(config("1")));
    // Another config is compiled again.
    fixture.remote.gives(bad_config("3"));
    fixture.pull().await;
    assert_eq!(fixture.status().counters.compiles, 3);
    let refusal = fixture.remote_status().refusal.unwrap();
    assert_eq!(
        refusal.sha256,
        ConfigDigest::new(bad_config("3").as_bytes())
    );
}

#[tokio::test(start_paused = true)]
async fn a_valid_config_becomes_live_after_a_refused_one() {
    let fixture = live_fixture().await;
    fixture.remote.gives(bad_config("2"));
    fixture.pull().await;
    assert!(fixture.remote_status().refusal.is_some());
    fixture.remote.gives(config("2"));
    assert_eq!(fixture.pull().await, Activated);
    let remote = fixture.remote_status();
    assert!(remote.refusal.is_none() && remote.last_check.unwrap().good);
    assert_eq!(fixture.version().as_deref(), Some("2"));
}

#[tokio::test(start_paused = true)]
async fn the_live_config_clears_the_refusal_of_another_one() {
    let fixture = live_fixture().await;
    fixture.remote.gives(bad_config("2"));
    fixture.pull().await;
    fixture.remote.gives(config("1"));
    assert_eq!(fixture.pull().await, Unchanged);
    let remote = fixture.remote_status();
    assert!(remote.refusal.is_none() && remote.last_check.unwrap().good);
    assert_eq!(fixture.generation(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_config_of_too_many_bytes_is_not_compiled() {
    let fixture = live_fixture().await;
    fixture.remote.gives("x".repeat(4 * 131_072 + 1));
    assert_eq!(fixture.pull().await, Failed);
    assert_eq!(fixture.status().counters.compiles, 1);
    // As many bytes as the longest config can have, but too many characters.
    fixture.remote.gives("x".repeat(4 * 131_072));
    assert_eq!(fixture.pull().await, Refused);
    assert_eq!(fixture.version().as_deref(), Some("1"));
}

#[tokio::test(start_paused = true)]
async fn a_pull_that_hangs_is_cut_off_and_has_failed() {
    let fixture = live_fixture().await;
    fixture.remote.set(Behavior::Hang);
    let result = fixture.check_source(Remote).await;
    let expected = "the call was cut off after 10000 ms";
    assert_eq!(result.why().as_deref(), Some(expected));
    assert!(result.took >= CALL_TIMEOUT && result.took < CALL_TIMEOUT + Duration::from_secs(1));
    assert_eq!(fixture.status().counters.pulls.failed, 1);
}

/// T9.
#[tokio::test(start_paused = true)]
async fn a_304_makes_a_stale_table_fresh() {
    let fixture = live_fixture().await;
    let status = &fixture.loader.status;
    assert!(status.has_usable_table());
    fixture.remote.fails();
    tokio::time::advance(STALE_AFTER).await;
    fixture.pull().await;
    let staleness = fixture.status().staleness;
    assert!(
        staleness.stale && staleness.age_ms >= 1_800_000,
        "{staleness:?}"
    );
    assert!(!status.has_usable_table());
    // A refused config does not confirm the live table.
    fixture.remote.gives(bad_config("2"));
    fixture.pull().await;
    assert!(!status.has_usable_table());
    fixture.remote.set(Behavior::Unchanged);
    fixture.pull().await;
    assert!(status.has_usable_table());
    assert!(!fixture.status().staleness.stale);
}

#[tokio::test(start_paused = true)]
async fn the_age_of_a_table_from_a_lower_level_counts_from_the_start() {
    let fixture = Fixture::new();
    fixture.store.has(config("1"));
    fixture.init(Preset).await.unwrap();
    tokio::time::advance(STALE_AFTER).await;
    assert!(fixture.status().staleness.stale);
    fixture.remote.gives(config("1"));
    fixture.pull().await;
    assert!(!fixture.status().staleness.stale);
    // Without a remote, which alone could confirm it, a table is never stale.
    let without = Fixture::without_remote();
    without.init(Preset).await.unwrap();
    tokio::time::advance(STALE_AFTER).await;
    assert!(without.loader.status.has_usable_table());
}
