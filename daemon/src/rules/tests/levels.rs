//! Which source gives the first table, and which may replace what serves.

use codeid_engine::ConfigDigest;
use codeid_engine::InitLevel::{Local, Preset, Remote};

use super::super::init::{InitError, init};
use super::super::loader::{Found, Miss};
use super::doubles::Answer;
use super::{Fixture, bad_config, config};

/// How the three sources are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How {
    Good,
    Bad,
    Down,
}

const HOW: [How; 3] = [How::Good, How::Bad, How::Down];

#[tokio::test(start_paused = true)]
async fn the_first_permitted_source_that_is_good_gives_the_first_table() {
    for lowest in [Remote, Local, Preset] {
        for sources in HOW
            .iter()
            .flat_map(|a| HOW.iter().flat_map(move |b| HOW.map(|c| [*a, *b, c])))
        {
            let fixture = fixture(sources);
            let outcome = init(&fixture.loader, lowest).await;
            let levels = [Remote, Local, Preset].into_iter().zip(sources);
            let mut permitted = levels.filter(|(level, _)| *level >= lowest);
            match permitted.find(|(_, how)| *how == How::Good) {
                Some((level, _)) => {
                    assert_eq!(outcome, Ok(()), "{lowest} {sources:?}");
                    let table = fixture.status().table.unwrap();
                    assert_eq!(table.level, level, "{lowest} {sources:?}");
                    assert_eq!(table.version, level.name());
                    assert_eq!(table.generation, 1);
                    // What lies below was not read.
                    let reads = usize::from(level < Remote);
                    assert_eq!(fixture.store.reads(), reads, "{lowest} {sources:?}");
                    // What came from the remote was kept, and nothing else.
                    let saves = usize::from(level == Remote);
                    assert_eq!(fixture.store.saves().len(), saves);
                }
                None => {
                    let code = match lowest {
                        Remote => "REMOTE_CONFIG_UPDATE_FAILED",
                        Local => "STORAGE_CONFIG_LOAD_FAILED",
                        Preset => "INIT_CONFIG_IS_INVALID",
                    };
                    assert_eq!(outcome.as_ref().map_err(InitError::result_code), Err(code));
                    assert_eq!(fixture.version(), None);
                }
            }
        }
    }
}

fn fixture([remote, local, preset]: [How; 3]) -> Fixture {
    let fixture = Fixture::with_preset_file();
    match remote {
        How::Good => fixture.remote.gives(config("REMOTE")),
        How::Bad => fixture.remote.gives(bad_config("REMOTE")),
        How::Down => fixture.remote.fails(),
    }
    match local {
        How::Good => fixture.store.holds(config("LOCAL")),
        How::Bad => fixture.store.holds(bad_config("LOCAL")),
        How::Down => {}
    }
    match preset {
        How::Good => fixture.write_preset(&config("PRESET")),
        How::Bad => fixture.write_preset(&bad_config("PRESET")),
        How::Down => {}
    }
    fixture
}

#[tokio::test(start_paused = true)]
async fn the_error_names_the_source_and_what_was_wrong_with_it() {
    let table = [
        (
            Remote,
            How::Down,
            "the remote source test://remote/routes: it is down",
        ),
        (
            Local,
            How::Down,
            "the local storage memory: no route config was kept yet",
        ),
        (
            Preset,
            How::Down,
            "the preset preset.json: there is no such file",
        ),
    ];
    for (lowest, how, expected) in table {
        let fixture = fixture([how; 3]);
        let error = init(&fixture.loader, lowest).await.unwrap_err();
        assert_eq!(error.to_string(), expected);
    }
    let without = Fixture::without_remote();
    let error = init(&without.loader, Remote).await.unwrap_err();
    assert!(
        error
            .to_string()
            .contains("ac.route.pull-route-config-url is not set")
    );
    assert!(without.status().sources.remote.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_source_that_hangs_or_panics_is_passed_over_at_the_start() {
    for answer in [Answer::Hang, Answer::Panic] {
        let fixture = Fixture::new();
        fixture.remote.set(answer.clone());
        fixture.store.set(answer);
        assert_eq!(init(&fixture.loader, Preset).await, Ok(()));
        assert_eq!(fixture.status().table.unwrap().level, Preset);
    }
}

#[tokio::test(start_paused = true)]
async fn the_level_rises_without_compiling_when_the_same_comes_from_above() {
    let fixture = Fixture::with_preset_file();
    fixture.write_preset(&config("1"));
    fixture.remote.fails();
    init(&fixture.loader, Preset).await.unwrap();
    let before = fixture.status().table.unwrap();

    fixture.remote.gives(config("1"));
    assert_eq!(fixture.pull().await.outcome, Ok(Found::Unchanged));
    let after = fixture.status();
    let table = after.table.unwrap();
    assert_eq!((before.level, table.level), (Preset, Remote));
    assert_eq!(table.uri, "test://remote/routes");
    assert_eq!(table.generation, before.generation);
    assert_eq!(table.loaded_at, before.loaded_at);
    assert_eq!(after.counters.compiles, 1);
    // It came from the remote now, and nothing had kept it.
    assert_eq!(fixture.store.kept(), Some(config("1")));
}

#[tokio::test(start_paused = true)]
async fn what_came_from_the_store_is_not_kept_again_when_the_remote_gives_the_same() {
    let fixture = Fixture::new();
    fixture.store.holds(config("1"));
    fixture.remote.fails();
    init(&fixture.loader, Preset).await.unwrap();
    assert_eq!(fixture.status().table.unwrap().level, Local);
    fixture.remote.gives(config("1"));
    assert_eq!(fixture.pull().await.outcome, Ok(Found::Unchanged));
    assert_eq!(fixture.status().table.unwrap().level, Remote);
    assert!(fixture.store.saves().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_config_that_is_set_aside_is_refused_and_the_chain_goes_on() {
    let digest = |version| ConfigDigest::new(config(version).as_bytes());
    let noted = format!(
        r#"{{"codeid": "{}", "sha256": null, "deaths": 0, "others": {{"{}": 3, "{}": 4}}}}"#,
        env!("CARGO_PKG_VERSION"),
        digest("fatal"),
        digest("fatal-too"),
    );
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("compiling.json"), noted).unwrap();
    let fixture = Fixture::in_directory(directory, true, false);
    fixture.remote.gives(config("fatal"));
    fixture.store.holds(config("fatal-too"));
    init(&fixture.loader, Preset).await.unwrap();
    assert_eq!(fixture.status().table.unwrap().level, Preset);
    let status = fixture.status();
    assert_eq!(status.counters.compiles, 1, "only the preset's");
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
    // The next is looked at as ever.
    fixture.remote.gives(config("mended"));
    assert_eq!(fixture.pull().await.outcome, Ok(Found::Activated));
}

#[tokio::test(start_paused = true)]
async fn one_problem_is_told_with_its_place() {
    let fixture = Fixture::new();
    fixture.remote.gives(bad_config("1"));
    let Err(Miss::Refused(why)) = fixture.pull().await.outcome else {
        panic!("it was not refused");
    };
    assert!(why.contains("line 1") && why.contains("1 more"), "{why}");
    let refusal = fixture.status().sources.remote.unwrap().refusal.unwrap();
    assert_eq!(refusal.problem_count, 2);
    assert_eq!(refusal.problems.len(), 2);
}
