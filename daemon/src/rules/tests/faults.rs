//! Panics of a source, of a task and on the compile thread: each is counted, and nothing stays
//! stopped.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::Duration;

use tokio::time::Instant;

use super::super::compiler::CompilerError;
use super::super::supervisor::supervise;
use super::doubles::Behavior;
use super::{Fixture, config};
use crate::api::status::CheckOutcome::{Activated, Failed};
use crate::metrics::Task;

#[tokio::test(start_paused = true)]
async fn a_check_whose_source_panics_has_failed_and_the_next_one_asks_again() {
    let fixture = Fixture::new();
    fixture.remote.set(Behavior::Panic);
    for panics in 1..=3 {
        assert_eq!(fixture.pull().await, Failed);
        let why = fixture.remote_status().last_check.unwrap().why;
        assert_eq!(why.as_deref(), Some("the call met an internal fault"));
        let counters = fixture.status().counters;
        assert_eq!(counters.restarts["remote"], panics);
        assert_eq!(counters.pulls.failed, panics);
    }
    fixture.remote.gives(config("1"));
    assert_eq!(fixture.pull().await, Activated);
}

#[tokio::test(start_paused = true)]
async fn the_compile_thread_is_started_again_after_a_panic() {
    let fixture = Fixture::new();
    let compiler = &fixture.compiler;
    for panics in 1..=2 {
        let panicked = compiler.run(|| panic!("on purpose")).await;
        assert_eq!(panicked, Err::<(), _>(CompilerError::Panicked));
        assert_eq!(fixture.status().counters.restarts["compile"], panics);
        assert_eq!(compiler.run(|| 7).await, Ok(7));
    }
    fixture.remote.gives(config("1"));
    assert_eq!(fixture.pull().await, Activated);
}

/// A client of the admin plane that hangs up leaves its job in the queue, so that no number of
/// connections bounds the queue.
#[tokio::test]
async fn a_full_queue_of_the_compile_thread_is_an_error() {
    let fixture = Fixture::new();
    let (release, blocked) = std::sync::mpsc::channel::<()>();
    let (begun, has_begun) = tokio::sync::oneshot::channel();
    let mut jobs = tokio::task::JoinSet::new();
    let compiler = Arc::clone(&fixture.compiler);
    jobs.spawn(async move {
        let block = move || {
            begun.send(()).unwrap();
            let _ = blocked.recv();
        };
        compiler.run(block).await
    });
    has_begun.await.unwrap();
    for _ in 0..64 {
        let compiler = Arc::clone(&fixture.compiler);
        jobs.spawn(async move { compiler.run(|| {}).await });
        // Lets the task put its job into the queue.
        tokio::task::yield_now().await;
    }
    let refused = fixture.compiler.run(|| {}).await;
    assert_eq!(refused, Err(CompilerError::Busy));
    fixture.remote.gives(config("1"));
    assert_eq!(fixture.pull().await, Failed);
    drop(release);
    let results = jobs.join_all().await;
    assert!(results.iter().all(Result::is_ok));
    // The config was not refused for good.
    assert_eq!(fixture.pull().await, Activated);
}

/// T33.
#[tokio::test(start_paused = true)]
async fn a_task_that_panics_runs_again_within_a_second() {
    let fixture = Fixture::new();
    let begun = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&begun);
    let began_at = Arc::new(std::sync::Mutex::new(Vec::new()));
    let times = Arc::clone(&began_at);
    let status = Arc::clone(&fixture.loader.status);
    supervise(Task::Tokens, status, move || {
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
    assert_eq!(fixture.status().counters.restarts["tokens"], 8);
    for pair in began_at.lock().unwrap().windows(2) {
        // Timers round up to whole milliseconds.
        let pause = pair[1] - pair[0];
        assert!(pause <= Duration::from_millis(1001), "{pause:?}");
        assert!(pause >= Duration::from_millis(100), "{pause:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_supervised_task_ends_with_its_supervisor() {
    let fixture = Fixture::new();
    let owned_by_task = Arc::new(());
    let given = Arc::clone(&owned_by_task);
    let status = Arc::clone(&fixture.loader.status);
    let supervisor = tokio::spawn(supervise(Task::Tokens, status, move || {
        let owned = Arc::clone(&given);
        async move {
            let _owned = owned;
            std::future::pending().await
        }
    }));
    while Arc::strong_count(&owned_by_task) < 3 {
        tokio::task::yield_now().await;
    }
    supervisor.abort();
    assert!(supervisor.await.unwrap_err().is_cancelled());
    while Arc::strong_count(&owned_by_task) > 1 {
        tokio::task::yield_now().await;
    }
}
