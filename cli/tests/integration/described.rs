//! Responses of a daemon, compared with an OpenAPI document in both directions: whatever comes is described,
//! and whatever is described comes.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::cli::schema_validator::Validator;
use crate::serve::client::Response;

/// The headers that any response may have, which the documents do not list.
const OF_ALL: [&str; 7] = [
    "connection",
    "content-length",
    "content-type",
    "date",
    "transfer-encoding",
    "cache-control",
    "x-content-type-options",
];

/// A document, and the parts of it that were seen.
pub(crate) struct Described {
    document: Value,
    seen: BTreeSet<Part>,
}

/// A response of an operation, or a header of one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Part {
    path: String,
    status: u16,
    /// In lower case; empty for the response itself.
    header: String,
}

impl Described {
    pub(crate) const fn new(document: Value) -> Self {
        Self {
            document,
            seen: BTreeSet::new(),
        }
    }

    /// Asserts that a response to an operation is described: its status, its headers and its body.
    pub(crate) fn check(&mut self, method: &str, path: &str, response: &Response) {
        let what = format!(
            "{method} {path}: {} {}",
            response.status,
            String::from_utf8_lossy(&response.body)
        );
        let described = self.response(method, path, response.status);
        let described = described
            .unwrap_or_else(|| panic!("no such status: {what}"))
            .clone();
        let mut seen = vec![Part::new(path, response.status, "")];
        for name in response.header_names() {
            if OF_ALL.contains(&name) {
                continue;
            }
            let header = headers(&described).find(|(described, _)| *described == name);
            let (_, header) = header.unwrap_or_else(|| panic!("no such header {name}: {what}"));
            let value = response.header(name).unwrap();
            // A header is text, also where its schema is that of a number.
            let number = value.parse::<u64>().map_or(Value::Null, Value::from);
            let is_valid = |value: &Value| self.validator().accepts(&header["schema"], value);
            assert!(
                is_valid(&Value::from(value)) || is_valid(&number),
                "{name}: {what}"
            );
            seen.push(Part::new(path, response.status, name));
        }
        let schema = described.pointer("/content/application~1json/schema");
        match (schema, &*response.body) {
            // The one response that may be empty or not.
            (_, []) if path == "/readyz" => {}
            (Some(_), []) => panic!("no body: {what}"),
            (None, []) => {}
            (None, _) => panic!("a body that is not described: {what}"),
            (Some(schema), _) => {
                assert!(self.validator().accepts(schema, &response.json()), "{what}");
            }
        }
        self.seen.extend(seen);
    }

    /// Returns the described parts that were not seen, without those that `is_left_out` selects by path,
    /// status and header.
    pub(crate) fn unseen(&self, is_left_out: impl Fn(&str, u16, &str) -> bool) -> Vec<Part> {
        let paths = self.document["paths"].as_object().unwrap();
        let mut all = BTreeSet::new();
        for (path, methods) in paths {
            for operation in methods.as_object().unwrap().values() {
                for (status, response) in operation["responses"].as_object().unwrap() {
                    let status = status.parse().unwrap();
                    all.insert(Part::new(path, status, ""));
                    let names = headers(self.resolve(response)).map(|(name, _)| name);
                    all.extend(names.map(|name| Part::new(path, status, &name)));
                }
            }
        }
        let is_expected = |part: &&Part| !is_left_out(&part.path, part.status, &part.header);
        all.difference(&self.seen)
            .filter(is_expected)
            .cloned()
            .collect()
    }

    /// Returns `true` if the body of a request to an operation is described.
    pub(crate) fn takes(&self, path: &str, body: &Value) -> bool {
        let operation = &self.document["paths"][path]["post"]["requestBody"];
        let schema = operation.pointer("/content/application~1json/schema");
        self.validator().accepts(schema.unwrap(), body)
    }

    /// Returns `true` if a body is one of those described for a response.
    pub(crate) fn returns(&self, path: &str, status: u16, body: &Value) -> bool {
        let response = self.response("POST", path, status).unwrap();
        let schema = response.pointer("/content/application~1json/schema");
        self.validator().accepts(schema.unwrap(), body)
    }

    fn response(&self, method: &str, path: &str, status: u16) -> Option<&Value> {
        let operation = &self.document["paths"][path][method.to_lowercase()];
        let response = operation["responses"].get(status.to_string())?;
        Some(self.resolve(response))
    }

    fn resolve<'a>(&'a self, response: &'a Value) -> &'a Value {
        match response.get("$ref") {
            None => response,
            Some(target) => self
                .document
                .pointer(&target.as_str().unwrap()[1..])
                .unwrap(),
        }
    }

    const fn validator(&self) -> Validator<'_> {
        Validator::new(&self.document)
    }
}

impl Part {
    fn new(path: &str, status: u16, header: &str) -> Self {
        Self {
            path: path.to_owned(),
            status,
            header: header.to_owned(),
        }
    }
}

/// Returns the headers of a described response, with their names in lower case.
fn headers(response: &Value) -> impl Iterator<Item = (String, &Value)> {
    let headers = response.get("headers").and_then(Value::as_object);
    let headers = headers.into_iter().flatten();
    headers.map(|(name, header)| (name.to_lowercase(), header))
}
