//! The `action` of a rule: what to do with a code value that the rule accepts.

use super::fields::Fields;
use super::json::Node;
use super::problems::Problems;
use super::redirect;
use super::rule_match::RuleMatch;
use super::template::{self, Destination, Groups, Template, TemplateError, TemplateWarning};
use crate::{Problem, ProblemCode};

/// A checked action.
///
/// Source: SPEC.md, section 2.2.
#[derive(Clone, Debug)]
pub(crate) enum Action {
    /// Decode the code value, or another text.
    Decode {
        /// The text to decode; by default `{code}`.
        code_value: Template,
    },
    /// Open a page.
    OpenUrl {
        /// The URL of the page.
        redirect_url: Template,
        /// The user agent, as the client is to send it.
        user_agent: Box<str>,
    },
    /// Do neither.
    Unsupported,
}

impl Action {
    /// Returns the template that the action renders, if it renders one.
    pub(crate) fn template(&self) -> Option<&Template> {
        match self {
            Self::Decode {
                code_value: template,
            }
            | Self::OpenUrl {
                redirect_url: template,
                ..
            } => Some(template),
            Self::Unsupported => None,
        }
    }

    /// Returns the most steps of rendering the action for a code value of `bytes` bytes.
    pub(crate) fn render_steps(&self, bytes: u64) -> u64 {
        match self {
            Self::Decode { code_value } if code_value.is_code() => 0,
            Self::Decode { code_value } => code_value.render_steps(bytes, Destination::Value),
            Self::OpenUrl { redirect_url, .. } => {
                redirect_url.render_steps(bytes, Destination::Url)
            }
            Self::Unsupported => 0,
        }
    }

    /// Returns the number of bytes on the heap.
    pub(crate) fn heap_bytes(&self) -> usize {
        match self {
            Self::Decode { code_value } => code_value.heap_bytes(),
            Self::OpenUrl {
                redirect_url,
                user_agent,
            } => redirect_url.heap_bytes() + user_agent.len(),
            Self::Unsupported => 0,
        }
    }
}

/// Reads the action `node`. Templates are checked against `rule_match`, if that could be read.
pub(super) fn parse(
    problems: &mut Problems<'_>,
    node: Node<'_>,
    pointer: String,
    rule_match: Option<&RuleMatch>,
) -> Option<Action> {
    let fields = Fields::open(problems, node, pointer)?;
    let (type_node, action_type) = fields.required_string(problems, "type")?;
    let allowed: &[&str] = match &*action_type {
        "DECODE" => &["type", "codeValue"],
        "OPEN_URL" => &["type", "redirectUrl", "userAgent"],
        "UNSUPPORTED" => &["type"],
        other => {
            let message = format!("unknown action {:?}", super::fields::shortened(other));
            let problem = Problem::new(ProblemCode::UnknownAction, fields.pointer("type"), message);
            let hint = "the actions are DECODE, OPEN_URL and UNSUPPORTED";
            problems.error(type_node, problem.with_hint(hint));
            return None;
        }
    };
    fields.check_names(problems, allowed);
    match &*action_type {
        "DECODE" => {
            let code_value = read_template(problems, &fields, "codeValue", rule_match)?;
            Some(Action::Decode { code_value })
        }
        "OPEN_URL" => {
            let redirect_url = read_template(problems, &fields, "redirectUrl", rule_match);
            if let Some(template) = &redirect_url
                && let Err(refusal) = redirect::check(template, rule_match)
            {
                let place = fields.optional("redirectUrl").unwrap_or(node);
                let problem =
                    Problem::new(refusal.code, fields.pointer("redirectUrl"), refusal.message);
                problems.error(place, problem.with_hint(refusal.hint));
            }
            let user_agent = user_agent(problems, &fields);
            Some(Action::OpenUrl {
                redirect_url: redirect_url?.of_url(),
                user_agent: user_agent?,
            })
        }
        _ => Some(Action::Unsupported),
    }
}

fn read_template(
    problems: &mut Problems<'_>,
    fields: &Fields<'_>,
    name: &str,
    rule_match: Option<&RuleMatch>,
) -> Option<Template> {
    if fields.optional(name).is_none() {
        return Some(Template::code());
    }
    let (node, text) = fields.string(problems, name)?;
    let groups = match rule_match {
        Some(RuleMatch::Regex(pattern)) => Groups::In(pattern),
        Some(_) => Groups::None,
        None => Groups::Unknown,
    };
    match Template::parse(&text, groups) {
        Ok(template) => {
            let is_url = name == "redirectUrl";
            for TemplateWarning {
                index,
                code,
                message,
                hint,
            } in template::find_warnings(&text, is_url, rule_match)
            {
                let problem = Problem::new(code, fields.pointer(name), message);
                problems.warn_inside(node, index, problem.with_hint(hint));
            }
            Some(template)
        }
        Err(errors) => {
            for TemplateError {
                index,
                code,
                message,
                hint,
            } in errors
            {
                let mut problem = Problem::new(code, fields.pointer(name), message);
                if let Some(hint) = hint {
                    problem = problem.with_hint(hint);
                }
                problems.error_inside(node, index, problem);
            }
            None
        }
    }
}

fn user_agent(problems: &mut Problems<'_>, fields: &Fields<'_>) -> Option<Box<str>> {
    if fields.optional("userAgent").is_none() {
        return Some("-".into());
    }
    let (node, text) = fields.string(problems, "userAgent")?;
    let well_formed = &*text == "-" || text.starts_with("-/");
    if well_formed && text.bytes().all(|b| b.is_ascii_graphic()) {
        return Some(text.into());
    }
    let message = "the userAgent must be - or begin with -/, in visible ASCII characters only";
    let pointer = fields.pointer("userAgent");
    problems.error(
        node,
        Problem::new(ProblemCode::BadUserAgent, pointer, message),
    );
    None
}
