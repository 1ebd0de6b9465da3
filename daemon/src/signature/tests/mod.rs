//! A comparison with the command line of OpenSSL, which shares no code with us: it makes the keys,
//! verifies our signatures, and makes those that we verify.

mod key_files;
mod signatures;

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;
use std::sync::LazyLock;

use tempfile::TempDir;

use super::*;
use crate::error_chain::ErrorChain;
use crate::settings::Secrets;

const PATH: &str = "/aps/api/v1/mobile/sdkProxy";

const CLIENT_ID: &str = "TEST_5X00000000000000";

const TIME: &str = "2026-11-21T09:30:00+08:00";

const BODY: &[u8] = "{\"sdkRequestData\":\"a=%2B&b=\\\"\u{e9}\u{1f600}\\\" \"}".as_bytes();

/// Keys that live as long as the tests do, in a directory of their own.
struct Keys {
    directory: TempDir,
}

static KEYS: LazyLock<Keys> = LazyLock::new(|| {
    let keys = Keys {
        directory: TempDir::new().unwrap(),
    };
    for name in ["ours", "other"] {
        keys.openssl(&[
            "genpkey",
            "-quiet",
            "-algorithm",
            "RSA",
            "-pkeyopt",
            "rsa_keygen_bits:2048",
            "-out",
            name,
        ]);
        let public = format!("{name}.pub");
        keys.openssl(&["pkey", "-in", name, "-pubout", "-out", &public]);
    }
    keys
});

impl Keys {
    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Runs OpenSSL in the directory, and returns `true` if it succeeded.
    fn try_openssl(&self, arguments: &[&str]) -> bool {
        let mut command = Command::new("openssl");
        command.args(arguments).current_dir(self.directory.path());
        command
            .output()
            .expect("openssl is installed")
            .status
            .success()
    }

    fn openssl(&self, arguments: &[&str]) {
        assert!(
            self.try_openssl(arguments),
            "openssl {}",
            arguments.join(" ")
        );
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        path
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }
}

fn version(number: u32) -> KeyVersion {
    KeyVersion::new(number).unwrap()
}

fn content(body: &[u8]) -> SignedContent<'_> {
    SignedContent {
        path: PATH,
        client_id: CLIENT_ID,
        time: TIME,
        body,
    }
}

/// The text of [`content`], put together independently.
fn text_of_content(body: &[u8]) -> Vec<u8> {
    let head = format!("POST {PATH}\n{CLIENT_ID}.{TIME}.");
    [head.as_bytes(), body].concat()
}

fn signing(name: &str, number: u32) -> SigningKey {
    SigningKey::from_pem(KEYS.read(name).as_bytes(), version(number)).unwrap()
}

fn verifying(keys: &[(u32, &str)]) -> VerifyingKeys {
    let mut verifying = VerifyingKeys::new();
    for (number, name) in keys {
        verifying.read(version(*number), &KEYS.path(name)).unwrap();
    }
    verifying
}
