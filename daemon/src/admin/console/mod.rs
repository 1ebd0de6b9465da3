//! The console: the admin plane for people, as a page that asks the API.
//!
//! The page holds no data and needs no role, so every client of the listener may load it. Its files
//! lie beside this one and are served as they are: no build step, and no file from elsewhere.

use hyper::header::{CONTENT_SECURITY_POLICY, HeaderName, HeaderValue, REFERRER_POLICY};

use super::refusal::Refusal;
use super::request::{Outcome, Request};
use super::response::{Response, text};
use crate::api::admin::{CSS, HTML, JAVASCRIPT};
use crate::api::refusal::ErrorCode;

/// The content security policy: the page runs, shows and requests only what its own listener
/// serves, and text never becomes a script.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
     connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; \
     frame-ancestors 'none'";

/// The modules that `console.js` imports, by name.
const MODULES: &[(&str, &str)] = &[
    ("api.js", include_str!("modules/api.js")),
    ("candidate.js", include_str!("modules/candidate.js")),
    ("change.js", include_str!("modules/change.js")),
    ("chart.js", include_str!("modules/chart.js")),
    ("confirm.js", include_str!("modules/confirm.js")),
    ("control.js", include_str!("modules/control.js")),
    ("difference.js", include_str!("modules/difference.js")),
    ("dom.js", include_str!("modules/dom.js")),
    ("figures.js", include_str!("modules/figures.js")),
    ("format.js", include_str!("modules/format.js")),
    ("freeze.js", include_str!("modules/freeze.js")),
    ("health.js", include_str!("modules/health.js")),
    ("history.js", include_str!("modules/history.js")),
    ("live.js", include_str!("modules/live.js")),
    ("notice.js", include_str!("modules/notice.js")),
    ("overview.js", include_str!("modules/overview.js")),
    ("paged.js", include_str!("modules/paged.js")),
    ("polling.js", include_str!("modules/polling.js")),
    ("problems.js", include_str!("modules/problems.js")),
    ("recent.js", include_str!("modules/recent.js")),
    ("rules.js", include_str!("modules/rules.js")),
    ("snapshot.js", include_str!("modules/snapshot.js")),
    ("traffic.js", include_str!("modules/traffic.js")),
    ("try.js", include_str!("modules/try.js")),
];

/// `GET` of the console's page.
pub(super) async fn page() -> Outcome {
    Ok(file(HTML, include_str!("console.html")))
}

/// `GET` of the console's style sheet.
pub(super) async fn style() -> Outcome {
    Ok(file(CSS, include_str!("console.css")))
}

/// `GET` of the console's main script.
pub(super) async fn script() -> Outcome {
    Ok(file(JAVASCRIPT, include_str!("console.js")))
}

/// `GET` of the module that the path names; 404 for any other name.
pub(super) async fn module(request: Request) -> Outcome {
    let found = MODULES.iter().find(|(name, _)| *name == request.parameter);
    let (_, module) = found.ok_or_else(|| {
        let detail = "The console has no module of this name.";
        Refusal::new(ErrorCode::NotFound, detail)
    })?;
    Ok(file(JAVASCRIPT, module))
}

/// Returns a file of the console. Browsers do not cache it, so that the page always has the version
/// of the daemon that it connects to.
fn file(media_type: &'static str, content: &'static str) -> Response {
    let mut response = text(media_type, content);
    let headers = response.headers_mut();
    for (name, value) in [
        (CONTENT_SECURITY_POLICY, POLICY),
        (REFERRER_POLICY, "no-referrer"),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_imported_module_is_served() {
        let served: BTreeSet<&str> = MODULES.iter().map(|(name, _)| *name).collect();
        let texts = MODULES.iter().map(|(_, text)| *text);
        let mut imported = BTreeSet::new();
        for text in texts.chain([include_str!("console.js")]) {
            for line in text.lines().filter(|line| line.starts_with("import ")) {
                let (_, from) = line.rsplit_once('/').expect("imports are relative");
                imported.insert(from.trim_end_matches("\";"));
            }
        }
        assert_eq!(served, imported);
    }

    #[test]
    fn the_page_has_each_id_once() {
        let mut seen = BTreeSet::new();
        for rest in include_str!("console.html").split(" id=\"").skip(1) {
            let (id, _) = rest.split_once('"').expect("an attribute has an end");
            assert!(seen.insert(id), "{id}");
        }
        assert!(seen.len() > 20);
    }

    #[test]
    fn no_file_loads_from_another_host_or_makes_markup_of_text() {
        let scripts = MODULES.iter().map(|(_, text)| *text);
        let files = [
            include_str!("console.html"),
            include_str!("console.css"),
            include_str!("console.js"),
        ];
        for text in scripts.chain(files) {
            let addresses = text.replace("http://www.w3.org/2000/svg", "");
            assert!(
                !addresses.contains("http://") && !addresses.contains("https://"),
                "{text}"
            );
            for word in [
                "innerHTML",
                "outerHTML",
                "insertAdjacentHTML",
                "document.write",
                "eval(",
                "style=",
            ] {
                assert!(!text.contains(word), "{word}: {text}");
            }
        }
    }
}
