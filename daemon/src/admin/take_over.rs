//! The predecessor's end of a take-over.

use std::io;
use std::os::fd::AsFd;
use std::sync::Arc;
use std::time::Duration;

use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use thiserror::Error;
use tokio::net::UnixStream;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;

use super::lingering::Lingering;
use super::plane::AdminPlane;
use crate::api::refusal::ErrorCode;
use crate::audit::{Action, Intent, Outcome};
use crate::error_chain::ErrorChain;
use crate::hand_over::{Channel, ChannelError, Message, Offer, Ready, judge};
use crate::shutdown::Stage;

/// The limit on the time until the successor says that it is there.
const HELLO_TIMEOUT: Duration = Duration::from_secs(10);

/// The limit on the time until the actions of operators, and the decision about a route config, that are under way
/// have ended.
const SETTLING_TIMEOUT: Duration = Duration::from_secs(10);

/// The limit on the time until a successor that was accepted serves, for which it has nothing left to do.
const SERVING_TIMEOUT: Duration = Duration::from_secs(10);

/// The name of the action in the audit log.
const ACTION: &str = "takeOver";

/// The reason why this daemon goes on.
#[derive(Debug, Error)]
enum Failure {
    #[error("the connection to the successor was not given up by HTTP")]
    NotUpgraded,
    #[error("the successor has ended, or closed the connection, before its message {0:?}")]
    Ended(&'static str, #[source] ChannelError),
    #[error("the successor has not sent its message {0:?} in time")]
    TimedOut(&'static str),
    #[error("an action of an operator, or a change of the route config, has not ended in time")]
    NotSettled,
    #[error("{0}")]
    Judged(String),
    #[error("the sockets cannot be handed over")]
    Sockets(#[from] io::Error),
    #[error("the successor cannot be told")]
    Unsent(#[source] ChannelError),
}

/// Converses with a successor, until it serves or this daemon goes on. Records the outcome of `intent`, which
/// `caller` intends.
pub(super) async fn converse(
    plane: Arc<AdminPlane>,
    upgrade: OnUpgrade,
    caller: String,
    intent: Intent,
    _only_one: OwnedSemaphorePermit,
) {
    let mut intent = Some(intent);
    let mut channel = None;
    let handed_over = hand_over(&plane, upgrade, &mut channel, &mut intent).await;
    let Err(failure) = handed_over else { return };
    let why = ErrorChain(&failure).to_string();
    tracing::warn!(
        by = caller,
        why,
        "a take-over has failed: this daemon goes on"
    );
    if let Some(channel) = &mut channel {
        // The successor may have ended.
        let _ = channel.send(&Message::Refused { reason: why }, &[]).await;
    }
    let live = plane.operator.live_digest();
    let intent = match intent {
        Some(intent) => Some(intent),
        // Its outcome was recorded before the successor could serve.
        None => plane.audit.intend(again(caller, &plane)).await.ok(),
    };
    if let Some(intent) = intent {
        let outcome = Outcome::Refused(ErrorCode::TakeOverFailed);
        plane.audit.conclude(intent, live, live, outcome).await;
    }
}

/// Returns the action that a take-over was, which failed after it was recorded as done.
fn again(who: String, plane: &AdminPlane) -> Action {
    Action {
        who,
        name: ACTION,
        from: plane.operator.live_digest(),
        to: None,
        level: None,
        reason: Some("the successor was accepted, and ended before it served".to_owned()),
        // The line of the intention has it.
        trace: None,
    }
}

async fn hand_over(
    plane: &AdminPlane,
    upgrade: OnUpgrade,
    opened: &mut Option<Channel>,
    intent: &mut Option<Intent>,
) -> Result<(), Failure> {
    let upgraded = timeout(HELLO_TIMEOUT, upgrade).await;
    let upgraded = upgraded
        .ok()
        .and_then(Result::ok)
        .ok_or(Failure::NotUpgraded)?;
    let parts = upgraded.downcast::<TokioIo<Lingering<UnixStream>>>();
    let parts = parts.map_err(|_| Failure::NotUpgraded)?;
    if !parts.read_buf.is_empty() {
        return Err(Failure::NotUpgraded);
    }
    let stream = parts.io.into_inner().into_inner();
    // As the system knows it. The successor may call itself otherwise, or live in another namespace of processes.
    let peer = stream.peer_cred()?.pid();
    let peer = peer.and_then(|pid| u32::try_from(pid).ok());
    let channel = opened.insert(Channel::new(stream));
    let hello = receive(channel, HELLO_TIMEOUT, "hello").await?;
    let Message::Hello { pid } = hello else {
        return Err(unexpected("hello"));
    };
    let pid = peer.filter(|pid| *pid != 0).unwrap_or(pid);
    offer(plane, channel).await?;
    let deadline = plane.take_overs.deadline;
    let Message::Ready(ready) = receive(channel, deadline, "ready").await? else {
        return Err(unexpected("ready"));
    };
    let settled = settle_and_accept(plane, channel, &ready, pid, intent).await;
    if settled.is_err() {
        plane.audit.reopen();
        plane.decisions.reopen();
    }
    settled
}

/// Sends copies of the sockets.
async fn offer(plane: &AdminPlane, channel: &mut Channel) -> Result<(), Failure> {
    let copies = plane.take_overs.desk.copies().await?;
    let offer = Message::Offer(Offer {
        pid: std::process::id(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        sockets: copies.iter().map(|copy| copy.offered.clone()).collect(),
    });
    let descriptors = copies.iter().flat_map(|copy| &copy.descriptors);
    let descriptors: Vec<_> = descriptors.map(AsFd::as_fd).collect();
    let sent = channel.send(&offer, &descriptors).await;
    sent.map_err(Failure::Unsent)
}

/// Ends all writing of files, judges the successor, and drains once it serves. The audit log is closed
/// afterwards, also after a failure.
async fn settle_and_accept(
    plane: &AdminPlane,
    channel: &mut Channel,
    ready: &Ready,
    pid: u32,
    intent: &mut Option<Intent>,
) -> Result<(), Failure> {
    let settling = async {
        // A watch is an action that is under way for as long as its client likes.
        plane.decisions.close().await;
        plane.audit.close_but_for_one().await;
        plane.operator.hold().await
    };
    let settled = timeout(SETTLING_TIMEOUT, settling).await;
    let held = settled.map_err(|_| Failure::NotSettled)?;
    // No new client can see two route configs: a daemon that drains accepts no connections.
    if !plane.shutdown.reached(Stage::Drain)
        && let Some(before) = held.before()
    {
        judge(&before, ready).map_err(Failure::Judged)?;
    }
    let desk = &plane.take_overs.desk;
    desk.pass(&ready.taken, true).await?;
    let accepted = async {
        let live = plane.operator.live_digest();
        if let Some(intent) = intent.take() {
            plane
                .audit
                .conclude(intent, live, live, Outcome::Done)
                .await;
        }
        channel
            .send(&Message::Accepted, &[])
            .await
            .map_err(Failure::Unsent)?;
        match receive_serving(channel).await? {
            Message::Serving => Ok(()),
            _ => Err(unexpected("serving")),
        }
    };
    if let Err(failure) = accepted.await {
        desk.pass(&ready.taken, false).await?;
        return Err(failure);
    }
    // No config becomes live any more, and no file is written.
    held.keep();
    // A daemon that is stopping drains already.
    let _ = desk.leave(pid, &ready.taken).await;
    Ok(())
}

/// Waits for the last message of the successor. Beyond the limit it is sent in time or never: a successor that sent
/// it after this daemon has given up would serve beside it.
async fn receive_serving(channel: &mut Channel) -> Result<Message, Failure> {
    let received = receive(channel, SERVING_TIMEOUT, "serving").await;
    let Err(late @ Failure::TimedOut(_)) = received else {
        return received;
    };
    channel
        .refuse_further()
        .map_err(|error| Failure::Ended("serving", error))?;
    // At once: what was sent is there, and nothing follows.
    let received = receive(channel, SERVING_TIMEOUT, "serving").await;
    received.map_err(|_| late)
}

async fn receive(
    channel: &mut Channel,
    patience: Duration,
    what: &'static str,
) -> Result<Message, Failure> {
    let received = timeout(patience, channel.receive()).await;
    let received = received.map_err(|_| Failure::TimedOut(what))?;
    let (message, _) = received.map_err(|error| Failure::Ended(what, error))?;
    Ok(message)
}

const fn unexpected(what: &'static str) -> Failure {
    Failure::Ended(what, ChannelError::Unexpected)
}
