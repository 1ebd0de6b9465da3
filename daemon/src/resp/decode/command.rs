//! A decoded command.

use std::fmt;
use std::ptr;
use std::str::Utf8Error;

/// A command: its name and its arguments, borrowed from the bytes that were decoded.
#[derive(Clone, Copy)]
pub struct Command<'a> {
    /// The bytes in which `arguments` are positions.
    pub(super) bytes: &'a [u8],
    /// `bytes` as text, or empty where they are not known to be text.
    pub(super) text: &'a str,
    /// The positions of the name and the arguments, at most [`MAX_ARGUMENTS`](super::MAX_ARGUMENTS).
    pub(super) arguments: &'a [Span],
    /// The bytes as they were sent, up to the end of the command.
    pub(super) sent: &'a [u8],
    /// `true` for a line, whose arguments are copies.
    pub(super) is_inline: bool,
}

/// The position of an argument, in bytes from the beginning of the command, or of the copy of a line's arguments.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    start: u32,
    end: u32,
}

impl<'a> Command<'a> {
    /// Returns the number of bytes of the command, with its framing.
    #[must_use]
    pub const fn length(&self) -> usize {
        self.sent.len()
    }

    /// Returns the bytes of the command, with its framing.
    pub(in crate::resp) const fn sent(&self) -> &'a [u8] {
        self.sent
    }

    /// Returns the number of arguments, the name included. It is 0 for an empty line or array, which
    /// gets no reply.
    #[must_use]
    pub const fn count(&self) -> usize {
        self.arguments.len()
    }

    /// Returns the argument at this index; 0 is the name. `None` past the last one.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<&'a [u8]> {
        let span = self.arguments.get(index)?;
        self.bytes.get(span.start as usize..span.end as usize)
    }

    /// Returns the argument at this index as text, or an empty text past the last one.
    ///
    /// # Errors
    ///
    /// [`Utf8Error`] if it is not UTF-8.
    pub fn text(&self, index: usize) -> Result<&'a str, Utf8Error> {
        let known = |span: &Span| self.text.get(span.start as usize..span.end as usize);
        match self.arguments.get(index).and_then(known) {
            Some(text) => Ok(text),
            None => str::from_utf8(self.get(index).unwrap_or_default()),
        }
    }

    /// Returns the command with its bytes as `text`, which saves [`Self::text`] a check. An empty
    /// `text` stands for bytes that are not known to be UTF-8. A line is returned unchanged: its
    /// arguments are copies.
    #[must_use]
    pub(in crate::resp) fn with_text(self, text: &'a str) -> Self {
        if self.is_inline {
            return self;
        }
        debug_assert!(text.is_empty() || ptr::eq(text.as_bytes(), self.bytes));
        Self { text, ..self }
    }

    /// Returns the arguments, the name first.
    pub fn arguments(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let command = *self;
        (0..self.count()).filter_map(move |index| command.get(index))
    }

    /// Returns `true` if the command is a line, not an array.
    #[must_use]
    pub const fn is_inline(&self) -> bool {
        self.is_inline
    }
}

/// Shows sizes only: an argument may be a code value or an openId.
impl fmt::Debug for Command<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (count, length) = (self.count(), self.length());
        write!(f, "Command({count} arguments, {length} bytes)")
    }
}

impl Span {
    /// Returns the position from `start` to before `end`, which are at most
    /// [`MAX_COMMAND_BYTES`](super::MAX_COMMAND_BYTES).
    pub(super) fn new(start: usize, end: usize) -> Self {
        let narrow = |at| u32::try_from(at).expect("a command has at most 16 MiB");
        Self {
            start: narrow(start),
            end: narrow(end),
        }
    }
}
