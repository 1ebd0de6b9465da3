//! The forms that keys and certificates have in DER, distinguished by their outermost elements.

use std::fmt;

/// The form of a key, a certificate, or a store of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// A private key for any algorithm.
    Pkcs8,
    /// A private key for RSA.
    Pkcs1,
    /// A private key for elliptic curves.
    Sec1,
    /// A private key of PKCS#8 that is encrypted.
    Encrypted,
    /// A public key for any algorithm.
    PublicKey,
    /// A public key for RSA.
    Pkcs1Public,
    /// A certificate (X.509).
    Certificate,
    /// A certificate with the purposes that OpenSSL trusts it for behind it. Only PEM has it.
    TrustedCertificate,
    /// A request for a certificate (PKCS#10).
    CertificateRequest,
    /// Certificates, as `.p7b` has them.
    Pkcs7,
    /// Certificates and keys, as `.p12` and `.pfx` have them.
    Pkcs12,
}

const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OCTET_STRING: u8 = 0x04;
const OBJECT_IDENTIFIER: u8 = 0x06;
pub(super) const SEQUENCE: u8 = 0x30;
/// The explicit tag 0.
pub(super) const TAGGED: u8 = 0xa0;

/// The version of PKCS#12.
const PKCS12_VERSION: &[u8] = &[3];

/// The bytes of a modulus for RSA of 512 bits, the least that is recognized.
const MIN_MODULUS_BYTES: usize = 64;

/// The object identifier of signed data of PKCS#7.
const SIGNED_DATA: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02";

/// The object identifier of keys for RSA.
const RSA: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01";

/// Object identifiers of algorithms.
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

/// Returns the name of the algorithm that a key in DER is for, if it is a known one other than RSA.
pub(crate) fn other_algorithm(der: &[u8]) -> Option<&'static str> {
    let head = der.get(..ALGORITHM_BYTES).unwrap_or(der);
    let mut algorithms = ALGORITHMS.iter();
    algorithms.find_map(|(id, name)| contains(head, id).then_some(*name))
}

/// Returns `true` if a certificate in DER has a key for RSA.
pub(super) fn is_for_rsa(certificate: &[u8]) -> bool {
    contains(certificate, RSA)
}

fn contains(bytes: &[u8], id: &[u8]) -> bool {
    bytes.windows(id.len()).any(|window| window == id)
}

/// Returns the form of `der`, which must end where its outermost element ends.
pub(super) fn form_of(der: &[u8]) -> Option<Form> {
    let (SEQUENCE, content, []) = element(der)? else {
        return None;
    };
    let (tag, first, rest) = element(content)?;
    let (next_tag, next, rest) = element(rest)?;
    match (tag, next_tag) {
        (INTEGER, SEQUENCE) if first == PKCS12_VERSION => Some(Form::Pkcs12),
        (INTEGER, SEQUENCE) => Some(Form::Pkcs8),
        (INTEGER, OCTET_STRING) => Some(Form::Sec1),
        (INTEGER, INTEGER) if !rest.is_empty() => Some(Form::Pkcs1),
        (INTEGER, INTEGER) if first.len() >= MIN_MODULUS_BYTES => Some(Form::Pkcs1Public),
        (SEQUENCE, OCTET_STRING) => Some(Form::Encrypted),
        (SEQUENCE, BIT_STRING) => Some(Form::PublicKey),
        (SEQUENCE, SEQUENCE) => signed(first, rest),
        (OBJECT_IDENTIFIER, TAGGED) if first == SIGNED_DATA && !next.is_empty() => {
            Some(Form::Pkcs7)
        }
        _ => None,
    }
}

/// Returns the form of what is signed, if a signature is what follows its algorithm.
fn signed(to_be_signed: &[u8], after_algorithm: &[u8]) -> Option<Form> {
    let (BIT_STRING, _, []) = element(after_algorithm)? else {
        return None;
    };
    let (tag, _, rest) = element(to_be_signed)?;
    match tag {
        TAGGED => Some(Form::Certificate),
        // The first version of certificates has its algorithm after the number, and a request a name.
        INTEGER => {
            let (_, next, _) = element(rest)?;
            match next.first() {
                Some(&OBJECT_IDENTIFIER) => Some(Form::Certificate),
                _ => Some(Form::CertificateRequest),
            }
        }
        _ => None,
    }
}

/// Returns the tag and the content of the first element, and what follows it.
pub(super) fn element(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (tag, rest) = bytes.split_first()?;
    let (first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(*first), rest),
        0x81..=0x83 => {
            let (length, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            let length = length
                .iter()
                .fold(0, |sum, byte| sum << 8 | usize::from(*byte));
            (length, rest)
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((*tag, content, rest))
}

impl Form {
    /// Returns the form that a section of PEM with this label has.
    pub(super) fn of_label(label: &[u8]) -> Option<Self> {
        match label {
            b"PRIVATE KEY" => Some(Self::Pkcs8),
            b"RSA PRIVATE KEY" => Some(Self::Pkcs1),
            b"EC PRIVATE KEY" => Some(Self::Sec1),
            b"ENCRYPTED PRIVATE KEY" => Some(Self::Encrypted),
            b"PUBLIC KEY" => Some(Self::PublicKey),
            b"RSA PUBLIC KEY" => Some(Self::Pkcs1Public),
            b"CERTIFICATE" | b"X509 CERTIFICATE" => Some(Self::Certificate),
            b"TRUSTED CERTIFICATE" => Some(Self::TrustedCertificate),
            b"CERTIFICATE REQUEST" | b"NEW CERTIFICATE REQUEST" => Some(Self::CertificateRequest),
            b"PKCS7" | b"CMS" => Some(Self::Pkcs7),
            _ => None,
        }
    }
}

/// Displays the form with an article.
impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pkcs8 => "a private key",
            Self::Pkcs1 => "a private key of PKCS#1",
            Self::Sec1 => "a private key for elliptic curves (EC)",
            Self::Encrypted => "an encrypted private key",
            Self::PublicKey => "a public key",
            Self::Pkcs1Public => "a public key of PKCS#1",
            Self::Certificate => "a certificate",
            Self::TrustedCertificate => "a trusted certificate of OpenSSL",
            Self::CertificateRequest => "a certificate request",
            Self::Pkcs7 => "certificates of PKCS#7",
            Self::Pkcs12 => "a key store of PKCS#12",
        })
    }
}
