//! The content of a file that should hold a key in PEM and does not: what it is instead, and how to make
//! such a key of it.

use std::error::Error;
use std::fmt;

/// The kind of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// A key that signs.
    Private,
    /// A key that verifies.
    Public,
}

/// The error for a file whose content is not the key in PEM that is needed. It shows nothing of the content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OtherContent {
    /// The kind of key that is needed.
    needed: KeyKind,
    found: Found,
}

/// The contents that are recognized.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    EncryptedKey,
    PrivateKey,
    PublicKey,
    /// A public key in the form of PKCS#1.
    RsaPublicKey,
    EllipticKey,
    OpenSshKey,
    Certificate,
    CertificateRequest,
    /// A key, or something else, in DER.
    Der,
    /// Base64 without the lines around it.
    Base64,
    ByteOrderMark,
}

/// Object identifiers of algorithms, as DER has them.
const ALGORITHMS: [(&[u8], &str); 5] = [
    (
        b"\x06\x07\x2a\x86\x48\xce\x3d\x02\x01",
        "elliptic curves (EC)",
    ),
    (b"\x06\x03\x2b\x65\x70", "Ed25519"),
    (b"\x06\x03\x2b\x65\x71", "Ed448"),
    (
        b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a",
        "RSASSA-PSS only",
    ),
    (b"\x06\x07\x2a\x86\x48\xce\x38\x04\x01", "DSA"),
];

/// The bytes of a key in DER within which its algorithm is named.
const ALGORITHM_BYTES: usize = 32;

impl OtherContent {
    /// Recognizes the content of a file in which no key of the kind `needed` was found.
    pub(crate) fn recognize(content: &[u8], needed: KeyKind) -> Option<Self> {
        let found = Found::in_pem(content, needed).or_else(|| Found::outside_pem(content))?;
        Some(Self { needed, found })
    }
}

/// Returns the name of the algorithm that a key in DER is for, if it is a known one other than RSA.
pub(crate) fn other_algorithm(der: &[u8]) -> Option<&'static str> {
    let head = der.get(..ALGORITHM_BYTES).unwrap_or(der);
    let is_in_head = |id: &[u8]| head.windows(id.len()).any(|window| window == id);
    let mut algorithms = ALGORITHMS.iter();
    algorithms.find_map(|(id, name)| is_in_head(id).then_some(*name))
}

impl Found {
    /// Recognizes the first section of PEM that is not a key of the kind `needed`.
    fn in_pem(content: &[u8], needed: KeyKind) -> Option<Self> {
        let mut lines = content.split(|byte| matches!(byte, b'\n' | b'\r'));
        lines.find_map(|line| Self::from_line(line.trim_ascii(), needed))
    }

    fn from_line(line: &[u8], needed: KeyKind) -> Option<Self> {
        // Encrypted keys of the older form have this header below the line that begins the section.
        if line.starts_with(b"Proc-Type:") && line.ends_with(b"ENCRYPTED") {
            return Some(Self::EncryptedKey);
        }
        let label = line.strip_prefix(b"-----BEGIN ")?.strip_suffix(b"-----")?;
        match (label, needed) {
            (b"ENCRYPTED PRIVATE KEY", _) => Some(Self::EncryptedKey),
            (b"PRIVATE KEY" | b"RSA PRIVATE KEY", KeyKind::Public) => Some(Self::PrivateKey),
            (b"PUBLIC KEY" | b"RSA PUBLIC KEY", KeyKind::Private) => Some(Self::PublicKey),
            (b"RSA PUBLIC KEY", KeyKind::Public) => Some(Self::RsaPublicKey),
            (b"EC PRIVATE KEY" | b"EC PARAMETERS", _) => Some(Self::EllipticKey),
            (b"OPENSSH PRIVATE KEY", _) => Some(Self::OpenSshKey),
            (b"CERTIFICATE" | b"X509 CERTIFICATE" | b"TRUSTED CERTIFICATE", _) => {
                Some(Self::Certificate)
            }
            (b"CERTIFICATE REQUEST" | b"NEW CERTIFICATE REQUEST", _) => {
                Some(Self::CertificateRequest)
            }
            _ => None,
        }
    }

    fn outside_pem(content: &[u8]) -> Option<Self> {
        let marks: [&[u8]; 3] = [b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"];
        if marks.iter().any(|mark| content.starts_with(mark)) {
            return Some(Self::ByteOrderMark);
        }
        if is_sequence(content) {
            return Some(Self::Der);
        }
        let is_base64 = |byte: &u8| {
            byte.is_ascii_alphanumeric() || b"+/=".contains(byte) || byte.is_ascii_whitespace()
        };
        // Each form of a key in DER begins with the same two bytes.
        let is_key = content.trim_ascii_start().starts_with(b"MI");
        (is_key && content.iter().all(is_base64)).then_some(Self::Base64)
    }
}

/// Returns `true` if `content` is one sequence in DER of 128 bytes to 64 KiB, which keys of all forms are.
fn is_sequence(content: &[u8]) -> bool {
    match content {
        [0x30, 0x81, length, rest @ ..] => rest.len() == usize::from(*length),
        [0x30, 0x82, high, low, rest @ ..] => {
            rest.len() == usize::from(u16::from_be_bytes([*high, *low]))
        }
        _ => false,
    }
}

impl fmt::Display for OtherContent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let needed = self.needed;
        let instead = match self.found {
            Found::EncryptedKey if needed == KeyKind::Private => {
                return f.write_str(
                    "it contains an encrypted private key; decrypt it with `openssl pkey -in ENCRYPTED \
                     -out DECRYPTED`",
                );
            }
            Found::Der => {
                let public = match needed {
                    KeyKind::Private => "",
                    KeyKind::Public => " -pubin",
                };
                return write!(
                    f,
                    "it is DER, not PEM; convert the key with `openssl pkey{public} -inform DER -in DER \
                     -out PEM`"
                );
            }
            Found::Base64 => {
                let begin = needed.label();
                return write!(
                    f,
                    "it is base64 without the lines `-----BEGIN {begin}-----` and `-----END {begin}-----` \
                     around it"
                );
            }
            Found::EllipticKey => {
                return f
                    .write_str("it contains a private key for elliptic curves (EC), not for RSA");
            }
            Found::ByteOrderMark => {
                return f.write_str("it begins with a byte order mark; save it as plain text");
            }
            Found::EncryptedKey => "an encrypted private key",
            Found::PrivateKey => "a private key",
            Found::PublicKey => "a public key",
            Found::RsaPublicKey => "a public key of PKCS#1",
            Found::OpenSshKey => "a private key of OpenSSH",
            Found::Certificate => "a certificate",
            Found::CertificateRequest => "a certificate request",
        };
        write!(f, "it contains {instead} instead of a {needed} key")?;
        match (self.found, needed) {
            (Found::RsaPublicKey, _) => f.write_str(
                " (`BEGIN PUBLIC KEY`); convert it with `openssl rsa -RSAPublicKey_in -in PKCS1 -pubout \
                 -out PUBLIC`",
            ),
            (Found::Certificate, KeyKind::Public) => f.write_str(
                "; extract its key with `openssl x509 -in CERTIFICATE -pubkey -noout -out PUBLIC`",
            ),
            (Found::OpenSshKey, KeyKind::Private) => {
                f.write_str(" in PEM; convert it with `ssh-keygen -p -m PKCS8 -f FILE`")
            }
            _ => Ok(()),
        }
    }
}

impl Error for OtherContent {}

impl KeyKind {
    /// Returns the label of PEM that such a key has.
    const fn label(self) -> &'static str {
        match self {
            Self::Private => "PRIVATE KEY",
            Self::Public => "PUBLIC KEY",
        }
    }
}

impl fmt::Display for KeyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Private => "private",
            Self::Public => "public",
        })
    }
}
