//! Any bytes, read as the body of a callback's response.

use codeid_daemon::fuzzing::parse_callback_body;
use serde_json::Value;

/// The most bytes of an error: three quoted texts of 256 characters, of which an escaped one takes at
/// most ten bytes, and the words between them.
const MAX_ERROR_BYTES: usize = 3 * 256 * 10 + 256;

/// The member that may be a whole route config, which no error may repeat.
const DATA: &str = "routeConfigData";

/// Checks that a route config, or none, is returned exactly if the result is a success and the member
/// `routeConfigData` is a string, or null or missing; and that errors are short, without control
/// characters, and do not depend on the route config.
///
/// # Panics
///
/// If the property does not hold.
pub fn callback_result(bytes: &[u8]) {
    let parsed = parse_callback_body(bytes).map_err(|error| error.to_string());
    let response = serde_json::from_slice::<Value>(bytes);
    match &parsed {
        Ok(data) => {
            let response = response.expect("a route config comes from JSON only");
            assert_eq!(response["result"]["resultStatus"], "S");
            assert_eq!(response[DATA].as_str(), data.as_deref());
            assert!(data.is_some() || response[DATA].is_null());
        }
        Err(error) => {
            assert!(
                !error.is_empty() && error.len() <= MAX_ERROR_BYTES,
                "{error}"
            );
            assert!(!error.contains(char::is_control), "{error:?}");
            if let Ok(response) = response {
                let data = &response[DATA];
                let is_success = response["result"]["resultStatus"] == "S";
                assert!(
                    !is_success || !(data.is_null() || data.is_string()),
                    "{error}"
                );
                check_independence(response, error);
            }
        }
    }
}

/// Checks that the response fails with the same error if its route config is another value that fails.
fn check_independence(mut response: Value, error: &str) {
    let Some(data) = response.get_mut(DATA) else {
        return;
    };
    *data = Value::Array(Vec::new());
    let other =
        parse_callback_body(response.to_string().as_bytes()).expect_err("an array is no config");
    assert_eq!(other.to_string(), error);
}
