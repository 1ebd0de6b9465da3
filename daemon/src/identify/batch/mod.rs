//! A batch of requests: read in slices, answered in slices, all from the table that it began with.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use codeid_engine::{Generation, LiveTable, RouteTable};

use super::parameters::{Parameter, Parameters};
use super::request::{ElementReader, MAX_ELEMENTS, ReadElement, RequestError, Step, read_object};
use crate::json::Kind;
use crate::slice::Slice;

/// The most bytes of the response to a batch. An element whose response would exceed it fails in its
/// place.
pub(crate) const MAX_RESPONSE_BYTES: usize = 32 << 20;

/// A batch whose body has arrived.
///
/// It is read first, as often as [`Self::read`] asks for, since a batch that is malformed anywhere is
/// refused as a whole. Then [`Identifier::continue_batch`](super::Identifier::continue_batch) answers
/// it, piece by piece.
#[derive(Debug)]
pub struct Batch {
    body: Bytes,
    reader: ElementReader,
    elements: Vec<Element>,
    /// The table of all elements, once the first is answered; `None` without one.
    table: Option<Arc<RouteTable>>,
    /// The index of the next element to be answered.
    next: usize,
    /// The bytes of the response so far.
    written: usize,
}

/// An element of a batch, as places in its body.
#[derive(Clone, Copy, Debug)]
enum Element {
    /// An object with both parameters, which have no escapes.
    Plain { code_value: Span, open_id: Span },
    /// Any other object.
    Object(Span),
    /// A value of another kind.
    Other(Kind),
}

/// A place in the body of a batch, which has 16 MiB at most.
#[derive(Clone, Copy, Debug)]
struct Span {
    start: u32,
    end: u32,
}

impl Batch {
    /// The most bytes of memory for a batch beside its body.
    pub(crate) const MAX_ELEMENT_BYTES: usize = MAX_ELEMENTS * size_of::<Element>();

    /// A batch with this body, of which nothing was read.
    #[must_use]
    pub const fn new(body: Bytes) -> Self {
        Self {
            body,
            reader: ElementReader::START,
            elements: Vec::new(),
            table: None,
            next: 0,
            written: 0,
        }
    }

    /// Reads elements until `slice` is over. Returns `true` once the whole body is read.
    ///
    /// # Errors
    ///
    /// [`RequestError`] if the body is not a batch.
    pub fn read(&mut self, slice: &mut Slice) -> Result<bool, RequestError> {
        loop {
            let bytes = match self.reader.step(&self.body)? {
                Step::Element(number, at) => {
                    // A batch with more elements is refused once the rest of it is read.
                    if number <= MAX_ELEMENTS {
                        let element = self.read_element(number, at.clone())?;
                        self.elements.push(element);
                    }
                    at.len()
                }
                Step::Between(bytes) => bytes,
                Step::End => return Ok(true),
            };
            if slice.spend(bytes) {
                return Ok(false);
            }
        }
    }

    fn read_element(&self, number: usize, at: Range<usize>) -> Result<Element, RequestError> {
        let span = |text: &str| Span::of(text, &self.body);
        let bytes = self.body.get(at.clone()).unwrap_or_default();
        Ok(match ReadElement::from_json(bytes, number)? {
            ReadElement::Other(kind) => Element::Other(kind),
            ReadElement::Object(parameters) => match parameters.texts() {
                Some((code_value, open_id)) => match (span(code_value), span(open_id)) {
                    (Some(code_value), Some(open_id)) => Element::Plain {
                        code_value,
                        open_id,
                    },
                    _ => Element::Object(Span::new(at)),
                },
                None => Element::Object(Span::new(at)),
            },
        })
    }

    /// Takes the live table for all elements.
    pub fn begin(&mut self, live: &LiveTable) {
        self.table = live.with_shared(|table| table.cloned());
    }

    /// Returns the generation of the table; `None` without one.
    pub(crate) fn generation(&self) -> Option<Generation> {
        self.table.as_deref().map(RouteTable::generation)
    }

    /// Returns the table from which all elements are answered; `None` if none is live.
    pub(super) const fn table(&self) -> Option<&Arc<RouteTable>> {
        self.table.as_ref()
    }

    /// Returns the next element to be answered: its parameters, or its kind if it is not an object.
    /// Returns `None` after the last one.
    pub(super) fn peek(&self) -> Option<Result<Parameters<'_>, Kind>> {
        let text = |span: Span| Parameter::Text(span.text(&self.body).into());
        Some(match *self.elements.get(self.next)? {
            Element::Plain {
                code_value,
                open_id,
            } => Ok(Parameters {
                code_value: text(code_value),
                open_id: text(open_id),
            }),
            Element::Object(span) => Ok(read_object(span.text(&self.body))),
            Element::Other(kind) => Err(kind),
        })
    }

    /// Returns the number of bytes of the next element that are worked on.
    pub(super) fn next_length(&self) -> usize {
        match self.elements.get(self.next) {
            Some(Element::Plain { code_value, .. }) => code_value.length(),
            Some(Element::Object(span)) => span.length(),
            Some(Element::Other(_)) | None => 0,
        }
    }

    /// Goes on to the next element, after `bytes` bytes were written for one.
    pub(super) const fn advance(&mut self, bytes: usize) {
        self.next += 1;
        self.written += bytes;
    }

    /// Returns `true` if the response has room for `bytes` more.
    pub(super) const fn has_room_for(&self, bytes: usize) -> bool {
        self.written + bytes <= MAX_RESPONSE_BYTES
    }

    /// Returns `true` if no element was answered.
    pub(super) const fn is_at_start(&self) -> bool {
        self.next == 0
    }
}

impl Span {
    fn new(at: Range<usize>) -> Self {
        let narrow = |at| u32::try_from(at).expect("a batch has at most 16 MiB");
        Self {
            start: narrow(at.start),
            end: narrow(at.end),
        }
    }

    /// Returns the place of `text` in `body`, or `None` for a copy of it.
    fn of(text: &str, body: &[u8]) -> Option<Self> {
        let start = text.as_ptr().addr().checked_sub(body.as_ptr().addr())?;
        let end = start + text.len();
        (end <= body.len()).then(|| Self::new(start..end))
    }

    const fn length(self) -> usize {
        (self.end - self.start) as usize
    }

    /// Returns the text at this place.
    fn text(self, body: &[u8]) -> &str {
        let bytes = body.get(self.start as usize..self.end as usize);
        let bytes = bytes.unwrap_or_default();
        str::from_utf8(bytes).expect("the text of an element was checked")
    }
}

#[cfg(test)]
mod tests;
