//! Saving configs from the remote, and saves that fail.

use codeid_engine::InitLevel::Preset;

use super::doubles::Behavior;
use super::{Fixture, config};
use crate::api::status::CheckOutcome::Activated;

#[tokio::test(start_paused = true)]
async fn a_config_from_the_remote_is_saved_before_it_becomes_live() {
    let fixture = Fixture::new();
    for version in ["1", "2", "3"] {
        fixture.remote.gives(config(version));
        fixture.pull().await;
    }
    let expected = [(config("1"), 0), (config("2"), 1), (config("3"), 2)];
    assert_eq!(fixture.store.saves(), expected);
    assert_eq!(fixture.status().counters.saves, 3);
}

#[tokio::test(start_paused = true)]
async fn a_config_that_cannot_be_saved_becomes_live_and_is_saved_at_a_later_pull() {
    let failures = [Behavior::Fail("disk full"), Behavior::Panic, Behavior::Hang];
    for failure in failures {
        let fixture = Fixture::new();
        fixture.remote.gives_revision(config("1"), "a");
        fixture.store.set(failure.clone());
        assert_eq!(fixture.pull().await, Activated);
        assert_eq!(fixture.version().as_deref(), Some("1"));
        let status = fixture.status();
        assert_eq!(
            (status.counters.saves, status.counters.saves_failed),
            (0, 1)
        );
        assert!(status.save.failure.is_some(), "{failure:?}");

        // One attempt at each pull, whatever its outcome.
        let expected = 2..;
        let behaviors = [
            Behavior::Unchanged,
            Behavior::Config(config("1"), Some("a")),
            Behavior::Fail("it is down"),
            Behavior::Config("bad".to_owned(), None),
        ];
        for (behavior, expected) in behaviors.into_iter().zip(expected) {
            fixture.remote.set(behavior);
            fixture.pull().await;
            assert_eq!(
                fixture.status().counters.saves_failed,
                expected,
                "{failure:?}"
            );
        }
        fixture.store.recovers();
        fixture.remote.fails();
        fixture.pull().await;
        assert_eq!(fixture.store.saved(), Some(config("1")));
        let status = fixture.status();
        assert_eq!(
            (status.counters.saves, status.counters.saves_failed),
            (1, 5)
        );
        assert_eq!(status.save.failure, None);
        assert_eq!(status.counters.compiles, 2, "the first, and the bad one");
        fixture.pull().await;
        assert_eq!(fixture.status().counters.saves, 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_later_config_replaces_one_that_could_not_be_saved() {
    let fixture = Fixture::new();
    fixture.store.set(Behavior::Fail("disk full"));
    fixture.remote.gives(config("1"));
    fixture.pull().await;
    fixture.store.recovers();
    fixture.remote.gives(config("2"));
    fixture.pull().await;
    assert_eq!(fixture.store.saved(), Some(config("2")));
    let saves = fixture.store.saves();
    let texts: Vec<_> = saves.iter().map(|(text, _)| text.clone()).collect();
    assert_eq!(texts, [config("1"), config("2")]);
    assert_eq!(fixture.status().save.failure, None);
}

#[tokio::test(start_paused = true)]
async fn only_valid_configs_from_the_remote_are_saved() {
    let fixture = Fixture::with_preset_file();
    fixture.write_preset(&config("preset"));
    fixture.init(Preset).await.unwrap();
    fixture.store.has(config("local"));
    fixture.init(Preset).await.unwrap();
    fixture.remote.gives("not a config");
    fixture.pull().await;
    assert!(fixture.store.saves().is_empty());
}
