//! The certificate that serves, replaced when its files change.

use std::sync::{Arc, MutexGuard};

use rustls::ServerConfig;

use super::certificate::{Certificate, CertificateError, MAX_BYTES};
use crate::files::watch::{FileWatch, WatchedFiles};
use crate::settings::{self, Tls};
use crate::sync::Mutex;

/// The certificate that new connections use. Open connections keep the one that they began with.
#[derive(Debug)]
pub(crate) struct LiveCertificate {
    files: Tls,
    /// Read once for each handshake.
    current: Mutex<Certificate>,
}

impl LiveCertificate {
    /// Reads the first one.
    ///
    /// # Errors
    ///
    /// [`CertificateError`] if it cannot be served.
    pub(crate) fn load(files: Tls) -> Result<Self, CertificateError> {
        let current = Mutex::new(Certificate::read(&files)?);
        Ok(Self { files, current })
    }

    /// Returns the TLS configuration for a connection that begins now.
    pub(crate) fn config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.current().config)
    }

    /// Watches both files for as long as it is polled, and replaces the pair once the files hold a
    /// whole one again. Until then the old pair stays.
    pub(crate) async fn follow(self: Arc<Self>, watch: settings::Watch) {
        let files = [&self.files.cert_path, &self.files.key_path]
            .map(|path| FileWatch::new(path, MAX_BYTES, &watch));
        let mut files = WatchedFiles::new(files, watch.poll_interval);
        let mut refused = None;
        loop {
            let this = Arc::clone(&self);
            let read = files.next(move || Certificate::read(&this.files)).await;
            refused = self.take(read, refused);
        }
    }

    /// Replaces the pair by the one that was read. Returns the reason if it is refused, which is
    /// logged unless it equals `before`.
    fn take(
        &self,
        read: Result<Certificate, CertificateError>,
        before: Option<CertificateError>,
    ) -> Option<CertificateError> {
        match read {
            Ok(certificate) => {
                let mut current = self.current();
                if current.digest != certificate.digest {
                    *current = certificate;
                    let table = self.files.table;
                    tracing::info!("new connections to {table}.http get a new certificate");
                } else if before.is_some() {
                    let table = self.files.table;
                    tracing::info!("the files of {table}.http's certificate hold it again");
                }
                None
            }
            Err(error) => {
                if before.as_ref() != Some(&error) {
                    let table = self.files.table;
                    tracing::warn!(%error, "{table}.http keeps its certificate, the new one is refused");
                }
                Some(error)
            }
        }
    }

    fn current(&self) -> MutexGuard<'_, Certificate> {
        self.current.lock()
    }
}
