//! Panics: in a source, in a task, on the compiling thread. Each is counted, and nothing stays
//! stopped.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::Duration;

use tokio::time::Instant;

use super::super::compiler::Died;
use super::super::loader::{Found, Miss};
use super::super::supervisor::supervise;
use super::doubles::Answer;
use super::{Fixture, config};

#[tokio::test(start_paused = true)]
async fn a_source_that_panics_has_failed_and_is_asked_again() {
    let fixture = Fixture::new();
    fixture.remote.set(Answer::Panic);
    for panics in 1..=3 {
        let outcome = fixture.pull().await.outcome;
        let expected = "it met an internal fault".to_owned();
        assert_eq!(outcome, Err(Miss::Failed(expected)));
        let counters = fixture.status().counters;
        assert_eq!(counters.restarts["remote"], panics);
        assert_eq!(counters.pulls.failed, panics);
    }
    fixture.remote.gives(config("1"));
    assert_eq!(fixture.pull().await.outcome, Ok(Found::Activated));
}

#[tokio::test(start_paused = true)]
async fn the_compiling_thread_is_started_again() {
    let fixture = Fixture::new();
    let compiler = &fixture.loader.compiler;
    for deaths in 1..=2 {
        let died = compiler.run(|| panic!("on purpose")).await;
        assert_eq!(died, Err::<(), _>(Died));
        assert_eq!(fixture.status().counters.restarts["compile"], deaths);
        assert_eq!(compiler.run(|| 7).await, Ok(7));
    }
    fixture.remote.gives(config("1"));
    assert_eq!(fixture.pull().await.outcome, Ok(Found::Activated));
}

/// T33.
#[tokio::test(start_paused = true)]
async fn a_task_that_panics_runs_again_within_a_second() {
    let fixture = Fixture::new();
    let begun = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&begun);
    let began_at = Arc::new(std::sync::Mutex::new(Vec::new()));
    let times = Arc::clone(&began_at);
    let board = Arc::clone(&fixture.loader.board);
    supervise("test", board, move || {
        let nth = counted.fetch_add(1, SeqCst);
        times.lock().unwrap().push(Instant::now());
        async move {
            if nth < 8 {
                panic!("on purpose");
            }
        }
    })
    .await;
    assert_eq!(begun.load(SeqCst), 9);
    assert_eq!(fixture.status().counters.restarts["test"], 8);
    for pair in began_at.lock().unwrap().windows(2) {
        // A timer counts whole milliseconds.
        let pause = pair[1] - pair[0];
        assert!(pause <= Duration::from_millis(1001), "{pause:?}");
        assert!(pause >= Duration::from_millis(100), "{pause:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_supervised_task_ends_with_its_supervisor() {
    let fixture = Fixture::new();
    let held = Arc::new(());
    let given = Arc::clone(&held);
    let board = Arc::clone(&fixture.loader.board);
    let supervisor = tokio::spawn(supervise("test", board, move || {
        let held = Arc::clone(&given);
        async move {
            let _held = held;
            std::future::pending().await
        }
    }));
    while Arc::strong_count(&held) < 3 {
        tokio::task::yield_now().await;
    }
    supervisor.abort();
    assert!(supervisor.await.unwrap_err().is_cancelled());
    while Arc::strong_count(&held) > 1 {
        tokio::task::yield_now().await;
    }
}
