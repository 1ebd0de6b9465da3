//! The remote source in a watched file.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

use thiserror::Error;

use super::error::SourceError;
use super::traits::{BoxFuture, RemoteConfig, RemoteSource, Revision};
use crate::files::watch::FileWatch;
use crate::percent::{self, InvalidEscape};
use crate::regular_file::ReadError;
use crate::settings;
use crate::uri::shown_path;

/// A remote source that reads one file and announces its changes, in whatever way they are made:
/// writing, renaming, flipping a symbolic link, or deleting and creating the file.
///
/// A read waits up to five seconds for a file that is being written.
pub(super) struct FileSource {
    watch: FileWatch,
}

/// The reason why the file was not read.
#[derive(Debug, Error)]
enum FileSourceError {
    /// The file cannot be read, or is still being written.
    #[error("cannot read {}", shown_path(path))]
    Unreadable { path: PathBuf, source: ReadError },
    /// The source was asked for another URI than the one that it was opened with.
    #[error("this source reads {}, and no other file", shown_path(.0))]
    OtherFile(PathBuf),
}

/// The reason why a URI does not name a file of this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(super) enum FileUriError {
    /// The URI has another scheme.
    #[error("a file URI must begin with file://")]
    Scheme,
    /// The URI has a `?` or `#` that is not encoded.
    #[error("a file URI must not have a query or fragment; write ? as %3F and # as %23")]
    Query,
    /// The path is missing or does not begin with `/`.
    #[error("a file URI must name an absolute path, as in file:///etc/routes.json")]
    NotAbsolute,
    /// The authority of the URI is not empty and not `localhost`.
    #[error("a file URI must not name another host, as in file:///etc/routes.json")]
    OtherHost,
    /// The path ends in `/`.
    #[error("a file URI must name a file, not a directory")]
    Directory,
    /// The path has a `%` without two digits.
    #[error("a file URI must have two hexadecimal digits after each % of its path")]
    BadEscape(#[source] InvalidEscape),
    /// The path has a NUL or a `/` that is encoded.
    #[error("a file URI must not contain %00 or %2F, since no file name can")]
    BadByte,
}

impl FileSource {
    /// Returns the source for the `file` URI `uri`, such as `file:///etc/codeid/routes.json`. At
    /// most `max_bytes` of the file are read. The file need not exist. Nothing is read or watched
    /// yet.
    ///
    /// # Errors
    ///
    /// [`FileUriError`] unless `uri` names a file of this machine by its absolute path.
    pub(super) fn new(
        uri: &str,
        max_bytes: usize,
        settings: &settings::Watch,
    ) -> Result<Self, FileUriError> {
        let path = path_of(uri)?;
        Ok(Self {
            watch: FileWatch::new(&path, max_bytes, settings),
        })
    }
}

impl RemoteSource for FileSource {
    fn read_route_config_from_remote<'a>(
        &'a self,
        uri: &'a str,
        _known: Option<&'a Revision>,
    ) -> BoxFuture<'a, Result<RemoteConfig, SourceError>> {
        Box::pin(async move {
            let path = self.watch.path();
            if path_of(uri).map_err(SourceError::new)? != path {
                let error = FileSourceError::OtherFile(path.to_owned());
                return Err(SourceError::new(error));
            }
            match self.watch.read_settled().await {
                // A file is read whole in any case, so a revision would save nothing.
                Ok(route_config_data) => Ok(RemoteConfig::Config {
                    route_config_data,
                    revision: None,
                }),
                Err(source) => Err(SourceError::new(FileSourceError::Unreadable {
                    path: path.to_owned(),
                    source,
                })),
            }
        })
    }

    fn changed(&self) -> BoxFuture<'_, ()> {
        Box::pin(self.watch.changed())
    }
}

/// Returns the path that a `file` URI names (RFC 8089).
fn path_of(uri: &str) -> Result<PathBuf, FileUriError> {
    let (_, rest) = uri
        .split_at_checked("file://".len())
        .filter(|(start, _)| start.eq_ignore_ascii_case("file://"))
        .ok_or(FileUriError::Scheme)?;
    if rest.contains(['?', '#']) {
        return Err(FileUriError::Query);
    }
    let Some(slash) = rest.find('/') else {
        return Err(FileUriError::NotAbsolute);
    };
    let (host, path) = rest.split_at(slash);
    if !host.is_empty() && !host.eq_ignore_ascii_case("localhost") {
        return Err(FileUriError::OtherHost);
    }
    let encoded = path.to_ascii_uppercase();
    if encoded.contains("%00") || encoded.contains("%2F") {
        return Err(FileUriError::BadByte);
    }
    let bytes = percent::decode(path.as_bytes()).map_err(FileUriError::BadEscape)?;
    if bytes.ends_with(b"/") {
        return Err(FileUriError::Directory);
    }
    Ok(PathBuf::from(OsString::from_vec(bytes)))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::time::Duration;

    use nix::sys::stat::Mode;
    use nix::unistd::mkfifo;

    use super::*;
    use crate::error_chain::ErrorChain;
    use crate::settings::WatchMode;

    #[test]
    fn a_file_uri_names_an_absolute_path_of_this_machine() {
        let bad_escape = |at| Err(FileUriError::BadEscape(InvalidEscape { at }));
        let table = [
            ("file:///etc/routes.json", Ok("/etc/routes.json")),
            ("FILE://LocalHost/etc/routes.json", Ok("/etc/routes.json")),
            ("file:///a%20b/%C3%BC%25.json", Ok("/a b/ü%.json")),
            ("file:///a+b/../c", Ok("/a+b/../c")),
            ("file://host/etc/routes.json", Err(FileUriError::OtherHost)),
            ("file://etc", Err(FileUriError::NotAbsolute)),
            ("file://", Err(FileUriError::NotAbsolute)),
            ("file:///", Err(FileUriError::Directory)),
            ("file:///etc/", Err(FileUriError::Directory)),
            ("file:///a?b", Err(FileUriError::Query)),
            ("file:///a#b", Err(FileUriError::Query)),
            ("file:///a%2", bad_escape(2)),
            ("file:///a%20%+1", bad_escape(5)),
            ("file:///a%zz", bad_escape(2)),
            ("file:///a%00", Err(FileUriError::BadByte)),
            ("file:///a%2Fb", Err(FileUriError::BadByte)),
            ("file:/etc/routes.json", Err(FileUriError::Scheme)),
            ("https:///etc", Err(FileUriError::Scheme)),
            ("fileé://", Err(FileUriError::Scheme)),
            ("", Err(FileUriError::Scheme)),
        ];
        for (uri, expected) in table {
            assert_eq!(path_of(uri), expected.map(PathBuf::from), "{uri}");
        }
    }

    fn source(uri: &str) -> FileSource {
        let settings = settings::Watch {
            mode: WatchMode::Events,
            debounce: Duration::from_millis(20),
            poll_interval: Duration::from_secs(3600),
        };
        FileSource::new(uri, 100, &settings).unwrap()
    }

    #[tokio::test]
    async fn a_file_is_read_and_its_change_announced() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("routes.json");
        let uri = format!("file://{}", path.display());
        let source = source(&uri);
        fs::write(&path, "[1]").unwrap();
        let read = || source.read_route_config_from_remote(&uri, None);
        let config = |text: &str| RemoteConfig::Config {
            route_config_data: text.into(),
            revision: None,
        };
        assert_eq!(read().await.unwrap(), config("[1]"));
        fs::write(&path, "[2]").unwrap();
        source.changed().await;
        assert_eq!(read().await.unwrap(), config("[2]"));

        let other = source.read_route_config_from_remote("file:///other", None);
        let error = other.await.unwrap_err().to_string();
        let expected = format!("this source reads {}, and no other file", path.display());
        assert_eq!(error, expected);
    }

    #[tokio::test]
    async fn an_unreadable_file_is_an_error_with_its_path() {
        let directory = tempfile::tempdir().unwrap();
        let in_directory = |name: &str| directory.path().join(name);
        mkfifo(&in_directory("fifo"), Mode::S_IRUSR).unwrap();
        fs::create_dir(in_directory("directory")).unwrap();
        fs::write(in_directory("long"), [b' '; 101]).unwrap();
        for (name, expected) in [
            ("fifo", "it is a FIFO, not a file"),
            ("directory", "it is a directory, not a file"),
            ("long", "it has more than 100 bytes"),
            ("missing", "there is no such file"),
        ] {
            let path = in_directory(name);
            let uri = format!("file://{}", path.display());
            let error = source(&uri)
                .read_route_config_from_remote(&uri, None)
                .await
                .unwrap_err();
            let expected = format!("cannot read {}: {expected}", path.display());
            assert_eq!(ErrorChain(&error).to_string(), expected);
        }
    }
}
