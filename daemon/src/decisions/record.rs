//! What is recorded of a decision, while it is on its way to the log and the watchers.

use std::time::Instant;

use codeid_engine::{CodeValue, Generation, OpenId, RuleId};

use super::hash_key::{Hash, HashKey, Hashed};
use super::mask::{CodeMask, OpenIdMask, mask_code, mask_open_id};
use super::short_text::ShortText;
use crate::metrics::{Identification, Listener};

/// A decision about a code value, as the thread knows it that made it.
#[derive(Clone, Copy)]
pub(crate) struct Decision<'a> {
    /// The generation of the table; `None` without one.
    pub(crate) generation: Option<Generation>,
    /// The id of the rule that decided; `None` if no rule did.
    pub(crate) rule: Option<&'a str>,
    /// The result.
    pub(crate) identification: Identification,
    /// The code value and the openId; `None` unless both were valid.
    pub(crate) values: Option<(CodeValue<'a>, OpenId<'a>)>,
}

impl Decision<'_> {
    /// The decision about a request whose parameters are not valid.
    pub(crate) const ILLEGAL: Self = Self {
        identification: Identification::ParamIllegal,
        ..Self::FAULT
    };
    /// The decision of an internal fault, of which no more is known.
    pub(crate) const FAULT: Self = Self {
        generation: None,
        rule: None,
        identification: Identification::UnknownException,
        values: None,
    };
}

/// What is recorded of a decision. It has a fixed size, and nothing of the values but what is shown.
#[derive(Clone)]
pub(super) struct Record {
    /// The time of the decision.
    pub(super) at: Instant,
    /// The parties that want it, a bit for each.
    pub(super) wanted_by: u8,
    /// The version of what is wanted by which they were found.
    pub(super) version: u64,
    /// The listener of the request.
    pub(super) listener: Listener,
    /// The generation of the table; `None` without one.
    pub(super) generation: Option<u64>,
    /// The id of the rule that decided; empty if no rule did.
    pub(super) rule: ShortText<{ RuleId::MAX_CHARACTERS }>,
    /// The result.
    pub(super) identification: Identification,
    /// What is shown of the values; `None` unless both were valid.
    pub(super) values: Option<ShownValues>,
}

/// What is shown of a code value and an openId.
#[derive(Clone)]
pub(super) struct ShownValues {
    /// The number of characters of the code value.
    pub(super) code_characters: usize,
    /// The mask of the code value.
    pub(super) code: CodeMask,
    /// The mask of the openId.
    pub(super) open_id: OpenIdMask,
    /// The hashes of both, in this order; `None` if nobody wants them.
    pub(super) hashes: Option<(Hash, Hash)>,
}

impl ShownValues {
    /// Returns what is shown of the values, with their hashes if there is a key.
    pub(super) fn new(code_value: &str, open_id: &str, key: Option<&HashKey>) -> Self {
        let code_characters = code_value.chars().count();
        let hashes = |key: &HashKey| {
            (
                key.hash(Hashed::CodeValue, code_value),
                key.hash(Hashed::OpenId, open_id),
            )
        };
        Self {
            code_characters,
            code: mask_code(code_value, code_characters),
            open_id: mask_open_id(open_id),
            hashes: key.map(hashes),
        }
    }
}
