//! identifyCode: from the body of a request to the body of its response, whatever carries them.
//!
//! Source: SPEC.md, section 1.

mod batch;
mod parameters;
mod request;
mod response;

use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use codeid_engine::{Generation, LiveTable, RouteTable, Scratch};

use self::parameters::Parameters;
use crate::decisions::{self, Decision};
use crate::json::Kind;
use crate::metrics::{Identification, RequestCounts, RequestResult, thread_scratch};
use crate::result::identify::{PARAM_ILLEGAL, UNKNOWN_EXCEPTION};
use crate::slice::Slice;

pub use self::batch::Batch;
pub(crate) use self::batch::MAX_RESPONSE_BYTES;
pub(crate) use self::parameters::{ParameterErrors, check_texts};
pub use self::request::RequestError;
pub(crate) use self::request::{MAX_ELEMENTS, read_one};
pub use self::response::write_verdict;
pub use crate::result::write_failure;

/// The most bytes of the body of a request for one code value.
pub(crate) const MAX_BODY_BYTES: usize = 128 << 10;

/// The most bytes of the body of a batch.
pub(crate) const MAX_BATCH_BODY_BYTES: usize = 16 << 20;

/// The most bytes of capacity that the buffer for a response body keeps for the next one.
const MAX_IDLE_BYTES: usize = 64 << 10;

/// Answers requests on one thread, with memory that it reuses for the next request.
#[derive(Debug)]
pub struct Identifier {
    scratch: Scratch,
    /// The counts of the current request.
    counts: RequestCounts,
    body: Vec<u8>,
    /// The id of the rule that decided last, empty if none did. It is a copy, since a clone would
    /// write to a reference count that all threads share.
    rule: String,
}

/// A piece of the response to a batch.
#[derive(Clone, Copy, Debug)]
pub struct Piece<'a> {
    /// The bytes of the body that follow those of the pieces before.
    pub bytes: &'a [u8],
    /// `true` if no piece follows.
    pub is_last: bool,
    /// The counts of the elements in the piece, and of the batch if it is the last.
    pub(crate) counts: RequestCounts,
}

/// The response to a well-formed request for one code value.
///
/// Source: SPEC.md, section 1.
#[derive(Clone, Copy, Debug)]
pub struct Response<'a> {
    /// The body, which is JSON.
    pub body: &'a [u8],
    /// The generation of the table that answered; `None` without a table.
    pub generation: Option<Generation>,
    /// The id of the rule that decided; `None` if no rule did.
    pub rule: Option<&'a str>,
    /// The counts of the request.
    pub(crate) counts: RequestCounts,
}

impl Identifier {
    /// An identifier for the current thread. On the thread of a worker, the route table counts the
    /// outcomes of its lookups.
    #[must_use]
    pub fn new() -> Self {
        Self {
            scratch: thread_scratch(),
            counts: RequestCounts::default(),
            body: Vec::new(),
            rule: String::new(),
        }
    }

    /// Answers a request for one code value.
    ///
    /// Allocates nothing for a body without escapes, once the memory has grown.
    ///
    /// # Errors
    ///
    /// [`RequestError`] if the body is not such a request.
    pub fn identify_code(
        &mut self,
        live: &LiveTable,
        body: &[u8],
    ) -> Result<Response<'_>, RequestError> {
        let parameters = read_one(body)?;
        Ok(self.respond(live, |identifier, table| {
            identifier.identify(table, &parameters)
        }))
    }

    /// Makes the response to a request for one code value from the live table.
    fn respond(
        &mut self,
        live: &LiveTable,
        work: impl FnOnce(&mut Self, Option<&RouteTable>) -> Identification,
    ) -> Response<'_> {
        self.clear();
        let generation = live.with(|table| {
            let identification = self.guarded(|identifier| work(identifier, table));
            self.counts.count_request(identification.result());
            table.map(RouteTable::generation)
        });
        Response {
            body: &self.body,
            generation,
            rule: Some(self.rule.as_str()).filter(|rule| !rule.is_empty()),
            counts: mem::take(&mut self.counts),
        }
    }

    /// Answers elements of a batch, in order, until `slice` is over or the piece of the response has
    /// `most_bytes`.
    ///
    /// The batch must have been read, and must have begun.
    pub fn continue_batch(
        &mut self,
        batch: &mut Batch,
        slice: &mut Slice,
        most_bytes: usize,
    ) -> Piece<'_> {
        self.clear();
        if batch.is_at_start() {
            self.body.push(b'[');
        }
        let mut is_last = false;
        loop {
            let start = self.body.len();
            let Some(element) = batch.peek() else {
                is_last = true;
                break;
            };
            if !batch.is_at_start() {
                self.body.push(b',');
            }
            let table = batch.table().map(Arc::as_ref);
            self.guarded(|identifier| match &element {
                Ok(parameters) => identifier.identify(table, parameters),
                Err(kind) => identifier.refuse_element(*kind),
            });
            if !batch.has_room_for(self.body.len() - start) {
                self.body.truncate(start);
                if !batch.is_at_start() {
                    self.body.push(b',');
                }
                let detail = format!("The response has more than {MAX_RESPONSE_BYTES} bytes.");
                write_failure(&UNKNOWN_EXCEPTION, &detail, &mut self.body);
            }
            let bytes = batch.next_length();
            batch.advance(self.body.len() - start);
            if slice.spend(bytes) || self.body.len() >= most_bytes {
                break;
            }
        }
        if is_last {
            self.body.push(b']');
            self.counts.count_request(RequestResult::Success);
        }
        Piece {
            bytes: &self.body,
            is_last,
            counts: mem::take(&mut self.counts),
        }
    }

    /// Empties the memory for a response.
    fn clear(&mut self) {
        if self.body.capacity() > MAX_IDLE_BYTES {
            self.body = Vec::new();
        }
        self.body.clear();
        self.rule.clear();
        self.counts = RequestCounts::default();
    }

    /// Runs the work for one code value. A panic in it becomes a failure in place of what it wrote, and
    /// frees the memory for lookups.
    fn guarded(&mut self, work: impl FnOnce(&mut Self) -> Identification) -> Identification {
        let (start, counts) = (self.body.len(), self.counts);
        let identification = catch_unwind(AssertUnwindSafe(|| work(self))).unwrap_or_else(|_| {
            self.scratch = thread_scratch();
            self.counts = counts;
            self.rule.clear();
            self.body.truncate(start);
            let detail = "An internal fault occurred.";
            write_failure(&UNKNOWN_EXCEPTION, detail, &mut self.body);
            decisions::record(&Decision::FAULT);
            Identification::UnknownException
        });
        self.counts.count_identification(identification);
        identification
    }

    /// Appends the response to one code value, and remembers the rule that decided.
    fn identify(
        &mut self,
        table: Option<&RouteTable>,
        parameters: &Parameters<'_>,
    ) -> Identification {
        self.rule.clear();
        let (values, identification) = match (parameters.check(), table) {
            (Err(error), _) => {
                write_failure(&PARAM_ILLEGAL, &format!("{error}."), &mut self.body);
                (None, Identification::ParamIllegal)
            }
            (Ok(values), None) => {
                let detail = "No route table is loaded.";
                write_failure(&UNKNOWN_EXCEPTION, detail, &mut self.body);
                (Some(values), Identification::UnknownException)
            }
            (Ok((code_value, open_id)), Some(table)) => {
                let verdict = table.identify(code_value, open_id, &mut self.scratch);
                write_verdict(&verdict, &mut self.body);
                if let Some(rule) = verdict.rule {
                    self.rule.push_str(rule.as_str());
                }
                let identification = Identification::of(&verdict.outcome);
                (Some((code_value, open_id)), identification)
            }
        };
        decisions::record(&Decision {
            generation: table.map(RouteTable::generation),
            rule: Some(self.rule.as_str()).filter(|rule| !rule.is_empty()),
            identification,
            values,
        });
        identification
    }

    /// Appends the response to an element of a batch that is not an object, but of this kind.
    fn refuse_element(&mut self, kind: Kind) -> Identification {
        let detail = format!("The element must be an object but is {kind}.");
        write_failure(&PARAM_ILLEGAL, &detail, &mut self.body);
        decisions::record(&Decision::ILLEGAL);
        Identification::ParamIllegal
    }
}

impl Default for Identifier {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_says_that_no_table_is_loaded() {
        let mut identifier = Identifier::new();
        let request = br#"{"codeValue":"28","openId":"user-42"}"#;
        let response = identifier
            .identify_code(&LiveTable::new(), request)
            .unwrap();
        let body: serde_json::Value = serde_json::from_slice(response.body).unwrap();
        assert_eq!(body["result"]["resultCode"], "UNKNOWN_EXCEPTION");
        assert_eq!(body["result"]["resultStatus"], "U");
        assert_eq!(body["detail"], "No route table is loaded.");
        assert_eq!(response.generation, None);
    }

    #[test]
    fn a_panic_becomes_a_failure_and_the_next_request_is_answered() {
        let (live, mut identifier) = (LiveTable::new(), Identifier::new());
        for _ in 0..2 {
            let response = identifier.respond(&live, |identifier, _| {
                identifier.body.extend_from_slice(b"half a response");
                panic!("on purpose")
            });
            let body: serde_json::Value = serde_json::from_slice(response.body).unwrap();
            assert_eq!(body["result"]["resultCode"], "UNKNOWN_EXCEPTION");
        }
        let mut batch = Batch::new(b"[]".as_slice().into());
        assert!(batch.read(&mut Slice::endless()).unwrap());
        let piece = identifier.continue_batch(&mut batch, &mut Slice::endless(), 1);
        assert_eq!((piece.bytes, piece.is_last), (b"[]".as_slice(), true));
    }
}
