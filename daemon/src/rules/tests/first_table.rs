//! The source of the first table, and the level of the live table afterwards.

use codeid_engine::ConfigDigest;
use codeid_engine::InitLevel::{Local, Preset, Remote};

use super::doubles::Behavior;
use super::{Fixture, InitError, bad_config, config};
use crate::api::status::CheckOutcome::{Activated, Refused, Unchanged};
use crate::error_chain::ErrorChain;

/// The condition of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Condition {
    Good,
    Bad,
    Down,
}

const CONDITIONS: [Condition; 3] = [Condition::Good, Condition::Bad, Condition::Down];

#[tokio::test(start_paused = true)]
async fn the_first_permitted_source_that_is_good_gives_the_first_table() {
    for lowest in [Remote, Local, Preset] {
        for sources in all_conditions() {
            let fixture = fixture(sources);
            let outcome = fixture.init(lowest).await;
            let levels = [Remote, Local, Preset].into_iter().zip(sources);
            let mut permitted = levels.filter(|(level, _)| *level >= lowest);
            match permitted.find(|(_, condition)| *condition == Condition::Good) {
                Some((level, _)) => {
                    assert!(outcome.is_ok(), "{lowest} {sources:?}");
                    let table = fixture.status().table.unwrap();
                    assert_eq!(table.level, level, "{lowest} {sources:?}");
                    assert_eq!(table.version, level.name());
                    assert_eq!(table.generation, 1);
                    // Lower sources were not read.
                    let reads = usize::from(level < Remote);
                    assert_eq!(fixture.store.reads(), reads, "{lowest} {sources:?}");
                    // Only a config from the remote is saved.
                    let saves = usize::from(level == Remote);
                    assert_eq!(fixture.store.saves().len(), saves);
                }
                None => {
                    let published = match lowest {
                        Remote => [
                            "REMOTE_CONFIG_UPDATE_FAILED",
                            "F",
                            "Remote configuration update failed.",
                        ],
                        Local => [
                            "STORAGE_CONFIG_LOAD_FAILED",
                            "F",
                            "Loading storage configuration failed.",
                        ],
                        Preset => [
                            "INIT_CONFIG_IS_INVALID",
                            "F",
                            "Initial configuration is invalid.",
                        ],
                    };
                    let error = outcome.unwrap_err();
                    let result = InitError::result(&error);
                    let result = [result.code, result.status, result.message];
                    assert_eq!(result, published);
                    assert_eq!(fixture.version(), None);
                }
            }
        }
    }
}

/// Returns every combination of the conditions of the three sources.
fn all_conditions() -> impl Iterator<Item = [Condition; 3]> {
    let pairs = CONDITIONS
        .iter()
        .flat_map(|remote| CONDITIONS.map(|local| [*remote, local]));
    pairs.flat_map(|[remote, local]| CONDITIONS.map(|preset| [remote, local, preset]))
}

fn fixture([remote, local, preset]: [Condition; 3]) -> Fixture {
    let fixture = Fixture::with_preset_file();
    match remote {
        Condition::Good => fixture.remote.gives(config("REMOTE")),
        Condition::Bad => fixture.remote.gives(bad_config("REMOTE")),
        Condition::Down => fixture.remote.fails(),
    }
    match local {
        Condition::Good => fixture.store.has(config("LOCAL")),
        Condition::Bad => fixture.store.has(bad_config("LOCAL")),
        Condition::Down => {}
    }
    match preset {
        Condition::Good => fixture.write_preset(&config("PRESET")),
        Condition::Bad => fixture.write_preset(&bad_config("PRESET")),
        Condition::Down => {}
    }
    fixture
}

#[tokio::test(start_paused = true)]
async fn the_error_names_the_lowest_permitted_source_and_the_cause() {
    let table = [
        (
            Remote,
            Condition::Down,
            "the remote source test://remote/routes gave no valid route config: it is down",
        ),
        (
            Local,
            Condition::Down,
            "the local storage memory gave no valid route config: no route config was saved yet",
        ),
        (
            Preset,
            Condition::Down,
            "the preset preset.json gave no valid route config: there is no such file",
        ),
    ];
    for (lowest, condition, expected) in table {
        let fixture = fixture([condition; 3]);
        let error = fixture.init(lowest).await.unwrap_err();
        assert_eq!(ErrorChain(&error).to_string(), expected);
    }
    let without = Fixture::without_remote();
    let error = without.init(Remote).await.unwrap_err();
    let error = ErrorChain(&error).to_string();
    assert!(
        error.ends_with("ac.route.pull-route-config-url is not set"),
        "{error}"
    );
    assert!(without.status().sources.remote.is_none());
}

#[tokio::test(start_paused = true)]
async fn the_start_continues_with_the_next_source_after_one_that_hangs_or_panics() {
    for behavior in [Behavior::Hang, Behavior::Panic] {
        let fixture = Fixture::new();
        fixture.remote.set(behavior.clone());
        fixture.store.set(behavior);
        fixture.init(Preset).await.unwrap();
        assert_eq!(fixture.status().table.unwrap().level, Preset);
    }
}

#[tokio::test(start_paused = true)]
async fn the_live_level_rises_without_compiling_when_a_higher_source_gives_the_live_config() {
    let fixture = Fixture::with_preset_file();
    fixture.write_preset(&config("1"));
    fixture.remote.fails();
    fixture.init(Preset).await.unwrap();
    let before = fixture.status().table.unwrap();

    fixture.remote.gives(config("1"));
    assert_eq!(fixture.pull().await, Unchanged);
    let after = fixture.status();
    let table = after.table.unwrap();
    assert_eq!((before.level, table.level), (Preset, Remote));
    assert_eq!(table.uri, "test://remote/routes");
    assert_eq!(table.generation, before.generation);
    assert_eq!(table.loaded_at, before.loaded_at);
    assert_eq!(after.counters.compiles, 1);
    // It came from the remote now, and was not saved before.
    assert_eq!(fixture.store.saved(), Some(config("1")));
}

#[tokio::test(start_paused = true)]
async fn a_config_from_the_store_is_not_saved_again_when_the_remote_gives_it() {
    let fixture = Fixture::new();
    fixture.store.has(config("1"));
    fixture.remote.fails();
    fixture.init(Preset).await.unwrap();
    assert_eq!(fixture.status().table.unwrap().level, Local);
    fixture.remote.gives(config("1"));
    assert_eq!(fixture.pull().await, Unchanged);
    assert_eq!(fixture.status().table.unwrap().level, Remote);
    assert!(fixture.store.saves().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_config_that_is_set_aside_is_refused_and_the_next_source_is_asked() {
    let digest = |version| ConfigDigest::new(config(version).as_bytes());
    let journal = format!(
        r#"{{"codeid": "{}", "sha256": null, "deaths": 0, "others": {{"{}": 3, "{}": 4}}}}"#,
        env!("CARGO_PKG_VERSION"),
        digest("fatal"),
        digest("fatal-too"),
    );
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("compiling.json"), journal).unwrap();
    let fixture = Fixture::in_directory(directory, true, false);
    fixture.remote.gives(config("fatal"));
    fixture.store.has(config("fatal-too"));
    fixture.init(Preset).await.unwrap();
    assert_eq!(fixture.status().table.unwrap().level, Preset);
    let status = fixture.status();
    assert_eq!(status.counters.compiles, 1, "only that of the preset");
    let why = status
        .sources
        .remote
        .unwrap()
        .last_check
        .unwrap()
        .why
        .unwrap();
    assert!(
        why.contains("set aside") && why.contains("died 3 times"),
        "{why}"
    );
    // Another config is compiled as usual.
    fixture.remote.gives(config("fixed"));
    assert_eq!(fixture.pull().await, Activated);
}

#[tokio::test(start_paused = true)]
async fn the_first_problem_of_a_refused_config_is_reported_with_its_position() {
    let fixture = Fixture::new();
    fixture.remote.gives(bad_config("1"));
    assert_eq!(fixture.pull().await, Refused);
    let remote = fixture.remote_status();
    let why = remote.last_check.unwrap().why.unwrap();
    assert!(why.contains("line 1") && why.contains("1 more"), "{why}");
    let refusal = remote.refusal.unwrap();
    assert_eq!(refusal.problem_count, 2);
    assert_eq!(refusal.problems.len(), 2);
}
