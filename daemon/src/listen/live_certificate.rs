//! The certificate that serves, replaced when its files change.

use std::path::PathBuf;
use std::sync::{Arc, MutexGuard};
use std::time::SystemTime;

use rustls::ServerConfig;

use super::certificate::{Certificate, MAX_BYTES};
use super::certificate_error::CertificateError;
use crate::error_chain::ErrorChain;
use crate::files::watch::{FileWatch, WatchedFiles};
use crate::settings::{self, ServerTls, Tls};
use crate::sync::Mutex;

/// The certificate that new connections use. Open connections keep the one that they began with.
#[derive(Debug)]
pub(crate) struct LiveCertificate {
    files: ServerTls,
    /// Read once for each handshake.
    live: Mutex<Certificate>,
}

impl LiveCertificate {
    /// Reads the certificate that is live at first, with its key.
    ///
    /// # Errors
    ///
    /// [`CertificateError`] if it cannot be served.
    pub(crate) fn load(files: ServerTls) -> Result<Self, CertificateError> {
        let live = Mutex::new(Certificate::read(&files)?);
        Ok(Self { files, live })
    }

    /// Returns the TLS configuration for a connection that begins now.
    pub(crate) fn config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.live().config)
    }

    /// Returns the listener of the certificate, such as `admin.http`.
    pub(crate) fn listener(&self) -> String {
        format!("{}.http", self.files.certificate.table)
    }

    /// Returns the time after which the certificate is not valid; `None` if that cannot be read.
    pub(crate) fn not_after(&self) -> Option<SystemTime> {
        self.live().not_after
    }

    /// Watches the files for as long as it is polled, and replaces the pair, and the authorities of
    /// clients, once the files hold a whole pair and valid authorities again. Until then the old ones stay.
    pub(crate) async fn follow(self: Arc<Self>, watch: settings::Watch) {
        let Tls {
            cert_path,
            key_path,
            ..
        } = &self.files.certificate;
        match &self.files.client_ca_path {
            None => self.follow_files([cert_path, key_path], &watch).await,
            Some(ca_path) => {
                self.follow_files([cert_path, key_path, ca_path], &watch)
                    .await
            }
        }
    }

    async fn follow_files<const N: usize>(
        self: &Arc<Self>,
        paths: [&PathBuf; N],
        watch: &settings::Watch,
    ) {
        let files = paths.map(|path| FileWatch::new(path, MAX_BYTES, watch));
        let mut files = WatchedFiles::new(files, watch.poll_interval);
        let mut refused = None;
        loop {
            let this = Arc::clone(self);
            let read = files.next(move || Certificate::read(&this.files)).await;
            refused = self.take(read, refused);
        }
    }

    /// Replaces the pair by the one that was read. Returns the reason if it is refused, which is
    /// logged unless it equals `before`.
    fn take(
        &self,
        read: Result<Certificate, CertificateError>,
        before: Option<String>,
    ) -> Option<String> {
        let table = self.files.certificate.table;
        match read {
            Ok(certificate) => {
                let mut live = self.live();
                let gets_certificate = live.digest != certificate.digest;
                let gets_authorities = live.client_ca_digest != certificate.client_ca_digest;
                if gets_certificate {
                    tracing::info!("new connections to {table}.http get a new certificate");
                }
                if gets_authorities {
                    tracing::info!(
                        "new clients of {table}.http need a certificate of new authorities"
                    );
                }
                if gets_certificate || gets_authorities {
                    *live = certificate;
                } else if before.is_some() {
                    tracing::info!("the files of {table}.http's certificate hold it again");
                }
                None
            }
            Err(error) => {
                let error = ErrorChain(&error).to_string();
                if before.as_ref() != Some(&error) {
                    tracing::warn!(
                        error,
                        "{table}.http keeps its certificate, since the new one is refused"
                    );
                }
                Some(error)
            }
        }
    }

    fn live(&self) -> MutexGuard<'_, Certificate> {
        self.live.lock()
    }
}
