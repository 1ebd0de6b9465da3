//! `IDENTIFY` and `MIDENTIFY`: identifyCode for one code value, and for several.

use std::fmt::Display;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::str::Utf8Error;

use codeid_engine::{Outcome, RuleId, Verdict};

use super::context::{Context, Flow, Position, WRITE_FIRST_BYTES};
use super::decode::Command;
use super::encode::Encoder;
use crate::decisions::{self, Decision};
use crate::identify::{self, MAX_ELEMENTS, MAX_RESPONSE_BYTES, ParameterErrors};
use crate::metrics::{Identification, RequestResult};
use crate::result::ApiResult;
use crate::result::identify::{PARAM_ILLEGAL, UNKNOWN_EXCEPTION};

const INTERNAL_FAULT: &str = "An internal fault occurred.";

/// The form of the reply for a code value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// A map of the fields of SPEC.md, section 1, without `result`, or an error.
    Map,
    /// The body of the HTTP response, as a bulk string.
    Json,
}

/// Runs `IDENTIFY codeValue openId [AS JSON]`.
pub(super) fn one(context: &mut Context<'_>, command: &Command<'_>) -> Flow {
    let form = match command.count() {
        3 => Form::Map,
        5 if is_as_json(command, 3) => Form::Json,
        5 => {
            context.counts.count_request(RequestResult::ParamIllegal);
            context.replies.error(
                "ERR syntax error: after the openId, IDENTIFY takes AS JSON and nothing else",
            );
            return Flow::Continue;
        }
        count => return refuse_one(context, count),
    };
    let identification = answer(context, command, 1, form);
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
    if command.count() > 3 && is_as_json(command, command.count() - 2) {
        context.counts.count_request(RequestResult::ParamIllegal);
        context.replies.error(
            "ERR syntax error: MIDENTIFY has no form AS JSON; send IDENTIFY codeValue openId AS JSON for each code",
        );
        return Flow::Continue;
    }
    let elements = command.count() / 2;
    if elements > MAX_ELEMENTS {
        let detail = format!("The batch has more than {MAX_ELEMENTS} elements.");
        fail(&mut context.replies, Form::Map, &PARAM_ILLEGAL, detail);
        context.counts.count_request(RequestResult::ParamIllegal);
        return Flow::Continue;
    }
    let mut position = context.position.unwrap_or_else(|| {
        context.replies.array(elements);
        Position::default()
    });
    while position.answered < elements {
        let (start, index) = (context.replies.position(), 2 * position.answered + 1);
        answer(context, command, index, Form::Map);
        if position.reply_bytes + context.replies.position() - start > MAX_RESPONSE_BYTES {
            context.replies.truncate(start);
            let detail = format!("The reply has more than {MAX_RESPONSE_BYTES} bytes.");
            fail(&mut context.replies, Form::Map, &UNKNOWN_EXCEPTION, detail);
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

/// Returns `true` if the arguments from `index` on begin with `AS JSON`, in whatever case.
fn is_as_json(command: &Command<'_>, index: usize) -> bool {
    let is = |index, word: &[u8]| {
        let argument = command.get(index);
        argument.is_some_and(|argument| argument.eq_ignore_ascii_case(word))
    };
    is(index, b"AS") && is(index + 1, b"JSON")
}

/// Refuses an `IDENTIFY` that has `count` arguments, counting the command's name, which are too few or too
/// many.
pub(super) fn refuse_one(context: &mut Context<'_>, count: usize) -> Flow {
    context.counts.count_request(RequestResult::ParamIllegal);
    if count > 3 {
        return context.refuse_count("identify");
    }
    let missing = ParameterErrors::missing(count > 1);
    let detail = format_args!("{missing}.");
    fail(&mut context.replies, Form::Map, &PARAM_ILLEGAL, detail);
    context
        .counts
        .count_identification(Identification::ParamIllegal);
    decisions::record(&Decision::ILLEGAL);
    Flow::Continue
}

/// Refuses a `MIDENTIFY` whose arguments are not pairs.
pub(super) fn refuse_several(context: &mut Context<'_>) -> Flow {
    context.counts.count_request(RequestResult::ParamIllegal);
    context.refuse_count("midentify")
}

/// Appends the reply for the code value at argument `index`; the openId is the argument after it.
fn answer(
    context: &mut Context<'_>,
    command: &Command<'_>,
    index: usize,
    form: Form,
) -> Identification {
    let identification = guarded(context, form, |context| {
        identify(context, form, command.text(index), command.text(index + 1))
    });
    context.counts.count_identification(identification);
    identification
}

/// Runs the work for one code value. A panic in it becomes a failure in place of its reply, and resets the
/// scratch memory of the thread.
fn guarded(
    context: &mut Context<'_>,
    form: Form,
    work: impl FnOnce(&mut Context<'_>) -> Identification,
) -> Identification {
    let start = context.replies.position();
    catch_unwind(AssertUnwindSafe(|| work(context))).unwrap_or_else(|_| {
        context.scratch.reset();
        context.replies.truncate(start);
        fail(
            &mut context.replies,
            form,
            &UNKNOWN_EXCEPTION,
            INTERNAL_FAULT,
        );
        decisions::record(&Decision::FAULT);
        Identification::UnknownException
    })
}

/// Appends the reply for one code value, and returns the kind that it is counted as.
fn identify(
    context: &mut Context<'_>,
    form: Form,
    code_value: Result<&str, Utf8Error>,
    open_id: Result<&str, Utf8Error>,
) -> Identification {
    let replies = &mut context.replies;
    let (code_value, open_id) = match identify::check_texts(code_value, open_id) {
        Ok(parameters) => parameters,
        Err(errors) => {
            fail(replies, form, &PARAM_ILLEGAL, format_args!("{errors}."));
            decisions::record(&Decision::ILLEGAL);
            return Identification::ParamIllegal;
        }
    };
    let Some(table) = context.table else {
        fail(
            replies,
            form,
            &UNKNOWN_EXCEPTION,
            "No route table is loaded.",
        );
        decisions::record(&Decision {
            values: Some((code_value, open_id)),
            ..Decision::FAULT
        });
        return Identification::UnknownException;
    };
    let verdict = table.identify(code_value, open_id, context.scratch);
    match form {
        Form::Map => write_verdict(&verdict, replies),
        Form::Json => replies.bulk_of(|body| identify::write_verdict(&verdict, body)),
    }
    let identification = Identification::of(&verdict.outcome);
    decisions::record(&Decision {
        generation: Some(table.generation()),
        rule: verdict.rule.map(RuleId::as_str),
        identification,
        values: Some((code_value, open_id)),
    });
    identification
}

/// Appends a failure; `detail` is one sentence for people.
fn fail(replies: &mut Encoder<'_>, form: Form, result: &ApiResult, detail: impl Display) {
    match form {
        Form::Map => replies.error(format_args!("{} {detail}", result.code)),
        Form::Json => {
            replies.bulk_of(|body| identify::write_failure(result, &detail.to_string(), body))
        }
    }
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
    use std::sync::Arc;

    use codeid_engine::Scratch;

    use super::super::context::Client;
    use super::*;
    use crate::budget::Budget;
    use crate::metrics::RequestCounts;
    use crate::slice::Slice;

    #[test]
    fn a_panic_becomes_the_error_of_its_command() {
        let budget = Arc::new(Budget::new(usize::MAX));
        let (mut out, mut scratch, mut client) =
            (Vec::new(), Scratch::new(), Client::new(1, budget));
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
        for form in [Form::Map, Form::Json] {
            let identification = guarded(&mut context, form, |context| {
                context.replies.array(7);
                panic!("on purpose");
            });
            assert_eq!(identification, Identification::UnknownException);
            context.replies.simple("PONG");
        }
        let mut body = Vec::new();
        identify::write_failure(&UNKNOWN_EXCEPTION, INTERNAL_FAULT, &mut body);
        let expected = format!(
            "+PONG\r\n-UNKNOWN_EXCEPTION {INTERNAL_FAULT}\r\n+PONG\r\n${}\r\n{}\r\n+PONG\r\n",
            body.len(),
            String::from_utf8(body).unwrap()
        );
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }
}
