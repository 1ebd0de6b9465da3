//! `IDENTIFY` and `MIDENTIFY`: identifyCode for one code value, and for several.

use std::fmt::Display;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::str::Utf8Error;

use codeid_engine::{CodeValue, OpenId, Outcome, Verdict};

use super::context::{Context, Flow, Position, WRITE_FIRST_BYTES};
use super::decode::Command;
use super::encode::Encoder;
use crate::identify::{MAX_ELEMENTS, MAX_RESPONSE_BYTES, ParameterErrors};
use crate::metrics::{Identification, RequestResult};
use crate::result::ApiResult;
use crate::result::identify::{PARAM_ILLEGAL, UNKNOWN_EXCEPTION};

const INTERNAL_FAULT: &str = "An internal fault occurred.";

/// Runs `IDENTIFY codeValue openId`: appends a map of the fields of SPEC.md, section 1, without `result`,
/// or an error.
pub(super) fn one(context: &mut Context<'_>, command: &Command<'_>) -> Flow {
    let identification = answer(context, command, 1);
    context.counts.count_request(identification.result());
    Flow::Continue
}

/// Runs `MIDENTIFY codeValue openId [codeValue openId …]`: appends an array of such maps, with an error
/// in place of each map that could not be made, or for which the reply has no room. A batch with too many
/// elements gets one error.
///
/// It stops when its slice is over, or there are many replies to be written.
pub(super) fn several(context: &mut Context<'_>, command: &Command<'_>) -> Flow {
    if command.count().is_multiple_of(2) {
        return refuse_several(context);
    }
    let elements = command.count() / 2;
    if elements > MAX_ELEMENTS {
        let detail = format!("The batch has more than {MAX_ELEMENTS} elements.");
        fail(&mut context.replies, &PARAM_ILLEGAL, detail);
        context.counts.count_request(RequestResult::ParamIllegal);
        return Flow::Continue;
    }
    let mut position = context.position.unwrap_or_else(|| {
        context.replies.array(elements);
        Position::default()
    });
    while position.answered < elements {
        let (start, index) = (context.replies.position(), 2 * position.answered + 1);
        answer(context, command, index);
        if position.reply_bytes + context.replies.position() - start > MAX_RESPONSE_BYTES {
            context.replies.truncate(start);
            let detail = format!("The reply has more than {MAX_RESPONSE_BYTES} bytes.");
            fail(&mut context.replies, &UNKNOWN_EXCEPTION, detail);
        }
        position.answered += 1;
        position.reply_bytes += context.replies.position() - start;
        let bytes = command.get(index).map_or(0, <[u8]>::len);
        let is_over = context.slice.spend(bytes);
        let has_many = context.replies.position() >= WRITE_FIRST_BYTES;
        if (is_over || has_many) && position.answered < elements {
            return Flow::Unfinished(position);
        }
    }
    context.counts.count_request(RequestResult::Success);
    Flow::Continue
}

/// Refuses an `IDENTIFY` that has `count` arguments instead of three, counting the command's name.
pub(super) fn refuse_one(context: &mut Context<'_>, count: usize) -> Flow {
    context.counts.count_request(RequestResult::ParamIllegal);
    if count > 3 {
        return context.refuse_count("identify");
    }
    let missing = ParameterErrors::missing(count > 1);
    fail(
        &mut context.replies,
        &PARAM_ILLEGAL,
        format_args!("{missing}."),
    );
    context
        .counts
        .count_identification(Identification::ParamIllegal);
    Flow::Continue
}

/// Refuses a `MIDENTIFY` whose arguments are not pairs.
pub(super) fn refuse_several(context: &mut Context<'_>) -> Flow {
    context.counts.count_request(RequestResult::ParamIllegal);
    context.refuse_count("midentify")
}

/// Appends the reply for the code value at argument `index`; the openId is the argument after it.
fn answer(context: &mut Context<'_>, command: &Command<'_>, index: usize) -> Identification {
    let identification = guarded(context, |context| {
        identify(context, command.text(index), command.text(index + 1))
    });
    context.counts.count_identification(identification);
    identification
}

/// Runs the work for one code value. A panic in it becomes an error in place of its reply, and resets the
/// scratch memory of the thread.
fn guarded(
    context: &mut Context<'_>,
    work: impl FnOnce(&mut Context<'_>) -> Identification,
) -> Identification {
    let start = context.replies.position();
    catch_unwind(AssertUnwindSafe(|| work(context))).unwrap_or_else(|_| {
        context.scratch.reset();
        context.replies.truncate(start);
        fail(&mut context.replies, &UNKNOWN_EXCEPTION, INTERNAL_FAULT);
        Identification::UnknownException
    })
}

/// Appends the reply for one code value, and returns the kind that it is counted as.
fn identify(
    context: &mut Context<'_>,
    code_value: Result<&str, Utf8Error>,
    open_id: Result<&str, Utf8Error>,
) -> Identification {
    let replies = &mut context.replies;
    let Some(code_value) = checked(replies, "codeValue", code_value, CodeValue::new) else {
        return Identification::ParamIllegal;
    };
    let Some(open_id) = checked(replies, "openId", open_id, OpenId::new) else {
        return Identification::ParamIllegal;
    };
    let Some(table) = context.table else {
        fail(replies, &UNKNOWN_EXCEPTION, "No route table is loaded.");
        return Identification::UnknownException;
    };
    let verdict = table.identify(code_value, open_id, context.scratch);
    write_verdict(&verdict, replies);
    Identification::of(&verdict.outcome)
}

/// Returns a parameter that passes `check`; appends an error otherwise.
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

/// Appends an error; `detail` is one sentence for people.
fn fail(replies: &mut Encoder<'_>, result: &ApiResult, detail: impl Display) {
    replies.error(format_args!("{} {detail}", result.code));
}

/// Appends the map of a verdict.
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

    use super::super::context::Client;
    use super::*;
    use crate::metrics::RequestCounts;
    use crate::slice::Slice;

    #[test]
    fn a_panic_becomes_the_error_of_its_command() {
        let (mut out, mut scratch, mut client) = (Vec::new(), Scratch::new(), Client::new(1));
        let (mut counts, mut slice) = (RequestCounts::default(), Slice::endless());
        let mut context = Context {
            table: None,
            scratch: &mut scratch,
            slice: &mut slice,
            position: None,
            replies: Encoder::new(&mut out, client.protocol),
            client: &mut client,
            counts: &mut counts,
        };
        context.replies.simple("PONG");
        let identification = guarded(&mut context, |context| {
            context.replies.array(7);
            panic!("on purpose");
        });
        assert_eq!(identification, Identification::UnknownException);
        context.replies.simple("PONG");
        let expected = b"+PONG\r\n-UNKNOWN_EXCEPTION An internal fault occurred.\r\n+PONG\r\n";
        assert_eq!(out, expected);
    }
}
