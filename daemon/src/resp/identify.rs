//! `IDENTIFY` and `MIDENTIFY`: `identifyCode` for one code value, and for several.

use std::fmt::Display;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::str::Utf8Error;

use codeid_engine::{CodeValue, OpenId, Outcome, Verdict};

use super::commands::{After, Run, wrong_count};
use super::decode::Command;
use super::encode::Encoder;
use crate::identify::request::MAX_ELEMENTS;
use crate::metrics::{Identification, RequestResult};
use crate::result::ApiResult;
use crate::result::identify::{PARAM_ILLEGAL, UNKNOWN_EXCEPTION};

/// The most bytes of the reply to one command. Code values that are answered as they are stay far
/// below it; templates that repeat long ones may not.
const MAX_REPLY_BYTES: usize = 32 << 20;

const INTERNAL_FAULT: &str = "An internal fault occurred.";

/// `IDENTIFY codeValue openId`: a map of the fields of SPEC.md, section 1, less `result`.
pub(super) fn one(run: &mut Run<'_>, command: &Command<'_>) -> After {
    guarded(run, |run| {
        let identification = answer(run, command, 1);
        run.tally.count_request(identification.result());
    });
    After::GoOn
}

/// `MIDENTIFY codeValue openId [codeValue openId …]`: an array of such maps, or of errors where a
/// code value has one.
pub(super) fn several(run: &mut Run<'_>, command: &Command<'_>) -> After {
    if command.count().is_multiple_of(2) {
        return wrong_count(run, "midentify");
    }
    let elements = command.count() / 2;
    if elements > MAX_ELEMENTS {
        let detail = format!("The batch has more than {MAX_ELEMENTS} elements.");
        fail(&mut run.replies, &PARAM_ILLEGAL, detail);
        run.tally.count_request(RequestResult::ParamIllegal);
        return After::GoOn;
    }
    guarded(run, |run| {
        let start = run.replies.position();
        run.replies.array(elements);
        for element in 0..elements {
            answer(run, command, 2 * element + 1);
            if run.replies.position() - start > MAX_REPLY_BYTES {
                run.replies.take_back(start);
                let detail = format!("The reply has more than {MAX_REPLY_BYTES} bytes.");
                run.tally.count_request(RequestResult::UnknownException);
                return fail(&mut run.replies, &UNKNOWN_EXCEPTION, detail);
            }
        }
        run.tally.count_request(RequestResult::Success);
    });
    After::GoOn
}

/// `IDENTIFY` with `count` arguments, its name included, of three.
pub(super) fn missing(run: &mut Run<'_>, count: usize) -> After {
    let (name, min, max) = match count {
        1 => ("codeValue", 1, CodeValue::MAX_CHARACTERS),
        _ => ("openId", OpenId::MIN_CHARACTERS, OpenId::MAX_CHARACTERS),
    };
    let detail = format!("{name} must be a string of {min} to {max} characters, it is missing.");
    fail(&mut run.replies, &PARAM_ILLEGAL, detail);
    run.tally.count_identification(Identification::ParamIllegal);
    run.tally.count_request(RequestResult::ParamIllegal);
    After::GoOn
}

/// Runs one command's work. A panic in it becomes the error that says so, and costs the thread what
/// it had kept.
fn guarded(run: &mut Run<'_>, work: impl FnOnce(&mut Run<'_>)) {
    let (start, counted) = (run.replies.position(), *run.tally);
    if catch_unwind(AssertUnwindSafe(|| work(run))).is_err() {
        run.scratch.reset();
        run.replies.take_back(start);
        *run.tally = counted;
        run.tally
            .count_identification(Identification::UnknownException);
        run.tally.count_request(RequestResult::UnknownException);
        fail(&mut run.replies, &UNKNOWN_EXCEPTION, INTERNAL_FAULT);
    }
}

/// Answers for the code value that is the argument of this index; the next one is the openId.
fn answer(run: &mut Run<'_>, command: &Command<'_>, index: usize) -> Identification {
    let (code_value, open_id) = (command.text(index), command.text(index + 1));
    let identification = identify(run, code_value, open_id);
    run.tally.count_identification(identification);
    identification
}

fn identify(
    run: &mut Run<'_>,
    code_value: Result<&str, Utf8Error>,
    open_id: Result<&str, Utf8Error>,
) -> Identification {
    let replies = &mut run.replies;
    let Some(code_value) = checked(replies, "codeValue", code_value, CodeValue::new) else {
        return Identification::ParamIllegal;
    };
    let Some(open_id) = checked(replies, "openId", open_id, OpenId::new) else {
        return Identification::ParamIllegal;
    };
    let Some(table) = run.table else {
        fail(replies, &UNKNOWN_EXCEPTION, "No route table is loaded.");
        return Identification::UnknownException;
    };
    let verdict = table.identify(code_value, open_id, run.scratch);
    write_verdict(&verdict, replies);
    Identification::of(&verdict.outcome)
}

/// A parameter that is what it must be, or `None`, and the reply says why it is not.
fn checked<'a, T, E: Display>(
    replies: &mut Encoder<'_>,
    name: &str,
    sent: Result<&'a str, Utf8Error>,
    check: impl FnOnce(&'a str) -> Result<T, E>,
) -> Option<T> {
    let text = match sent {
        Ok(text) => text,
        Err(error) => {
            let at = error.valid_up_to();
            let detail = format_args!("{name} is not valid UTF-8 at byte {at}.");
            fail(replies, &PARAM_ILLEGAL, detail);
            return None;
        }
    };
    match check(text) {
        Ok(parameter) => Some(parameter),
        Err(error) => {
            fail(replies, &PARAM_ILLEGAL, format_args!("{error}."));
            None
        }
    }
}

/// `detail` is one sentence for people.
fn fail(replies: &mut Encoder<'_>, result: &ApiResult, detail: impl Display) {
    replies.error(format_args!("{} {detail}", result.code));
}

fn write_verdict(verdict: &Verdict<'_>, replies: &mut Encoder<'_>) {
    const IS_SUPPORTED: &[u8] = b"$11\r\nisSupported\r\n";
    match verdict.outcome {
        Outcome::Unsupported => {
            replies.map(1);
            replies.raw(IS_SUPPORTED);
            replies.boolean(false);
        }
        Outcome::Decode { code_value } => {
            replies.map(3);
            replies.raw(IS_SUPPORTED);
            replies.boolean(true);
            replies.raw(b"$23\r\npostCodeMatchActionType\r\n$6\r\nDECODE\r\n$9\r\ncodeValue\r\n");
            replies.bulk(code_value);
        }
        Outcome::OpenUrl {
            redirect_url,
            user_agent,
        } => {
            replies.map(4);
            replies.raw(IS_SUPPORTED);
            replies.boolean(true);
            replies
                .raw(b"$23\r\npostCodeMatchActionType\r\n$8\r\nOPEN_URL\r\n$11\r\nredirectUrl\r\n");
            replies.bulk(redirect_url);
            replies.raw(b"$9\r\nuserAgent\r\n");
            replies.bulk(user_agent);
        }
    }
}

#[cfg(test)]
mod tests {
    use codeid_engine::Scratch;

    use super::super::commands::Client;
    use super::*;
    use crate::metrics::Tally;

    #[test]
    fn a_panic_becomes_the_error_of_its_command() {
        let (mut out, mut scratch, mut client) = (Vec::new(), Scratch::new(), Client::new(1));
        let mut tally = Tally::default();
        let mut run = Run {
            table: None,
            scratch: &mut scratch,
            replies: Encoder::new(&mut out, client.protocol()),
            client: &mut client,
            tally: &mut tally,
        };
        run.replies.simple("PONG");
        guarded(&mut run, |run| {
            run.replies.array(7);
            panic!("on purpose");
        });
        run.replies.simple("PONG");
        let expected = b"+PONG\r\n-UNKNOWN_EXCEPTION An internal fault occurred.\r\n+PONG\r\n";
        assert_eq!(out, expected);
        let mut counted = Tally::of_request(RequestResult::UnknownException);
        counted.count_identification(Identification::UnknownException);
        assert_eq!(tally, counted);
    }
}
