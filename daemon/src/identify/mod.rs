//! identifyCode: from the bytes of a request to the bytes of its answer, whatever carries them.
//!
//! Source: SPEC.md, section 1.

mod explanation;
pub(crate) mod request;
mod response;
pub(crate) mod strict_json;

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use bytes::{Bytes, BytesMut};
use codeid_engine::{Generation, LiveTable, RouteTable, Scratch};

use self::request::Parameters;
use crate::metrics::{Identification, RequestResult, Tally, thread_scratch};
use crate::result::ApiResult;

pub(crate) use self::explanation::ExplainedRule;
pub use self::request::RequestError;
pub(crate) use self::response::{write_failure, write_string, write_verdict};

/// The most bytes of the body of a request for one code value.
pub(crate) const MAX_BODY_BYTES: usize = 128 << 10;

/// The most bytes of the body of a batch.
pub(crate) const MAX_BATCH_BODY_BYTES: usize = 16 << 20;

pub(crate) const PARAM_ILLEGAL: ApiResult = ApiResult {
    code: "PARAM_ILLEGAL",
    status: "F",
    message: "Illegal parameters exist. For example, a non-numeric input, or an invalid date.",
};

pub(crate) const UNKNOWN_EXCEPTION: ApiResult = ApiResult {
    code: "UNKNOWN_EXCEPTION",
    status: "U",
    message: "The API calling failed because of unknown reasons.",
};

/// An output buffer that grew beyond this is not kept for the next answer.
const MAX_KEPT_BYTES: usize = 64 << 10;

/// The answer to a request that is well-formed.
#[derive(Debug)]
pub struct Answer {
    /// JSON, as SPEC.md, section 1, describes it.
    pub body: Bytes,
    /// The table that answered; `None` if there is none.
    pub generation: Option<Generation>,
    /// The id of the rule that decided, for a single code value.
    pub rule: Option<Bytes>,
    /// What is counted of it.
    pub(crate) tally: Tally,
}

/// Answers a request for one code value.
///
/// # Errors
///
/// [`RequestError`] if the body is no such request.
pub fn identify_code(live: &LiveTable, body: &[u8]) -> Result<Answer, RequestError> {
    let parameters = request::read_one(body)?;
    Ok(with_memory(live, |table, memory| {
        let identification = memory.answer(table, &parameters);
        memory.tally.count_request(identification.result());
    }))
}

/// Answers a batch: every element from the same table, in order.
///
/// # Errors
///
/// [`RequestError`] if the body is no batch.
pub fn identify_codes(live: &LiveTable, body: &[u8]) -> Result<Answer, RequestError> {
    let elements = request::read_batch(body)?;
    Ok(with_memory(live, |table, memory| {
        memory.out.extend_from_slice(b"[");
        for (index, element) in elements.iter().enumerate() {
            if index > 0 {
                memory.out.extend_from_slice(b",");
            }
            match element {
                Ok(parameters) => {
                    memory.answer(table, parameters);
                }
                Err(kind) => {
                    memory
                        .tally
                        .count_identification(Identification::ParamIllegal);
                    let detail = format!("The element must be an object, it is {kind}.");
                    write_failure(&PARAM_ILLEGAL, &detail, &mut memory.out);
                }
            }
        }
        memory.out.extend_from_slice(b"]");
        memory.rule.clear();
        memory.tally.count_request(RequestResult::Success);
    }))
}

/// What a thread keeps from one answer to the next.
struct Memory {
    scratch: Scratch,
    /// What the unit of work came to so far.
    tally: Tally,
    out: BytesMut,
    /// The id of the rule that decided last; empty if none did. Copied, since a clone would touch a
    /// count that all threads touch.
    rule: Vec<u8>,
}

impl Memory {
    fn new() -> Self {
        Self {
            scratch: thread_scratch(),
            tally: Tally::default(),
            out: BytesMut::new(),
            rule: Vec::new(),
        }
    }

    /// Appends the answer for one code value, and keeps the rule that decided.
    fn answer(
        &mut self,
        table: Option<&RouteTable>,
        parameters: &Parameters<'_>,
    ) -> Identification {
        self.rule.clear();
        let identification = self.identify(table, parameters);
        self.tally.count_identification(identification);
        identification
    }

    fn identify(
        &mut self,
        table: Option<&RouteTable>,
        parameters: &Parameters<'_>,
    ) -> Identification {
        let (code_value, open_id) = match parameters.check() {
            Ok(checked) => checked,
            Err(detail) => {
                write_failure(&PARAM_ILLEGAL, &detail, &mut self.out);
                return Identification::ParamIllegal;
            }
        };
        let Some(table) = table else {
            let detail = "No route table is loaded.";
            write_failure(&UNKNOWN_EXCEPTION, detail, &mut self.out);
            return Identification::UnknownException;
        };
        let verdict = table.identify(code_value, open_id, &mut self.scratch);
        write_verdict(&verdict, &mut self.out);
        if let Some(rule) = verdict.rule {
            self.rule.extend_from_slice(rule.as_str().as_bytes());
        }
        Identification::of(&verdict.outcome)
    }
}

thread_local! {
    static MEMORY: RefCell<Memory> = RefCell::new(Memory::new());
}

/// Runs one unit of work on one table. A panic in it becomes the answer that says so, and costs
/// the thread what it had kept.
fn with_memory(live: &LiveTable, work: impl FnOnce(Option<&RouteTable>, &mut Memory)) -> Answer {
    MEMORY.with_borrow_mut(|memory| {
        live.with(|table| {
            let generation = table.map(RouteTable::generation);
            memory.tally = Tally::default();
            if catch_unwind(AssertUnwindSafe(|| work(table, memory))).is_err() {
                *memory = Memory::new();
                let unknown = Identification::UnknownException;
                memory.tally.count_identification(unknown);
                memory.tally.count_request(unknown.result());
                let detail = "An internal fault occurred.";
                write_failure(&UNKNOWN_EXCEPTION, detail, &mut memory.out);
            }
            let body = memory.out.split().freeze();
            memory.out.extend_from_slice(&memory.rule);
            let rule = memory.out.split().freeze();
            if body.len() > MAX_KEPT_BYTES {
                memory.out = BytesMut::new();
            }
            Answer {
                body,
                generation,
                rule: Some(rule).filter(|rule| !rule.is_empty()),
                tally: memory.tally,
            }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_table_the_answer_says_so() {
        let answer = identify_code(
            &LiveTable::new(),
            br#"{"codeValue":"28","openId":"user-42"}"#,
        )
        .unwrap();
        let body: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!(body["result"]["resultCode"], "UNKNOWN_EXCEPTION");
        assert_eq!(body["result"]["resultStatus"], "U");
        assert_eq!(body["detail"], "No route table is loaded.");
        assert_eq!(answer.generation, None);
    }

    #[test]
    fn a_panic_becomes_an_answer_and_the_thread_goes_on() {
        let live = LiveTable::new();
        for _ in 0..2 {
            let answer = with_memory(&live, |_, memory| {
                memory.out.extend_from_slice(b"half an answer");
                panic!("on purpose")
            });
            let body: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
            assert_eq!(body["result"]["resultCode"], "UNKNOWN_EXCEPTION");
        }
        let answer = identify_codes(&live, b"[]").unwrap();
        assert_eq!(&answer.body[..], b"[]");
    }
}
