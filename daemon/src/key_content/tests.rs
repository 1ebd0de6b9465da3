//! Each content in each place, with real files of OpenSSL; the commands in the messages are run.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;

use super::KeyKind;
use crate::certified_key::{PairFlaw, authorities, read_pair};
use crate::error_chain::ErrorChain;
use crate::settings::{Secrets, Tls};
use crate::signature::{KeyVersion, SigningKey, VerifyingKeys};

/// The outcome of a file in a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// It is used.
    Used,
    /// It is refused, and the command that the message names makes a file that is used.
    Converted,
    /// It is refused, and no command is named.
    Refused,
}

use Outcome::{Converted as C, Refused as R, Used as U};

/// The places: a key that signs, a key that verifies, a key of TLS, certificates.
const PLACES: [&str; 4] = ["private", "public", "tls", "certificates"];

struct Files(TempDir);

impl Files {
    /// Makes the files with a shell, whose functions `der` and `bare` convert PEM.
    fn new() -> Self {
        let files = Self(TempDir::new().unwrap());
        files.shell(
            "bare() { grep -v ^- \"$1\" > \"$2\"; }
            as() { sed \"s/\\(BEGIN\\|END\\) .*-----/\\1 $1-----/\" \"$2\" > \"$3\"; }
            openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out pkcs8
            openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out ec
            openssl genpkey -algorithm ed25519 -out ed25519
            openssl pkcs8 -topk8 -nocrypt -in pkcs8 -outform DER -out pkcs8.der
            openssl rsa -traditional -in pkcs8 -out pkcs1
            openssl rsa -traditional -in pkcs8 -outform DER -out pkcs1.der
            openssl rsa -traditional -in pkcs8 -aes256 -passout pass:x -out encrypted-pkcs1
            openssl pkcs8 -topk8 -in pkcs8 -passout pass:x -out encrypted
            openssl pkcs8 -topk8 -in pkcs8 -passout pass:x -outform DER -out encrypted.der
            openssl pkey -in pkcs8 -pubout -out public
            openssl pkey -in pkcs8 -pubout -outform DER -out public.der
            openssl rsa -in pkcs8 -RSAPublicKey_out -out pkcs1-public
            openssl rsa -in pkcs8 -RSAPublicKey_out -outform DER -out pkcs1-public.der
            openssl ec -in ec -out sec1
            openssl ec -in ec -outform DER -out sec1.der
            openssl pkcs8 -topk8 -nocrypt -in ec -outform DER -out ec.der
            openssl pkey -in ec -pubout -out ec-public
            openssl pkcs8 -topk8 -nocrypt -in ed25519 -outform DER -out ed25519.der
            openssl req -x509 -key pkcs8 -subj /CN=x -out certificate
            openssl x509 -in certificate -outform DER -out certificate.der
            openssl x509 -in certificate -trustout -addtrust serverAuth -out trusted
            openssl req -x509 -key ec -subj /CN=x -out ec-certificate
            openssl req -x509 -key ed25519 -subj /CN=x -out ed25519-certificate
            openssl req -new -key pkcs8 -subj /CN=x -out request
            openssl req -in request -outform DER -out request.der
            openssl crl2pkcs7 -nocrl -certfile certificate -out pkcs7
            openssl crl2pkcs7 -nocrl -certfile certificate -outform DER -out pkcs7.der
            openssl pkcs12 -export -inkey pkcs8 -in certificate -passout pass:x -out pkcs12
            for f in pkcs8 pkcs1 encrypted public pkcs1-public certificate; do bare $f $f.base64; done
            tr -d '\\n' < pkcs8.base64 > pkcs8.line
            base64 pkcs12 > pkcs12.base64
            as 'PRIVATE KEY' pkcs1 pkcs1-as-pkcs8
            as 'RSA PRIVATE KEY' pkcs8 pkcs8-as-pkcs1
            as 'PRIVATE KEY' encrypted encrypted-as-pkcs8
            as 'EC PRIVATE KEY' pkcs8 pkcs8-as-sec1
            as 'PUBLIC KEY' pkcs1-public pkcs1-public-as-public
            as 'RSA PUBLIC KEY' public public-as-pkcs1
            as 'PUBLIC KEY' certificate certificate-as-public
            as CERTIFICATE public public-as-certificate
            as CERTIFICATE pkcs8 pkcs8-as-certificate
            as 'CERTIFICATE' pkcs7 pkcs7-as-certificate
            ssh-keygen -q -t rsa -b 2048 -N '' -f openssh
            for f in encrypted encrypted-pkcs1 pkcs1-as-pkcs8 openssh request; do
                cat certificate $f > certificate-and-$f
            done
            cat request certificate > request-and-certificate",
        );
        files
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn shell(&self, script: &str) {
        let mut command = Command::new("sh");
        command
            .args(["-e", "-c", script])
            .current_dir(self.0.path());
        let output = command.output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{script}\n{stderr}");
    }

    /// Uses the file in the place. Returns the message of the error.
    fn read(&self, file: &str, certificate: &str, place: &str) -> Result<(), String> {
        let path = self.path(file);
        fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        let version = KeyVersion::new(1).unwrap();
        match place {
            "private" => SigningKey::read(&path, version, &Secrets::default())
                .map(drop)
                .map_err(|error| ErrorChain(&error).to_string()),
            "public" => VerifyingKeys::new()
                .read(version, &path)
                .map_err(|error| ErrorChain(&error).to_string()),
            "tls" => {
                let files = Tls {
                    table: "listen",
                    cert_path: self.path(certificate),
                    key_path: path,
                    secrets: Secrets::default(),
                };
                let read = read_pair(&files, 1 << 20).map(drop);
                read.map_err(|flaw| match flaw {
                    PairFlaw::Chain(flaw) | PairFlaw::Key(flaw) => ErrorChain(&flaw).to_string(),
                })
            }
            _ => authorities(&fs::read(path).unwrap())
                .map(drop)
                .map_err(|flaw| ErrorChain(&flaw).to_string()),
        }
    }

    /// Returns the outcome of the file in the place, and the message if it is refused.
    fn outcome(&self, file: &str, place: &str) -> (Outcome, String) {
        let certificate = match file.split(['.', '-']).next() {
            Some("ec" | "sec1") => "ec-certificate",
            Some("ed25519") => "ed25519-certificate",
            _ => "certificate",
        };
        let Err(message) = self.read(file, certificate, place) else {
            return (U, String::new());
        };
        let Some(command) = message.split('`').nth(1) else {
            return (R, message);
        };
        let out = format!("{file}.{place}");
        let command = command.replace("IN", file).replace("OUT", &out);
        let command = match command.strip_prefix("ssh-keygen ") {
            Some(options) => {
                fs::copy(self.path(file), self.path(&out)).unwrap();
                fs::set_permissions(self.path(&out), Permissions::from_mode(0o600)).unwrap();
                format!("ssh-keygen -P '' -N '' {}", options.replace("FILE", &out))
            }
            // The password, for which they ask.
            None if file.starts_with("encrypted") || file.starts_with("pkcs12") => {
                format!("{command} -passin pass:x")
            }
            None => command,
        };
        self.shell(&command);
        let certificate = if file == "openssh" {
            self.shell(&format!(
                "openssl req -x509 -key {out} -subj /CN=x -out {out}.crt"
            ));
            format!("{out}.crt")
        } else {
            certificate.to_owned()
        };
        let made = self.read(&out, &certificate, place);
        assert_eq!(made, Ok(()), "{file} in {place}: {message}");
        (C, message)
    }
}

#[test]
fn each_command_makes_a_file_that_is_used() {
    let files = Files::new();
    let table: &[(&str, [Outcome; 4])] = &[
        ("pkcs8", [U, R, U, R]),
        ("pkcs8.der", [C, R, C, R]),
        ("pkcs8.base64", [C, R, C, R]),
        ("pkcs8.line", [C, R, C, R]),
        ("pkcs8-as-pkcs1", [C, R, C, R]),
        ("pkcs8-as-sec1", [C, R, C, R]),
        ("pkcs8-as-certificate", [C, R, C, R]),
        ("pkcs1", [U, R, U, R]),
        ("pkcs1.der", [C, R, C, R]),
        ("pkcs1.base64", [C, R, C, R]),
        ("pkcs1-as-pkcs8", [C, R, C, R]),
        ("encrypted", [C, R, C, R]),
        ("encrypted.der", [C, R, C, R]),
        ("encrypted.base64", [C, R, C, R]),
        ("encrypted-as-pkcs8", [C, R, C, R]),
        ("encrypted-pkcs1", [C, R, C, R]),
        ("sec1", [R, R, U, R]),
        ("sec1.der", [R, R, C, R]),
        ("ec", [R, R, U, R]),
        ("ec.der", [R, R, C, R]),
        ("ec-public", [R, R, R, R]),
        ("ec-certificate", [R, R, R, U]),
        ("ed25519.der", [R, R, C, R]),
        ("public", [R, U, R, R]),
        ("public.der", [R, C, R, R]),
        ("public.base64", [R, C, R, R]),
        ("public-as-pkcs1", [R, C, R, R]),
        ("public-as-certificate", [R, C, R, R]),
        ("pkcs1-public", [R, C, R, R]),
        ("pkcs1-public.der", [R, C, R, R]),
        ("pkcs1-public.base64", [R, C, R, R]),
        ("pkcs1-public-as-public", [R, C, R, R]),
        ("certificate", [R, C, R, U]),
        ("certificate.der", [R, C, R, C]),
        ("certificate.base64", [R, C, R, C]),
        ("certificate-as-public", [R, C, R, C]),
        ("trusted", [R, C, R, C]),
        ("request", [R, R, R, R]),
        ("request.der", [R, R, R, R]),
        ("pkcs7", [R, R, R, C]),
        ("pkcs7.der", [R, R, R, C]),
        ("pkcs7-as-certificate", [R, R, R, C]),
        ("pkcs12", [C, R, C, C]),
        ("pkcs12.base64", [C, R, C, C]),
        ("openssh", [C, R, C, R]),
    ];
    let mut wrong = String::new();
    for (file, expected) in table {
        for (place, expected) in PLACES.iter().zip(expected) {
            let (outcome, message) = files.outcome(file, place);
            if outcome != *expected {
                wrong += &format!("{file} in {place}: {outcome:?}, not {expected:?}: {message}\n");
            }
            // Every content of the table is recognized.
            let is_named =
                message.is_empty() || message.contains("contain") || message.contains("is one for");
            if !is_named {
                wrong += &format!("{file} in {place} is not recognized: {message}\n");
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn the_message_says_what_the_content_is() {
    let files = Files::new();
    for (file, place, expected) in [
        (
            "pkcs8.der",
            "private",
            "it contains a private key in DER; convert it with `openssl pkey -inform DER -in IN -out OUT`",
        ),
        (
            "pkcs1.der",
            "private",
            "it contains a private key of PKCS#1 in DER; convert it with `openssl pkey -inform DER -in IN -out \
             OUT`",
        ),
        (
            "pkcs1-as-pkcs8",
            "tls",
            "it contains a private key of PKCS#1, unlike the line that begins it; convert it with `grep -v ^- \
             IN | base64 -d | openssl pkey -inform DER -out OUT`",
        ),
        (
            "encrypted.base64",
            "tls",
            "it contains an encrypted private key in base64 without the lines of PEM; decrypt it with `base64 \
             -d IN | openssl pkcs8 -inform DER -out OUT`",
        ),
        (
            "certificate.der",
            "public",
            "it contains a certificate in DER instead of a public key in PEM; extract its key with `openssl \
             x509 -pubkey -noout -inform DER -in IN -out OUT`",
        ),
        (
            "certificate.der",
            "private",
            "it contains a certificate in DER instead of a private key in PEM",
        ),
        (
            "pkcs7",
            "certificates",
            "it contains certificates of PKCS#7 instead of a certificate in PEM; extract its certificates with \
             `openssl pkcs7 -print_certs -in IN -out OUT`",
        ),
        (
            "sec1.der",
            "private",
            "it contains a private key for elliptic curves (EC), not for RSA",
        ),
        (
            "trusted",
            "certificates",
            "it contains a trusted certificate of OpenSSL; convert it with `openssl x509 -in IN -out OUT`",
        ),
    ] {
        let (_, message) = files.outcome(file, place);
        assert!(message.ends_with(expected), "{file} in {place}: {message}");
    }
    // Of several sections, the one from which the key can be made explains most.
    for (file, place, expected) in [
        (
            "certificate-and-encrypted",
            "private",
            "it contains an encrypted private key; decrypt it with `openssl pkcs8 -in IN -out OUT`",
        ),
        (
            "certificate-and-encrypted-pkcs1",
            "tls",
            "it contains an encrypted private key; decrypt it with `openssl pkey -in IN -out OUT`",
        ),
        (
            "certificate-and-openssh",
            "private",
            "it contains a private key of OpenSSH instead of a private key in PEM; convert it with `ssh-keygen \
             -p -m PKCS8 -f FILE`",
        ),
        (
            "certificate-and-request",
            "private",
            "it contains a certificate instead of a private key in PEM",
        ),
        (
            "request-and-certificate",
            "public",
            "it contains a certificate instead of a public key in PEM; extract its key with `openssl x509 \
             -pubkey -noout -in IN -out OUT`",
        ),
        (
            "certificate-and-pkcs1-as-pkcs8",
            "private",
            "it contains a private key of PKCS#1, unlike the line that begins it; convert it with `grep -v ^- \
             IN | base64 -d | openssl pkey -inform DER -out OUT`",
        ),
    ] {
        let message = files.read(file, "certificate", place).unwrap_err();
        assert!(message.ends_with(expected), "{file} in {place}: {message}");
    }
    assert_eq!(KeyKind::Private.to_string(), "private");
}
