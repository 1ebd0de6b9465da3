//! The messages with which a crate logs warnings and errors.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use proc_macro2::{TokenStream, TokenTree};

/// Returns the messages of all calls of `warn!` and `error!` below a folder, but for those that are a value alone. What a
/// call inserts is `…` here. Tests do not count.
pub(crate) fn of_folder(folder: &Path) -> BTreeSet<String> {
    let mut messages = BTreeSet::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            messages.extend(of_folder(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let code = fs::read_to_string(&path).unwrap();
            of_code(code.parse().unwrap(), &mut messages);
        }
    }
    messages.remove("…");
    messages
}

fn of_code(code: TokenStream, messages: &mut BTreeSet<String>) {
    let mut before = [String::new(), String::new()];
    for token in code {
        if let TokenTree::Group(group) = &token {
            match [before[0].as_str(), before[1].as_str()] {
                ["mod", "tests"] => {}
                ["warn" | "error", "!"] => messages.extend(message(group.stream())),
                _ => of_code(group.stream(), messages),
            }
        }
        before.swap(0, 1);
        before[1] = token.to_string();
    }
}

/// Returns the last literal text of a call.
fn message(arguments: TokenStream) -> Option<String> {
    let texts = arguments
        .into_iter()
        .filter_map(|token| syn::parse2::<syn::LitStr>(token.into()).ok());
    Some(without_insertions(&texts.last()?.value()))
}

/// Replaces each part in braces by `…`.
fn without_insertions(format: &str) -> String {
    let mut parts = format.split('{');
    let mut text = parts.next().unwrap().to_owned();
    for part in parts {
        text.push('…');
        text.push_str(part.split_once('}').unwrap().1);
    }
    text
}
