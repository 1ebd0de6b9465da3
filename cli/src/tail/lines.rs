//! Lines in bytes that arrive in pieces.

use std::ops::ControlFlow;

use crate::output::Failure;

/// The most bytes of a line: a line of a decision has a few hundred.
const MAX_BYTES: usize = 64 << 10;

/// Finds lines in bytes that arrive in pieces.
#[derive(Debug, Default)]
pub(super) struct Lines {
    /// The beginning of a line whose end has not arrived.
    begun: Vec<u8>,
}

/// A line has too many bytes.
#[derive(Debug, thiserror::Error)]
#[error("the daemon sent a line of more than {MAX_BYTES} bytes")]
struct TooLong;

impl Lines {
    /// Gives `show` each line that is complete with these bytes, without its line feed, until it breaks.
    ///
    /// # Errors
    ///
    /// [`Failure::Unanswered`] if a line is too long; the error of `show`.
    pub(super) fn take(
        &mut self,
        bytes: &[u8],
        mut show: impl FnMut(&[u8]) -> Result<ControlFlow<()>, Failure>,
    ) -> Result<ControlFlow<()>, Failure> {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.begun.extend_from_slice(piece);
            if self.begun.len() > MAX_BYTES {
                return Err(Failure::Unanswered(Box::new(TooLong)));
            }
            if let Some(line) = self.begun.strip_suffix(b"\n") {
                let flow = show(line)?;
                self.begun.clear();
                if flow.is_break() {
                    return Ok(flow);
                }
            }
        }
        Ok(ControlFlow::Continue(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_found_in_pieces_of_any_size() {
        let text = b"one\n\nthree\nrest";
        for size in 1..=text.len() {
            let (mut lines, mut found) = (Lines::default(), Vec::new());
            for piece in text.chunks(size) {
                let flow = lines.take(piece, |line| {
                    found.push(line.to_vec());
                    Ok(ControlFlow::Continue(()))
                });
                assert!(flow.unwrap().is_continue());
            }
            assert_eq!(found, [&b"one"[..], b"", b"three"]);
        }
    }

    #[test]
    fn a_line_without_end_is_an_error() {
        let mut lines = Lines::default();
        let mut take = |bytes: &[u8]| lines.take(bytes, |_| Ok(ControlFlow::Continue(())));
        assert!(take(&vec![b'x'; MAX_BYTES]).is_ok());
        assert!(take(b"x").is_err());
    }
}
