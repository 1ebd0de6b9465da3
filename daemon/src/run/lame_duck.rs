//! The time between an order to leave and the end of accepting.

use std::future;
use std::time::{Duration, Instant};

use tokio::time::sleep_until;

use super::stop;
use crate::hand_over::Left;
use crate::service_manager;
use crate::shutdown::Shutdown;

/// The reason for the end of accepting.
#[derive(Clone, Debug)]
pub(super) enum Reason {
    /// This signal.
    Asked(&'static str),
    /// A second signal, before accepting had ended.
    AskedTwice(&'static str),
    /// An operator's order.
    Drain,
    /// The end of this thread.
    ThreadEnded(&'static str),
    /// A successor that serves.
    Left(Left),
}

/// Waits for an order to leave that lasts for `lame_duck` without being taken back, and enters
/// [`Stage::Drain`](crate::shutdown::Stage::Drain).
pub(super) async fn end(
    lame_duck: Duration,
    shutdown: &Shutdown,
    stop: &mut stop::Listening,
) -> Reason {
    let mut asked = None;
    let mut is_leaving = false;
    loop {
        let left_at = shutdown.left_at();
        if left_at.is_some() != is_leaving {
            is_leaving = left_at.is_some();
            log_order(is_leaving, asked, lame_duck);
        }
        tokio::select! {
            signal = stop.next() => match asked {
                Some(_) => return Reason::AskedTwice(signal),
                None => {
                    asked = Some(signal);
                    service_manager::stopping();
                    shutdown.stop();
                }
            },
            () = shutdown.ordered() => {}
            left_at = over(left_at, lame_duck) => if shutdown.end_lame_duck(left_at) {
                return asked.map_or(Reason::Drain, Reason::Asked);
            },
        }
    }
}

/// Waits until a lame duck that began at `left_at` is over, and returns that time; without one, forever.
async fn over(left_at: Option<Instant>, lame_duck: Duration) -> Instant {
    let Some(left_at) = left_at else {
        return future::pending().await;
    };
    sleep_until((left_at + lame_duck).into()).await;
    left_at
}

fn log_order(is_leaving: bool, signal: Option<&'static str>, lame_duck: Duration) {
    if !is_leaving {
        tracing::info!("undrained: ready again, as an operator asked");
    } else if !lame_duck.is_zero() {
        let (signal, lame_duck_ms) = (signal.unwrap_or("none"), lame_duck.as_millis());
        tracing::info!(signal, lame_duck_ms, "not ready any more, and serving on");
    }
}
