//! What came from the remote is kept before it serves, and when that fails.

use codeid_engine::InitLevel::Preset;

use super::super::init::init;
use super::super::loader::Found;
use super::doubles::Answer;
use super::{Fixture, config};

#[tokio::test(start_paused = true)]
async fn it_is_kept_before_it_serves() {
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
async fn what_cannot_be_kept_serves_and_is_kept_later() {
    let failures = [Answer::Fail("disk full"), Answer::Panic, Answer::Hang];
    for failure in failures {
        let fixture = Fixture::new();
        fixture.remote.gives_revision(config("1"), "a");
        fixture.store.set(failure.clone());
        assert_eq!(fixture.pull().await.outcome, Ok(Found::Activated));
        assert_eq!(fixture.version().as_deref(), Some("1"));
        let status = fixture.status();
        assert_eq!(
            (status.counters.saves, status.counters.saves_failed),
            (0, 1)
        );
        assert!(status.save.failure.is_some(), "{failure:?}");

        // Once at each pull, however that ends.
        let expected = 2..;
        let answers = [
            Answer::Unchanged,
            Answer::Config(config("1"), Some("a")),
            Answer::Fail("it is down"),
            Answer::Config("bad".to_owned(), None),
        ];
        for (answer, expected) in answers.into_iter().zip(expected) {
            fixture.remote.set(answer);
            fixture.pull().await;
            assert_eq!(
                fixture.status().counters.saves_failed,
                expected,
                "{failure:?}"
            );
        }
        fixture.store.is_well_again();
        fixture.remote.fails();
        fixture.pull().await;
        assert_eq!(fixture.store.kept(), Some(config("1")));
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
async fn the_next_config_takes_the_place_of_one_that_could_not_be_kept() {
    let fixture = Fixture::new();
    fixture.store.set(Answer::Fail("disk full"));
    fixture.remote.gives(config("1"));
    fixture.pull().await;
    fixture.store.is_well_again();
    fixture.remote.gives(config("2"));
    fixture.pull().await;
    assert_eq!(fixture.store.kept(), Some(config("2")));
    let saves = fixture.store.saves();
    let texts: Vec<_> = saves.iter().map(|(text, _)| text.clone()).collect();
    assert_eq!(texts, [config("1"), config("2")]);
    assert_eq!(fixture.status().save.failure, None);
}

#[tokio::test(start_paused = true)]
async fn nothing_but_what_the_remote_gave_is_kept() {
    let fixture = Fixture::with_preset_file();
    fixture.write_preset(&config("preset"));
    init(&fixture.loader, Preset).await.unwrap();
    fixture.store.holds(config("local"));
    init(&fixture.loader, Preset).await.unwrap();
    fixture.remote.gives("not a config");
    fixture.pull().await;
    assert!(fixture.store.saves().is_empty());
}
