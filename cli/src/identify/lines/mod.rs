//! Splitting of input into blocks of complete lines, in bounded memory whatever the input is.

use std::io::{self, Read};

use codeid_engine::{CodeValue, OpenId};

use crate::encoding::{PROBE_BYTES, UTF_8_MARK, refuse_wide};

/// The bytes of one read. The responses to a block of empty lines take 200 times as much.
const READ_BYTES: usize = 64 * 1024;

/// The most bytes of a code value.
pub(super) const MAX_CODE_BYTES: usize = CodeValue::MAX_CHARACTERS * char::MAX.len_utf8();

/// The most bytes of an openId.
pub(super) const MAX_OPEN_ID_BYTES: usize = OpenId::MAX_CHARACTERS * char::MAX.len_utf8();

/// The most bytes of a line that can be a code value, a tab and an openId. Of a longer line two more
/// bytes are kept, and the rest is dropped: one shows that it is too long, even if the other is a CR
/// that ends the line.
pub(super) const MAX_LINE_BYTES: usize = MAX_CODE_BYTES + 1 + MAX_OPEN_ID_BYTES;

/// Some complete lines of the input; those that are too long are cut.
#[derive(Debug)]
pub(super) struct Block {
    /// The lines, each ended by `\n` except perhaps the last. Never empty, and at most
    /// [`MAX_LINE_BYTES`] + 2 + [`READ_BYTES`] long: the beginning of a line that the blocks before
    /// left, and one read.
    pub(super) text: Vec<u8>,
    /// The number of the first line, counted from 1.
    pub(super) first_line: u64,
    /// The number of input bytes that the block took, dropped ones included.
    pub(super) input_bytes: u64,
}

impl Block {
    /// Returns the lines without their terminators, `\n` or `\r\n`.
    pub(super) fn lines(&self) -> impl Iterator<Item = &[u8]> {
        let text = self.text.strip_suffix(b"\n").unwrap_or(&self.text);
        text.split(|byte| *byte == b'\n')
            .map(|line| line.strip_suffix(b"\r").unwrap_or(line))
    }
}

/// The blocks of an input, in order.
///
/// A block is returned as soon as a line is complete, so that lines which arrive slowly are
/// answered as they arrive. A byte order mark at the start of the input is skipped; an input in UTF-16
/// or UTF-32 is an error, as soon as its beginning shows it: at the end of the first line, in most cases.
///
/// An error of the input is returned as it is. The call after it reads on: no byte read before the
/// error is lost, and the lines are counted on.
#[derive(Debug)]
pub(super) struct Blocks<R> {
    input: R,
    /// The first bytes of the input, up to [`PROBE_BYTES`], by which its encoding is recognised.
    begin: Vec<u8>,
    /// The beginning of a line whose end has not been read.
    rest: Vec<u8>,
    /// `true` if `rest` is full, and the line's remaining bytes are to be dropped.
    dropping: bool,
    next_line: u64,
    input_bytes: u64,
}

impl<R: Read> Blocks<R> {
    /// Returns the blocks of `input`, whose lines count from 1.
    pub(super) const fn new(input: R) -> Self {
        Self {
            input,
            begin: Vec::new(),
            rest: Vec::new(),
            dropping: false,
            next_line: 1,
            input_bytes: 0,
        }
    }

    fn next_block(&mut self) -> io::Result<Option<Block>> {
        loop {
            let kept = self.rest.len();
            if self.read()? == 0 {
                let text = std::mem::take(&mut self.rest);
                let block = self.block(text);
                return Ok((!block.text.is_empty()).then_some(block));
            }
            if self.dropping {
                let read = self.rest.get(kept..).unwrap_or_default();
                let Some(newline) = memchr::memchr(b'\n', read) else {
                    self.rest.truncate(kept);
                    continue;
                };
                self.rest.drain(kept..kept + newline);
                self.dropping = false;
            }
            let read = self.rest.get(kept..).unwrap_or_default();
            let block = memchr::memrchr(b'\n', read).map(|newline| {
                let rest = self.rest.split_off(kept + newline + 1);
                std::mem::replace(&mut self.rest, rest)
            });
            if self.rest.len() > MAX_LINE_BYTES + 1 {
                self.rest.truncate(MAX_LINE_BYTES + 2);
                self.dropping = true;
            }
            if let Some(text) = block {
                return Ok(Some(self.block(text)));
            }
        }
    }

    /// Reads once, and appends to `rest`.
    fn read(&mut self) -> io::Result<usize> {
        let kept = self.rest.len();
        self.rest.resize(kept + READ_BYTES, 0);
        let read = loop {
            let room = self.rest.get_mut(kept..).unwrap_or_default();
            match self.input.read(room) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => break read,
            }
        };
        self.rest
            .truncate(kept + read.as_ref().map_or(0, |bytes| *bytes));
        self.input_bytes += read.as_ref().map_or(0, |bytes| *bytes as u64);
        let missing = PROBE_BYTES - self.begin.len();
        if missing > 0 {
            let is_end = matches!(read, Ok(0));
            let new = self.rest.iter().skip(kept).take(missing);
            self.begin.extend(new);
            refuse_wide(&self.begin, is_end)
                .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
        }
        read
    }

    fn block(&mut self, mut text: Vec<u8>) -> Block {
        let first_line = self.next_line;
        if first_line == 1 && text.starts_with(UTF_8_MARK) {
            text.drain(..UTF_8_MARK.len());
        }
        self.next_line += memchr::memchr_iter(b'\n', &text).count() as u64;
        Block {
            text,
            first_line,
            input_bytes: std::mem::take(&mut self.input_bytes),
        }
    }
}

impl<R: Read> Iterator for Blocks<R> {
    type Item = io::Result<Block>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_block().transpose()
    }
}

#[cfg(test)]
mod tests;
