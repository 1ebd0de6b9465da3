//! The branches of a rule.

use std::rc::Rc;

use crate::matcher::char_class::CharClass;
use crate::matcher::emv::PAYLOAD_START;
use crate::matcher::expand::{Expansion, expand};
use crate::matcher::segment::{Before, Branch, Ending, Literal, Segment};
use crate::rule::{HostMatch, RuleMatch, UrlMatch};

/// Returns the branches of a rule; all but patterns have one.
pub(super) fn rule_branches(rule_match: &RuleMatch) -> Expansion {
    let literal = |text: &str| vec![Segment::Literal(Literal::exact(text))];
    let branch = match rule_match {
        RuleMatch::Exact(text) => Branch {
            segments: literal(text),
            ending: Ending::End,
        },
        RuleMatch::Prefix(text) => Branch {
            segments: literal(text),
            ending: Ending::Anything,
        },
        RuleMatch::Regex(pattern) => return expand(pattern.hir()),
        RuleMatch::Url(url) => url_branch(url),
        RuleMatch::Emv(emv) => Branch {
            segments: literal(PAYLOAD_START),
            ending: Ending::Emv(emv.clone()),
        },
    };
    Expansion {
        branches: vec![branch],
        with_folded: Vec::new(),
    }
}

fn url_branch(url: &UrlMatch) -> Branch {
    let UrlMatch {
        scheme,
        host,
        port,
        path,
    } = url;
    let port = port.map_or_else(String::new, |port| format!(":{port}"));
    let mut segments = match host {
        HostMatch::Exact(host) => {
            vec![Segment::Literal(Literal::any_case(&format!(
                "{scheme}://{host}{port}"
            )))]
        }
        HostMatch::Below(domain) => {
            let mut segments = vec![
                Segment::Literal(Literal::any_case(&format!("{scheme}://"))),
                Segment::RunWithSuffix {
                    class: Rc::new(CharClass::host()),
                    before: Before::Labels,
                    suffix: Literal::any_case(&format!(".{domain}")),
                },
            ];
            if !port.is_empty() {
                segments.push(Segment::Literal(Literal::exact(&port)));
            }
            segments
        }
    };
    let mut ending = Ending::UrlBoundary;
    if let Some(path) = path {
        segments.push(Segment::Literal(Literal::exact(path)));
        if path.ends_with('/') {
            ending = Ending::Anything;
        }
    }
    Branch { segments, ending }
}
