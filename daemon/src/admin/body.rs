//! Bodies of responses. A large document is made piece by piece as the client takes it, from data that the
//! daemon has anyway: a client that does not read costs a piece, not the document.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::io::{self, Write};
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use hyper::body::{Frame, SizeHint};
use serde::Serialize;

use crate::decisions::Watch;

/// The most bytes of a piece.
const PIECE: usize = 64 << 10;

/// The body of a response.
pub(super) enum Body {
    /// Bytes that are in memory.
    Whole(Bytes),
    /// A document that is made as it is taken.
    Pieces(Pieces),
    /// Lines that are sent as they come up.
    Watch(Watch),
}

/// A document in pieces.
pub(super) struct Pieces {
    /// The first piece, until it is taken.
    first: Option<Bytes>,
    parts: VecDeque<Part>,
    /// The index of the next element of the first part.
    index: usize,
    /// The number of bytes of that element that were taken.
    offset: usize,
}

/// A part of a document: a text, or the elements of a list.
struct Part {
    elements: Box<dyn Elements>,
    separator: &'static str,
}

/// The elements of a part, each of which can be written at any time.
pub(super) trait Elements: Send {
    /// Returns the number of elements.
    fn count(&self) -> usize;

    /// Writes the element at `index`, which is below the number of elements: the same bytes each time.
    ///
    /// # Errors
    ///
    /// The error of `out`.
    fn write(&self, index: usize, out: &mut dyn Write) -> io::Result<()>;
}

/// The elements that a function makes, in JSON.
pub(super) struct Each<F> {
    count: usize,
    element: F,
}

/// A document that is being put together.
pub(super) struct Document {
    parts: VecDeque<Part>,
    /// The text after the parts.
    rest: String,
}

/// Bytes that are one element.
struct Fixed(Vec<u8>);

impl Document {
    /// Returns the document of `skeleton`, whose lists that [`Self::with_list`] fills are empty.
    pub(super) fn new(skeleton: &impl Serialize) -> Self {
        let text = serde_json::to_string(skeleton);
        Self {
            parts: VecDeque::new(),
            rest: text.expect("documents have only strings as keys") + "\n",
        }
    }

    /// Fills the empty list `name`. Lists are filled in the order in which the document has them.
    pub(super) fn with_list<T: Serialize>(
        self,
        name: &str,
        count: usize,
        element: impl Fn(usize) -> T + Send + 'static,
    ) -> Self {
        // Nothing else looks like it: a quote within a string is escaped.
        let list = format!("\"{name}\":[");
        let at = self.rest.find(&format!("{list}]"));
        let at = at.expect("the skeleton has this list, after those before it") + list.len();
        let mut before = self.rest;
        let rest = before.split_off(at);
        let filled = Self {
            rest: before,
            ..self
        }
        .with_elements(",", Each::new(count, element));
        Self { rest, ..filled }
    }

    /// Adds elements at the end, with `separator` between them.
    pub(super) fn with_elements(
        mut self,
        separator: &'static str,
        elements: impl Elements + 'static,
    ) -> Self {
        self.push_rest();
        let elements = Box::new(elements);
        self.parts.push_back(Part {
            elements,
            separator,
        });
        self
    }

    /// Adds a text at the end.
    pub(super) fn with_text(mut self, text: &str) -> Self {
        self.rest.push_str(text);
        self
    }

    /// Returns the document that consists of `text` so far.
    pub(super) const fn from_text(text: String) -> Self {
        Self {
            parts: VecDeque::new(),
            rest: text,
        }
    }

    fn push_rest(&mut self) {
        let text = mem::take(&mut self.rest).into_bytes();
        self.parts.push_back(Part {
            elements: Box::new(Fixed(text)),
            separator: "",
        });
    }
}

impl From<Document> for Body {
    /// Returns a whole body if it is no longer than a piece.
    fn from(mut document: Document) -> Self {
        document.push_rest();
        let mut pieces = Pieces {
            first: None,
            parts: document.parts,
            index: 0,
            offset: 0,
        };
        let first = pieces.make().unwrap_or_default();
        if pieces.parts.is_empty() {
            return Self::Whole(first);
        }
        pieces.first = Some(first);
        Self::Pieces(pieces)
    }
}

impl Pieces {
    fn next(&mut self) -> Option<Bytes> {
        self.first.take().or_else(|| self.make())
    }

    /// Makes the next piece; `None` at the end.
    fn make(&mut self) -> Option<Bytes> {
        let mut piece = Vec::with_capacity(PIECE);
        while let Some(part) = self.parts.front() {
            if self.index == part.elements.count() {
                self.parts.pop_front();
                self.index = 0;
                continue;
            }
            let mut window = Window {
                skip: self.offset,
                piece: &mut piece,
                taken: 0,
                is_full: false,
            };
            let separator = if self.index > 0 { part.separator } else { "" };
            let written = window
                .write_all(separator.as_bytes())
                .and_then(|()| part.elements.write(self.index, &mut window));
            if window.is_full {
                self.offset += window.taken;
                break;
            }
            written.expect("documents have only strings as keys");
            self.index += 1;
            self.offset = 0;
        }
        piece.shrink_to_fit();
        (!piece.is_empty()).then(|| piece.into())
    }
}

/// The part of an element that a piece has room for.
struct Window<'a> {
    /// The bytes that earlier pieces have.
    skip: usize,
    piece: &'a mut Vec<u8>,
    /// The bytes that this piece got.
    taken: usize,
    /// `true` if the element goes on after the piece.
    is_full: bool,
}

impl Write for Window<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let skipped = self.skip.min(bytes.len());
        self.skip -= skipped;
        let rest = bytes.get(skipped..).unwrap_or_default();
        let room = PIECE - self.piece.len();
        let taken = rest.get(..room).unwrap_or(rest);
        self.piece.extend_from_slice(taken);
        self.taken += taken.len();
        if taken.len() < rest.len() {
            self.is_full = true;
            return Err(io::Error::other("the piece is full"));
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<T: Serialize, F: Fn(usize) -> T + Send> Each<F> {
    /// Returns the elements that `element` gives for the indices from 0 to below `count`.
    pub(super) const fn new(count: usize, element: F) -> Self {
        Self { count, element }
    }
}

impl<T: Serialize, F: Fn(usize) -> T + Send> Elements for Each<F> {
    fn count(&self) -> usize {
        self.count
    }

    fn write(&self, index: usize, out: &mut dyn Write) -> io::Result<()> {
        Ok(serde_json::to_writer(out, &(self.element)(index))?)
    }
}

impl Elements for Fixed {
    fn count(&self) -> usize {
        1
    }

    fn write(&self, _: usize, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(&self.0)
    }
}

impl Body {
    /// Returns a count that rises whenever the client is ready for more of a body that may never end; `None` for
    /// any other.
    pub(super) fn progress(&self) -> Option<Arc<AtomicU64>> {
        match self {
            Self::Whole(_) | Self::Pieces(_) => None,
            Self::Watch(watch) => Some(watch.progress()),
        }
    }
}

impl hyper::body::Body for Body {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let piece = match self.get_mut() {
            Self::Whole(bytes) => Some(mem::take(bytes)).filter(|bytes| !bytes.is_empty()),
            Self::Pieces(pieces) => pieces.next(),
            Self::Watch(watch) => ready!(watch.poll_next(cx)),
        };
        Poll::Ready(piece.map(|piece| Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(bytes) => bytes.is_empty(),
            Self::Pieces(pieces) => pieces.first.is_none() && pieces.parts.is_empty(),
            Self::Watch(_) => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Self::Pieces(_) | Self::Watch(_) => SizeHint::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// Returns the pieces of a body.
    fn pieces(body: impl Into<Body>) -> Vec<Bytes> {
        match body.into() {
            Body::Whole(bytes) => vec![bytes],
            Body::Pieces(mut pieces) => std::iter::from_fn(|| pieces.next()).collect(),
            Body::Watch(_) => panic!("not a document"),
        }
    }

    fn document(lists: [Vec<Value>; 2]) -> (Document, Vec<u8>) {
        let whole =
            json!({"a": "x\",\"b\":[],\"", "b": lists[0], "c": {"d": 1, "e": lists[1]}, "f": []});
        let mut expected = serde_json::to_vec(&whole).unwrap();
        expected.push(b'\n');
        let skeleton = json!({"a": whole["a"], "b": [], "c": {"d": 1, "e": []}, "f": []});
        let [b, e] = lists;
        let document = Document::new(&skeleton)
            .with_list("b", b.len(), move |index| b[index].clone())
            .with_list("e", e.len(), move |index| e[index].clone());
        (document, expected)
    }

    #[test]
    fn a_document_in_pieces_has_the_bytes_of_the_whole_one() {
        let texts = |length: usize, count: usize| vec![json!("x".repeat(length)); count];
        for (lists, count) in [
            ([vec![], vec![]], 1),
            ([texts(1, 3), texts(0, 1)], 1),
            ([texts(1000, 100), texts(10, 10_000)], 4),
            // Elements that are longer than a piece.
            ([texts(200_000, 2), texts(PIECE, 3)], 10),
        ] {
            let (document, expected) = document(lists);
            let pieces = pieces(document);
            assert_eq!(pieces.concat(), expected);
            assert_eq!(pieces.len(), count);
            let (_, full) = pieces.split_last().unwrap();
            assert!(full.iter().all(|piece| piece.len() == PIECE));
        }
    }

    #[test]
    fn a_document_of_any_length_around_a_piece_ends() {
        for length in PIECE - 60..PIECE + 20 {
            let lists = [vec![json!("x".repeat(length))], vec![json!(1)]];
            let (document, expected) = document(lists);
            assert_eq!(pieces(document).concat(), expected);
        }
    }
}
