//! The certificate that serves, replaced when its files change.

use std::future::pending;
use std::panic::resume_unwind;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustls::ServerConfig;
use tokio::task::spawn_blocking;
use tokio::time::sleep;

use super::certificate::{Certificate, CertificateError, MAX_BYTES};
use crate::settings::{self, Tls};
use crate::watch::FileWatch;

/// The certificate that new connections get. Those that are open keep the one that they began with.
#[derive(Debug)]
pub(crate) struct LiveCertificate {
    files: Tls,
    /// Looked at once for each handshake.
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

    /// How a connection that begins now is served.
    pub(crate) fn config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.current().config)
    }

    /// Watches both files, for as long as it is polled, and serves what they hold once it is a
    /// whole pair again. Until then what served goes on to.
    pub(crate) async fn follow(self: Arc<Self>, watch: settings::Watch) {
        let [chain, key] = [&self.files.cert_path, &self.files.key_path]
            .map(|path| FileWatch::start(path, MAX_BYTES, &watch));
        let mut refused = None;
        loop {
            // What is wrong may be seen in neither file: permissions that are mended change no
            // content.
            let again = async {
                match refused {
                    Some(_) => sleep(watch.poll_interval).await,
                    None => pending().await,
                }
            };
            tokio::select! {
                () = chain.changed() => {}
                () = key.changed() => {}
                () = again => {}
            }
            refused = self.read_again(refused).await;
        }
    }

    /// Looks at the files, and tells why they are refused, which is logged if it was not `before`.
    async fn read_again(
        self: &Arc<Self>,
        before: Option<CertificateError>,
    ) -> Option<CertificateError> {
        let this = Arc::clone(self);
        let read = match spawn_blocking(move || Certificate::read(&this.files)).await {
            Ok(read) => read,
            Err(error) => match error.try_into_panic() {
                Ok(panic) => resume_unwind(panic),
                // The runtime is stopping.
                Err(_) => return before,
            },
        };
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
        // It is replaced as a whole.
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
