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
mod tests {
    use super::*;
    use crate::error_chain::ErrorChain;

    fn read(body: &[u8]) -> Result<Batch, RequestError> {
        let batch = || Batch::new(Bytes::copy_from_slice(body));
        let (mut whole, mut sliced) = (batch(), batch());
        let read = whole
            .read(&mut Slice::endless())
            .map(|is_read| assert!(is_read));
        // Another slice after each step changes nothing.
        let read_in_slices = loop {
            match sliced.read(&mut Slice::shortest()) {
                Ok(false) => {}
                Ok(true) => break Ok(()),
                Err(error) => break Err(error),
            }
        };
        assert_eq!(format!("{read:?}"), format!("{read_in_slices:?}"));
        assert_eq!(
            format!("{:?}", whole.elements),
            format!("{:?}", sliced.elements)
        );
        read.map(|()| whole)
    }

    fn refusal(body: &[u8]) -> String {
        ErrorChain(&read(body).unwrap_err()).to_string()
    }

    #[test]
    fn a_batch_has_bad_elements_in_their_places() {
        let mut batch = read(
            br#" [{"codeValue":"a","openId":"u-1"}, 5,null , [],{"codeValue":"b"},
            {"openId":"u-1","codeValue":"\u0061"}] "#,
        )
        .unwrap();
        let mut elements = Vec::new();
        while let Some(element) = batch.peek() {
            elements.push(match element {
                Ok(parameters) => match parameters.check() {
                    Ok((code_value, open_id)) => {
                        format!("{} {}", code_value.as_str(), open_id.as_str())
                    }
                    Err(error) => error.to_string(),
                },
                Err(kind) => kind.to_string(),
            });
            batch.advance(0);
        }
        let missing = "openId must be a string of 3 to 256 characters but is missing";
        let expected = ["a u-1", "a number", "null", "an array", missing, "a u-1"];
        assert_eq!(elements, expected);
        assert!(read(b" [ ] ").unwrap().peek().is_none());
    }

    #[test]
    fn a_malformed_batch_is_refused_as_a_whole() {
        let table: &[(&[u8], &str)] = &[
            (b"", "the body is empty"),
            (b" \n ", "the body has only white space"),
            (b" x", "the body is not JSON"),
            (
                b"\xef\xbb\xbf[]",
                "the body begins with a byte order mark of UTF-8; it must be UTF-8 without one",
            ),
            (
                b"[\0{\0}\0]\0",
                "the body is encoded in UTF-16; it must be UTF-8",
            ),
            (b"\0[\0]", "the body is encoded in UTF-16; it must be UTF-8"),
            (b"{\0}\0", "the body is encoded in UTF-16; it must be UTF-8"),
            (b" {}", "the body must be an array but is an object"),
            (b"[", "the body is not JSON: a value is expected at byte 1"),
            (
                b"[1",
                "the body is not JSON: `,` or `]` is expected at byte 2",
            ),
            (
                b"[1 2]",
                "the body is not JSON: `,` or `]` is expected at byte 3",
            ),
            (
                b"[1]]",
                "the body is not JSON: the end of the body is expected at byte 3",
            ),
            (
                b"[1,]",
                "in element 2 of the batch: the body is not JSON: expected value at line 1 column 1",
            ),
            (
                b"[1,\"\xff\"]",
                "in element 2 of the batch: the body is not valid UTF-8 at byte 1",
            ),
            (
                br#"[{"codeValue":"a","codeValue":"a"}]"#,
                "in element 1 of the batch: the body is not accepted: codeValue occurs more than once at line 1 column 28",
            ),
            (
                br#"[0,{"x":{"y":1,"y":1}}]"#,
                "in element 2 of the batch: the body is not accepted: an object has a repeated key at line 1 column 19",
            ),
            (
                br#"["\ud800"]"#,
                "in element 1 of the batch: the body is not accepted: a string has a lone surrogate",
            ),
            (
                br#"[[{"y":1,"y":1}]]"#,
                "in element 1 of the batch: the body is not accepted: an object has a repeated key",
            ),
        ];
        for (body, error) in table {
            assert_eq!(refusal(body), *error, "{}", String::from_utf8_lossy(body));
        }
    }

    #[test]
    fn a_batch_has_limits() {
        let elements = |n: usize, last: &str| format!("[{}{last}", vec!["1"; n].join(","));
        assert_eq!(
            read(elements(1024, "]").as_bytes()).unwrap().elements.len(),
            1024
        );
        let refused = refusal(elements(1025, "]").as_bytes());
        assert_eq!(refused, "the batch has more than 1024 elements");
        // A malformed batch is reported as that.
        let refused = refusal(elements(1025, "}").as_bytes());
        assert_eq!(
            refused,
            "the body is not JSON: `,` or `]` is expected at byte 2050"
        );

        let element = |bytes: usize| format!("[\"{}\" , 1]", "x".repeat(bytes - 2));
        assert!(read(element(128 << 10).as_bytes()).is_ok());
        for bytes in [(128 << 10) + 1, (128 << 10) + 2, 300 << 10] {
            let refused = refusal(element(bytes).as_bytes());
            assert_eq!(refused, "element 1 of the batch has more than 131072 bytes");
        }
        let spaces = format!("[{}1{}]", " ".repeat(200 << 10), " ".repeat(200 << 10));
        assert!(read(spaces.as_bytes()).is_ok());
    }
}
