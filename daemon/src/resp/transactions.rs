//! Transactions: commands that are queued, and then run on one table.

use std::sync::Arc;

use super::command_queue::{CommandQueue, QueueError};
use super::context::{Context, Flow, Position, WRITE_FIRST_BYTES};
use super::decode::Command;

/// `MULTI`: queues the commands that follow, up to `EXEC`.
pub(super) fn multi(context: &mut Context<'_>, _: &Command<'_>) -> Flow {
    if context.client.queue.is_some() {
        context.replies.error("ERR MULTI calls can not be nested");
    } else {
        let budget = Arc::clone(&context.client.budget);
        context.client.transactions += 1;
        context.client.queue = Some(Box::new(CommandQueue::new(budget)));
        context.replies.simple("OK");
    }
    Flow::Continue
}

/// Queues a command that follows `MULTI`.
pub(super) fn queue(context: &mut Context<'_>, command: &Command<'_>) -> Flow {
    let queued = match &mut context.client.queue {
        Some(queue) => queue.push(command),
        None => Ok(()),
    };
    match queued {
        Ok(()) => context.replies.simple("QUEUED"),
        Err(error) => {
            if error == QueueError::NoRoom {
                context.client.memory_refusals += 1;
            }
            context.client.abort_transaction();
            context.replies.error(error);
        }
    }
    Flow::Continue
}

/// `EXEC`: runs the queued commands with `run`, and replies with an array of their replies.
///
/// It stops when its slice is over, or there are many replies to be written, and continues on the same
/// table.
pub(super) fn exec(
    context: &mut Context<'_>,
    run: fn(&mut Context<'_>, &Command<'_>) -> Flow,
) -> Flow {
    let Some(mut queue) = context.client.queue.take() else {
        context.replies.error("ERR EXEC without MULTI");
        return Flow::Continue;
    };
    if queue.is_aborted() {
        context
            .replies
            .error("EXECABORT Transaction discarded because of previous errors.");
        return Flow::Continue;
    }
    let position = context.position.take();
    if position.is_none() {
        context.replies.array(queue.commands());
    }
    // A command that stops has answered a code value, so the others are those between two commands.
    context.position = position.filter(|position| position.answered > 0);
    while let Some(command) = queue.first(context.position.is_some()) {
        let length = command.length();
        match run(context, &command) {
            Flow::Continue => {}
            unfinished @ Flow::Unfinished(_) => {
                context.client.queue = Some(queue);
                return unfinished;
            }
            close @ Flow::Close(_) => return close,
        }
        context.position = None;
        queue.remove_first(length);
        let is_over = context.slice.spend(length);
        let has_many = context.replies.position() >= WRITE_FIRST_BYTES;
        if (is_over || has_many) && !queue.is_empty() {
            context.client.queue = Some(queue);
            return Flow::Unfinished(Position::default());
        }
    }
    Flow::Continue
}

/// Refuses an `EXEC` for its number of arguments, which ends the transaction.
pub(super) fn refuse_exec(context: &mut Context<'_>) -> Flow {
    context.client.drop_transaction();
    context.replies.error(
        "EXECABORT Transaction discarded because of: wrong number of arguments for 'exec' command",
    );
    Flow::Continue
}

/// `DISCARD`: drops the queued commands.
pub(super) fn discard(context: &mut Context<'_>, _: &Command<'_>) -> Flow {
    if context.client.queue.is_some() {
        context.client.drop_transaction();
        context.replies.simple("OK");
    } else {
        context.replies.error("ERR DISCARD without MULTI");
    }
    Flow::Continue
}

/// `WATCH key …`: replies with OK. There are no keys that could change.
pub(super) fn watch(context: &mut Context<'_>, _: &Command<'_>) -> Flow {
    if context.client.queue.is_some() {
        context
            .replies
            .error("ERR WATCH inside MULTI is not allowed");
    } else {
        context.replies.simple("OK");
    }
    Flow::Continue
}

/// `UNWATCH`: replies with OK.
pub(super) fn unwatch(context: &mut Context<'_>, _: &Command<'_>) -> Flow {
    context.replies.simple("OK");
    Flow::Continue
}
