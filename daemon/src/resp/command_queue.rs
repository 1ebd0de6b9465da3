//! The commands between `MULTI` and `EXEC`.

use std::mem;
use std::sync::Arc;

use thiserror::Error;

use super::decode::{Command, Decoder};
use crate::budget::{Budget, BufferQueue};

/// The most commands of a transaction.
pub(super) const MAX_COMMANDS: usize = 1 << 18;

/// The most bytes of the commands of a transaction, with their framing.
pub(super) const MAX_BYTES: usize = 64 << 20;

/// The commands of a transaction, as the client sent them.
#[derive(Debug)]
pub(super) struct CommandQueue {
    /// Whole commands.
    bytes: BufferQueue,
    /// The number of commands that were queued.
    commands: usize,
    is_aborted: bool,
    /// Reads the commands again.
    decoder: Decoder,
    budget: Arc<Budget>,
}

/// The error for a command that has no room in a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(super) enum QueueError {
    /// The transaction has as many commands as may wait for `EXEC`, and another one came.
    #[error("ERR a transaction has at most {MAX_COMMANDS} commands")]
    TooManyCommands,
    /// The commands that wait for `EXEC` would take more memory with another one.
    #[error("ERR the commands of a transaction have at most {MAX_BYTES} bytes")]
    TooManyBytes,
    /// Begins with the word by which clients know that a server is out of memory.
    #[error("OOM memory.max-bytes has no room for the transaction")]
    NoRoom,
}

impl CommandQueue {
    /// Returns a queue without commands, whose memory is a part of `budget`.
    pub(super) const fn new(budget: Arc<Budget>) -> Self {
        Self {
            bytes: BufferQueue::EMPTY,
            commands: 0,
            is_aborted: false,
            decoder: Decoder::EMPTY,
            budget,
        }
    }

    /// Queues a command, unless the transaction is aborted.
    ///
    /// # Errors
    ///
    /// [`QueueError`] if there is no room for it.
    pub(super) fn push(&mut self, command: &Command<'_>) -> Result<(), QueueError> {
        if self.is_aborted {
            return Ok(());
        }
        if self.commands == MAX_COMMANDS {
            return Err(QueueError::TooManyCommands);
        }
        if self.bytes.len() + command.length() > MAX_BYTES {
            return Err(QueueError::TooManyBytes);
        }
        if !self.bytes.push(command.sent(), &self.budget) {
            return Err(QueueError::NoRoom);
        }
        self.commands += 1;
        Ok(())
    }

    /// Returns the number of commands that were queued.
    pub(super) const fn commands(&self) -> usize {
        self.commands
    }

    /// Marks a transaction that is not to be run. Returns its commands, whose memory may be much.
    pub(super) const fn abort(&mut self) -> BufferQueue {
        self.is_aborted = true;
        mem::replace(&mut self.bytes, BufferQueue::EMPTY)
    }

    /// Returns `true` if the transaction is not to be run.
    pub(super) const fn is_aborted(&self) -> bool {
        self.is_aborted
    }

    /// Returns the number of bytes of the commands that are left.
    pub(super) const fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Returns `true` if no command is left.
    pub(super) const fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Returns the first command that is left, or `None` if none is. `is_begun` is `true` if it was
    /// returned before.
    pub(super) fn first(&mut self, is_begun: bool) -> Option<Command<'_>> {
        let bytes = self.bytes.front();
        if is_begun {
            return Some(self.decoder.last(bytes));
        }
        // Its bytes were a command before.
        self.decoder.decode(bytes).ok().flatten()
    }

    /// Removes the first command, which has `length` bytes.
    pub(super) fn remove_first(&mut self, length: usize) {
        self.bytes.consume(length);
    }

    /// Frees memory that only unusual commands need, between two commands.
    pub(super) fn shrink(&mut self) {
        self.decoder.shrink();
    }

    /// Returns the number of bytes of memory beside that of the commands.
    pub(super) const fn decoder_bytes(&self) -> usize {
        self.decoder.memory_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queue_has_limits() {
        let command = |decoder: &mut Decoder, bytes: &[u8], queue: &mut CommandQueue| {
            queue.push(&decoder.decode(bytes).unwrap().unwrap())
        };
        let budget = || Arc::new(Budget::new(usize::MAX));
        let mut decoder = Decoder::EMPTY;

        let mut queue = CommandQueue::new(budget());
        for _ in 0..MAX_COMMANDS {
            assert_eq!(command(&mut decoder, b"x\n", &mut queue), Ok(()));
        }
        let refused = command(&mut decoder, b"x\n", &mut queue);
        assert_eq!(refused, Err(QueueError::TooManyCommands));
        assert_eq!(queue.abort().len(), 2 * MAX_COMMANDS);
        assert_eq!(command(&mut decoder, b"x\n", &mut queue), Ok(()));
        assert_eq!((queue.commands(), queue.len()), (MAX_COMMANDS, 0));

        let long = [vec![b'x'; 1 << 15].as_slice(), b"\n"].concat();
        let mut queue = CommandQueue::new(budget());
        let mut queued = 0;
        let refused = loop {
            match command(&mut decoder, &long, &mut queue) {
                Ok(()) => queued += long.len(),
                Err(error) => break error,
            }
        };
        assert_eq!(refused, QueueError::TooManyBytes);
        assert!(queued <= MAX_BYTES && queued + long.len() > MAX_BYTES);

        let mut queue = CommandQueue::new(Arc::new(Budget::new(1 << 14)));
        let refused = command(&mut decoder, &long, &mut queue);
        assert_eq!(refused, Err(QueueError::NoRoom));
        assert_eq!(command(&mut decoder, b"x\n", &mut queue), Ok(()));
        assert_eq!(queue.first(false).unwrap().get(0), Some(b"x".as_slice()));
    }
}
