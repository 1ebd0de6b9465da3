//! The remote source in a file, which is watched.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

use super::{BoxFuture, RemoteConfig, RemoteSource, Revision, SourceError};
use crate::error_chain::ErrorChain;
use crate::files::watch::FileWatch;
use crate::percent;
use crate::settings;

/// A remote source that reads one file and announces its changes, however they come about: writing,
/// renaming, flipping a link, deleting and making anew.
///
/// A file that is being written is waited for, up to five seconds.
pub(super) struct FileSource {
    watch: FileWatch,
}

impl FileSource {
    /// The source for the `file` URI `uri`, such as `file:///etc/codeid/routes.json`, of whose file
    /// at most `max_bytes` are read. The file need not exist. Nothing is read or watched yet.
    ///
    /// # Errors
    ///
    /// [`SourceError`] if `uri` does not name a file of this machine by its absolute path.
    pub(super) fn new(
        uri: &str,
        max_bytes: usize,
        settings: &settings::Watch,
    ) -> Result<Self, SourceError> {
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
            if path_of(uri)? != path {
                let watched = path.display();
                return Err(SourceError::new(format!(
                    "this source reads {watched} only"
                )));
            }
            match self.watch.read_settled().await {
                // It is read whole either way: a revision would save nothing.
                Ok(route_config_data) => Ok(RemoteConfig::Config {
                    route_config_data,
                    revision: None,
                }),
                Err(error) => Err(SourceError::new(format!(
                    "{}: {}",
                    path.display(),
                    ErrorChain(&error)
                ))),
            }
        })
    }

    fn changed(&self) -> BoxFuture<'_, ()> {
        Box::pin(self.watch.changed())
    }
}

/// The path that a `file` URI names (RFC 8089).
fn path_of(uri: &str) -> Result<PathBuf, SourceError> {
    let wrong = |why: &str| SourceError::new(format!("a file URI {why}"));
    let rest = uri
        .get(..7)
        .filter(|start| start.eq_ignore_ascii_case("file://"))
        .map(|start| &uri[start.len()..])
        .ok_or_else(|| wrong("begins with file://"))?;
    if rest.contains(['?', '#']) {
        return Err(wrong(
            "has neither query nor fragment; write ? as %3F and # as %23",
        ));
    }
    let Some(slash) = rest.find('/') else {
        return Err(wrong(
            "names an absolute path, as in file:///etc/routes.json",
        ));
    };
    let (host, path) = rest.split_at(slash);
    if !host.is_empty() && !host.eq_ignore_ascii_case("localhost") {
        return Err(wrong("names no other host, as in file:///etc/routes.json"));
    }
    let encoded = path.to_ascii_uppercase();
    if encoded.contains("%00") || encoded.contains("%2F") {
        return Err(wrong("holds neither %00 nor %2F, which no name can hold"));
    }
    let bytes = percent::decode(path.as_bytes())
        .map_err(|_| wrong("has two hexadecimal digits after each %"))?;
    if bytes.ends_with(b"/") {
        return Err(wrong("names a file, not a directory"));
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

    #[test]
    fn a_uri_names_an_absolute_path_of_this_machine() {
        let table = [
            ("file:///etc/routes.json", Ok("/etc/routes.json")),
            ("FILE://LocalHost/etc/routes.json", Ok("/etc/routes.json")),
            ("file:///a%20b/%C3%BC%25.json", Ok("/a b/ü%.json")),
            ("file:///a+b/../c", Ok("/a+b/../c")),
            ("file://host/etc/routes.json", Err("names no other host")),
            ("file://etc", Err("names an absolute path")),
            ("file://", Err("names an absolute path")),
            ("file:///", Err("names a file, not a directory")),
            ("file:///etc/", Err("names a file, not a directory")),
            ("file:///a?b", Err("has neither query nor fragment")),
            ("file:///a#b", Err("has neither query nor fragment")),
            ("file:///a%2", Err("has two hexadecimal digits")),
            ("file:///a%+1", Err("has two hexadecimal digits")),
            ("file:///a%zz", Err("has two hexadecimal digits")),
            ("file:///a%00", Err("holds neither %00 nor %2F")),
            ("file:///a%2Fb", Err("holds neither %00 nor %2F")),
            ("file:/etc/routes.json", Err("begins with file://")),
            ("https:///etc", Err("begins with file://")),
            ("fileé://", Err("begins with file://")),
            ("", Err("begins with file://")),
        ];
        for (uri, expected) in table {
            match (path_of(uri), expected) {
                (Ok(path), Ok(expected)) => assert_eq!(path.to_str(), Some(expected), "{uri}"),
                (Err(error), Err(expected)) => {
                    assert!(error.to_string().contains(expected), "{uri}: {error}");
                }
                (read, _) => panic!("{uri}: {read:?}"),
            }
        }
    }

    fn source(uri: &str) -> FileSource {
        let settings = settings::Watch {
            events: true,
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
        let config = |text: &str| {
            Ok(RemoteConfig::Config {
                route_config_data: text.into(),
                revision: None,
            })
        };
        assert_eq!(read().await, config("[1]"));
        fs::write(&path, "[2]").unwrap();
        source.changed().await;
        assert_eq!(read().await, config("[2]"));

        let other = source.read_route_config_from_remote("file:///other", None);
        let error = other.await.unwrap_err().to_string();
        assert!(error.ends_with("routes.json only"), "{error}");
    }

    #[tokio::test]
    async fn what_is_no_file_or_too_long_is_refused_by_name() {
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
            assert_eq!(error.to_string(), format!("{}: {expected}", path.display()));
        }
    }
}
