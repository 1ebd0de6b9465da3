//! identifyCode: from the bytes of a request to the bytes of its answer, whatever carries them.
//!
//! Source: SPEC.md, section 1.

pub(crate) mod request;
mod response;
pub(crate) mod strict_json;

use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};

use codeid_engine::{Generation, LiveTable, RouteTable, Scratch};

use self::request::Parameters;
use crate::metrics::{Identification, RequestResult, Tally, thread_scratch};
use crate::result::identify::{PARAM_ILLEGAL, UNKNOWN_EXCEPTION};

pub use self::request::RequestError;
pub(crate) use self::response::write_string;
pub use self::response::{write_failure, write_verdict};

/// The most bytes of the body of a request for one code value.
pub(crate) const MAX_BODY_BYTES: usize = 128 << 10;

/// The most bytes of the body of a batch.
pub(crate) const MAX_BATCH_BODY_BYTES: usize = 16 << 20;

/// A buffer for answers that grew beyond this is not kept for the next.
const MAX_KEPT_BYTES: usize = 64 << 10;

/// Answers requests on one thread, with memory that is kept from one to the next.
#[derive(Debug)]
pub struct Identifier {
    scratch: Scratch,
    /// What the unit of work came to so far.
    tally: Tally,
    body: Vec<u8>,
    /// The id of the rule that decided last; empty if none did. Copied, since a clone would touch a
    /// count that all threads touch.
    rule: String,
}

/// The answer to a request that is well-formed.
#[derive(Clone, Copy, Debug)]
pub struct Answer<'a> {
    /// JSON, as SPEC.md, section 1, describes it.
    pub body: &'a [u8],
    /// The table that answered; `None` if there is none.
    pub generation: Option<Generation>,
    /// The id of the rule that decided, for a single code value.
    pub rule: Option<&'a str>,
    /// What is counted of it.
    pub(crate) tally: Tally,
}

impl Identifier {
    /// For the thread that calls: on a worker's, the route table counts what lookups come to.
    #[must_use]
    pub fn new() -> Self {
        Self {
            scratch: thread_scratch(),
            tally: Tally::default(),
            body: Vec::new(),
            rule: String::new(),
        }
    }

    /// Answers a request for one code value.
    ///
    /// Allocates nothing once the memory has grown, for a body without escapes.
    ///
    /// # Errors
    ///
    /// [`RequestError`] if the body is no such request.
    pub fn identify_code(
        &mut self,
        live: &LiveTable,
        body: &[u8],
    ) -> Result<Answer<'_>, RequestError> {
        let parameters = request::read_one(body)?;
        Ok(self.work(live, |identifier, table| {
            let identification = identifier.identify(table, &parameters);
            identifier.tally.count_request(identification.result());
        }))
    }

    /// Answers a batch: every element from the same table, in order.
    ///
    /// # Errors
    ///
    /// [`RequestError`] if the body is no batch.
    pub fn identify_codes(
        &mut self,
        live: &LiveTable,
        body: &[u8],
    ) -> Result<Answer<'_>, RequestError> {
        let elements = request::read_batch(body)?;
        Ok(self.work(live, |identifier, table| {
            identifier.body.push(b'[');
            for (index, element) in elements.iter().enumerate() {
                if index > 0 {
                    identifier.body.push(b',');
                }
                match element {
                    Ok(parameters) => {
                        identifier.identify(table, parameters);
                    }
                    Err(kind) => identifier.refuse_element(kind),
                }
            }
            identifier.body.push(b']');
            identifier.rule.clear();
            identifier.tally.count_request(RequestResult::Success);
        }))
    }

    /// Runs one unit of work on one table. A panic in it becomes the answer that says so, and costs
    /// what was kept.
    fn work(
        &mut self,
        live: &LiveTable,
        work: impl FnOnce(&mut Self, Option<&RouteTable>),
    ) -> Answer<'_> {
        if self.body.capacity() > MAX_KEPT_BYTES {
            self.body = Vec::new();
        }
        self.body.clear();
        self.rule.clear();
        self.tally = Tally::default();
        let generation = live.with(|table| {
            if catch_unwind(AssertUnwindSafe(|| work(self, table))).is_err() {
                *self = Self::new();
                let unknown = Identification::UnknownException;
                self.tally.count_identification(unknown);
                self.tally.count_request(unknown.result());
                let detail = "An internal fault occurred.";
                write_failure(&UNKNOWN_EXCEPTION, detail, &mut self.body);
            }
            table.map(RouteTable::generation)
        });
        Answer {
            body: &self.body,
            generation,
            rule: Some(self.rule.as_str()).filter(|rule| !rule.is_empty()),
            tally: mem::take(&mut self.tally),
        }
    }

    /// Appends the answer for one code value, and keeps the rule that decided.
    fn identify(
        &mut self,
        table: Option<&RouteTable>,
        parameters: &Parameters<'_>,
    ) -> Identification {
        self.rule.clear();
        let identification = match (parameters.check(), table) {
            (Err(detail), _) => {
                write_failure(&PARAM_ILLEGAL, &detail, &mut self.body);
                Identification::ParamIllegal
            }
            (Ok(_), None) => {
                let detail = "No route table is loaded.";
                write_failure(&UNKNOWN_EXCEPTION, detail, &mut self.body);
                Identification::UnknownException
            }
            (Ok((code_value, open_id)), Some(table)) => {
                let verdict = table.identify(code_value, open_id, &mut self.scratch);
                write_verdict(&verdict, &mut self.body);
                if let Some(rule) = verdict.rule {
                    self.rule.push_str(rule.as_str());
                }
                Identification::of(&verdict.outcome)
            }
        };
        self.tally.count_identification(identification);
        identification
    }

    /// Appends the answer for an element that is no object, but of this kind.
    fn refuse_element(&mut self, kind: &str) {
        self.tally
            .count_identification(Identification::ParamIllegal);
        let detail = format!("The element must be an object, it is {kind}.");
        write_failure(&PARAM_ILLEGAL, &detail, &mut self.body);
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
    fn without_a_table_the_answer_says_so() {
        let mut identifier = Identifier::new();
        let request = br#"{"codeValue":"28","openId":"user-42"}"#;
        let answer = identifier
            .identify_code(&LiveTable::new(), request)
            .unwrap();
        let body: serde_json::Value = serde_json::from_slice(answer.body).unwrap();
        assert_eq!(body["result"]["resultCode"], "UNKNOWN_EXCEPTION");
        assert_eq!(body["result"]["resultStatus"], "U");
        assert_eq!(body["detail"], "No route table is loaded.");
        assert_eq!(answer.generation, None);
    }

    #[test]
    fn a_panic_becomes_an_answer_and_the_thread_goes_on() {
        let (live, mut identifier) = (LiveTable::new(), Identifier::new());
        for _ in 0..2 {
            let answer = identifier.work(&live, |identifier, _| {
                identifier.body.extend_from_slice(b"half an answer");
                panic!("on purpose")
            });
            let body: serde_json::Value = serde_json::from_slice(answer.body).unwrap();
            assert_eq!(body["result"]["resultCode"], "UNKNOWN_EXCEPTION");
        }
        let answer = identifier.identify_codes(&live, b"[]").unwrap();
        assert_eq!(answer.body, b"[]");
    }
}
