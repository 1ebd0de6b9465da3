//! Errors together with their causes, in one line.

use std::error::Error;
use std::fmt;

/// Displays an error and its causes in one line, separated by `: `.
///
/// A cause whose message ends the line already is left out: errors of libraries often repeat the
/// message of the error that they wrap.
///
/// ```
/// use std::{fmt, io};
///
/// use codeid_daemon::error_chain::ErrorChain;
///
/// #[derive(Debug)]
/// struct Unreadable(io::Error);
///
/// impl fmt::Display for Unreadable {
///     fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
///         f.write_str("cannot read a.pem")
///     }
/// }
///
/// impl std::error::Error for Unreadable {
///     fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
///         Some(&self.0)
///     }
/// }
///
/// let error = Unreadable(io::Error::other("the disk is gone"));
/// assert_eq!(ErrorChain(&error).to_string(), "cannot read a.pem: the disk is gone");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct ErrorChain<'a>(pub &'a dyn Error);

/// Returns an error and its causes as one sentence.
pub(crate) fn sentence(error: &dyn Error) -> String {
    let mut sentence = format!("{}.", ErrorChain(error));
    if let Some(first) = sentence.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    sentence
}

impl fmt::Display for ErrorChain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut line = self.0.to_string();
        let mut cause = self.0.source();
        while let Some(error) = cause {
            let message = error.to_string();
            if !line.ends_with(&message) {
                line.push_str(": ");
                line.push_str(&message);
            }
            cause = error.source();
        }
        f.write_str(&line)
    }
}
