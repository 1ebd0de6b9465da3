//! A protocol that reads on while responses wait for the client.

use super::*;
use crate::budget::Share;

const BUDGET: usize = 1 << 20;

/// Serves a client for which up to `max_pending_bytes` may wait.
async fn with_pending<F: Future>(
    max_pending_bytes: usize,
    budget: &Arc<Budget>,
    client: impl FnOnce(DuplexStream) -> F,
) -> F::Output {
    let lines = Lines {
        max_pending_bytes: Some(max_pending_bytes),
        ..Lines::default()
    };
    with_session(
        lines,
        &one_place(),
        32,
        budget,
        &Shutdown::default(),
        client,
    )
    .await
}

/// Returns `true` if nothing of a budget of [`BUDGET`] is taken.
fn is_free(budget: &Arc<Budget>) -> bool {
    let mut all = Share::NONE;
    all.grow_to(BUDGET, budget)
}

#[tokio::test(start_paused = true)]
async fn a_client_that_writes_everything_before_it_reads_gets_every_response() {
    let budget = Arc::new(Budget::new(BUDGET));
    let lines: String = (0..10_000).map(|n| format!("line {n}\n")).collect();
    with_pending(BUDGET, &budget, |mut client| {
        let (lines, budget) = (&lines, &budget);
        async move {
            client.write_all(lines.as_bytes()).await.unwrap();
            assert!(!is_free(budget));
            client.shutdown().await.unwrap();
            assert!(rest(&mut client).await == *lines.as_bytes());
        }
    })
    .await;
    assert!(is_free(&budget));
}

#[tokio::test(start_paused = true)]
async fn a_client_for_which_more_waits_than_may_is_dropped_at_once() {
    let budget = Arc::new(Budget::new(BUDGET));
    with_pending(20_000, &budget, |mut client| async move {
        let began = Instant::now();
        let mut sent = 0;
        while client.write_all(b"0123456\n").await.is_ok() {
            sent += 8;
        }
        // Beside what waits: what the stream buffers both ways, and one read.
        let most = 20_000 + 32 + 32 + LIMITS.buffer_bytes;
        assert!(sent > 20_000 && sent <= most, "{sent}");
        assert!(began.elapsed() < SOON, "{:?}", began.elapsed());
    })
    .await;
    assert!(is_free(&budget));
}

#[tokio::test(start_paused = true)]
async fn a_client_for_which_the_budget_has_no_room_is_dropped_at_once() {
    let budget = Arc::new(Budget::new(3 * SMALL_BYTES));
    with_pending(BUDGET, &budget, |mut client| async move {
        let began = Instant::now();
        while client.write_all(b"0123456\n").await.is_ok() {}
        assert!(began.elapsed() < SOON, "{:?}", began.elapsed());
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_read_while_it_writes_is_dropped_once_it_does_neither() {
    let budget = Arc::new(Budget::new(BUDGET));
    with_pending(BUDGET, &budget, |mut client| async move {
        // Four times as long as a client may take nothing, at the least pace.
        let burst = [[b'x'; 40].as_slice(), b"\n"].concat().repeat(500);
        for _ in 0..4 {
            client.write_all(&burst).await.unwrap();
            sleep(WRITE - SOON).await;
        }
        client.write_all(&burst).await.unwrap();
        let began = Instant::now();
        sleep(WRITE + SOON).await;
        assert!(client.write_all(b"x").await.is_err());
        assert!(began.elapsed() < WRITE + LINE);
    })
    .await;
    assert!(is_free(&budget));
}

#[tokio::test(start_paused = true)]
async fn a_client_that_has_written_much_and_then_writes_a_byte_now_and_then_is_dropped() {
    let budget = Arc::new(Budget::new(BUDGET));
    with_pending(BUDGET, &budget, |mut client| async move {
        client
            .write_all(&b"0123456\n".repeat(10_000))
            .await
            .unwrap();
        let began = Instant::now();
        while client.write_all(b"x").await.is_ok() {
            sleep(LINE / 4).await;
        }
        let waited = began.elapsed();
        assert!(waited >= WRITE && waited < WRITE + LINE, "{waited:?}");
    })
    .await;
}
