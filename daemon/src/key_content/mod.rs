//! The content of a file that should hold a key or a certificate in PEM and does not: what it is instead,
//! and the command that makes a usable file of it.

mod der;
#[cfg(test)]
mod tests;
mod validity;

use std::error::Error;
use std::fmt;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use zeroize::Zeroizing;

use self::der::{Form, form_of, is_for_rsa};

pub(crate) use self::der::other_algorithm;
pub(crate) use self::validity::valid_until;

/// The kind of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// A key that signs.
    Private,
    /// A key that verifies.
    Public,
}

/// The content that a file must have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Needed {
    /// A key for RSA.
    RsaKey(KeyKind),
    /// A private key for any algorithm of TLS.
    TlsKey,
    /// A certificate.
    Certificate,
}

/// The error for a file whose content is not the key or certificate in PEM that is needed. It shows nothing of
/// the content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OtherContent {
    needed: Needed,
    found: Found,
}

/// The contents that are recognized.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    /// A key, a certificate or a store of them.
    Encoded(Form, Encoding),
    /// A key for the algorithm of this name, where one for RSA is needed.
    OtherAlgorithm(KeyKind, &'static str),
    /// A certificate whose key is not for RSA, where a key for RSA is needed.
    CertificateOfOtherKey,
    /// A private key in the form of PKCS#1 that is encrypted within PEM.
    EncryptedPkcs1,
    OpenSshKey,
    ByteOrderMark,
}

/// The encodings in which a file can have what is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encoding {
    Pem,
    /// PEM whose lines name another form than the content has.
    Mislabelled,
    Der,
    /// Base64 without the lines around it.
    Base64,
}

impl OtherContent {
    /// Recognizes the content of a file in which `needed` was not found, or could not be used.
    pub(crate) fn recognize(content: &[u8], needed: Needed) -> Option<Self> {
        let found = in_pem(content, needed).or_else(|| outside_pem(content, needed))?;
        Some(Self { needed, found })
    }

    /// Recognizes the content `der` of a section of PEM whose `label` stands for another form.
    pub(crate) fn mislabelled(label: &[u8], der: &[u8], needed: Needed) -> Option<Self> {
        let form = form_of(der).filter(|form| Form::of_label(label) != Some(*form))?;
        let found = found(form, Encoding::Mislabelled, der, needed);
        Some(Self { needed, found })
    }
}

/// Recognizes the section of PEM that explains best why there is not what is needed: the first from which it
/// can be made, or else the first that is something else.
fn in_pem(content: &[u8], needed: Needed) -> Option<Found> {
    let mut lines = content
        .split(|byte| matches!(byte, b'\n' | b'\r'))
        .map(<[u8]>::trim_ascii);
    let mut first = None;
    while let Some(found) = next_in_pem(&mut lines, needed) {
        if needed.is_explained_by(found) {
            return Some(found);
        }
        first = first.or(Some(found));
    }
    first
}

/// Recognizes the next section of PEM that is not what is needed.
fn next_in_pem<'a>(lines: &mut impl Iterator<Item = &'a [u8]>, needed: Needed) -> Option<Found> {
    while let Some(line) = lines.next() {
        let label = line.strip_prefix(b"-----BEGIN ");
        let Some(label) = label.and_then(|label| label.strip_suffix(b"-----")) else {
            continue;
        };
        if label == b"OPENSSH PRIVATE KEY" {
            return Some(Found::OpenSshKey);
        }
        let section: Vec<_> = lines
            .by_ref()
            .take_while(|line| !line.starts_with(b"-----"))
            .collect();
        // Encrypted keys of the older form have this header.
        let is_encrypted =
            |line: &&[u8]| line.starts_with(b"Proc-Type:") && line.ends_with(b"ENCRYPTED");
        if section.iter().any(is_encrypted) {
            return Some(Found::EncryptedPkcs1);
        }
        let named = Form::of_label(label);
        let form = decode(&Zeroizing::new(section.concat())).map(|der| (form_of(&der), der));
        let found = match (form, named) {
            (Some((Some(form), der)), Some(named)) if form != named => {
                Some(found(form, Encoding::Mislabelled, &der, needed))
            }
            (Some((Some(form), der)), _) => {
                let is_right = needed.accepts(form) && is_label_of(label, form);
                (!is_right).then(|| found(form, Encoding::Pem, &der, needed))
            }
            (_, Some(named)) if !needed.accepts(named) || !is_label_of(label, named) => {
                Some(Found::Encoded(named, Encoding::Pem))
            }
            _ => None,
        };
        if found.is_some() {
            return found;
        }
    }
    None
}

/// Returns `true` unless readers of PEM skip the section for its label, which only openssl knows.
fn is_label_of(label: &[u8], form: Form) -> bool {
    form != Form::Certificate || label == b"CERTIFICATE"
}

fn outside_pem(content: &[u8], needed: Needed) -> Option<Found> {
    let marks: [&[u8]; 3] = [b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"];
    if marks.iter().any(|mark| content.starts_with(mark)) {
        return Some(Found::ByteOrderMark);
    }
    if let Some(form) = form_of(content) {
        return Some(found(form, Encoding::Der, content, needed));
    }
    let der = decode(content)?;
    Some(found(form_of(&der)?, Encoding::Base64, &der, needed))
}

/// Decodes base64 with white space in it.
fn decode(base64: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    // A vector that grows leaves copies, which may be of a private key.
    let mut bytes = Zeroizing::new(Vec::with_capacity(base64.len()));
    bytes.extend(base64.iter().filter(|byte| !byte.is_ascii_whitespace()));
    BASE64_STANDARD.decode(&*bytes).ok().map(Zeroizing::new)
}

fn found(form: Form, encoding: Encoding, der: &[u8], needed: Needed) -> Found {
    if let Needed::RsaKey(kind) = needed {
        if needed.accepts(form)
            && let Some(name) = other_algorithm(der)
        {
            return Found::OtherAlgorithm(kind, name);
        }
        if form == Form::Sec1 && kind == KeyKind::Private {
            return Found::OtherAlgorithm(kind, "elliptic curves (EC)");
        }
        if form == Form::Certificate && kind == KeyKind::Public && !is_for_rsa(der) {
            return Found::CertificateOfOtherKey;
        }
    }
    Found::Encoded(form, encoding)
}

impl Needed {
    /// Returns `true` if a file in PEM with this form is used.
    const fn accepts(self, form: Form) -> bool {
        match self {
            Self::RsaKey(KeyKind::Private) => matches!(form, Form::Pkcs8 | Form::Pkcs1),
            Self::RsaKey(KeyKind::Public) => matches!(form, Form::PublicKey),
            Self::TlsKey => matches!(form, Form::Pkcs8 | Form::Pkcs1 | Form::Sec1),
            Self::Certificate => matches!(form, Form::Certificate),
        }
    }

    /// Returns `true` for a content from which the needed one can be made, or that is a key of another
    /// algorithm.
    const fn is_explained_by(self, found: Found) -> bool {
        match found {
            Found::Encoded(form, _) => self.command(form).is_some(),
            Found::EncryptedPkcs1 | Found::OpenSshKey => {
                matches!(self, Self::RsaKey(KeyKind::Private) | Self::TlsKey)
            }
            Found::OtherAlgorithm(..) => true,
            Found::CertificateOfOtherKey | Found::ByteOrderMark => false,
        }
    }

    /// Returns the subcommand of openssl, with its options, that makes PEM with what is needed of this form;
    /// `None` if no command does. It asks for the password if the form has one.
    const fn command(self, form: Form) -> Option<&'static str> {
        let is_private = matches!(self, Self::RsaKey(KeyKind::Private) | Self::TlsKey);
        let is_public = matches!(self, Self::RsaKey(KeyKind::Public));
        let is_certificate = matches!(self, Self::Certificate);
        match form {
            Form::Pkcs8 | Form::Pkcs1 | Form::Sec1 if is_private => Some("pkey"),
            Form::Encrypted if is_private => Some("pkcs8"),
            Form::Pkcs12 if is_private => Some("pkcs12 -nocerts -nodes"),
            Form::Pkcs12 if is_certificate => Some("pkcs12 -nokeys"),
            Form::PublicKey if is_public => Some("pkey -pubin"),
            Form::Pkcs1Public if is_public => Some("rsa -RSAPublicKey_in -pubout"),
            Form::Certificate | Form::TrustedCertificate if is_public => {
                Some("x509 -pubkey -noout")
            }
            Form::Certificate | Form::TrustedCertificate if is_certificate => Some("x509"),
            Form::Pkcs7 if is_certificate => Some("pkcs7 -print_certs"),
            _ => None,
        }
    }
}

impl Encoding {
    /// Returns the command that makes the file OUT of the file IN with this subcommand of openssl.
    fn command(self, form: Form, subcommand: &str) -> String {
        // PKCS#12 has no PEM, and the subcommand no such option.
        let inform = match form {
            Form::Pkcs12 => "",
            _ => " -inform DER",
        };
        match self {
            Self::Pem => format!("openssl {subcommand} -in IN -out OUT"),
            Self::Der => format!("openssl {subcommand}{inform} -in IN -out OUT"),
            Self::Base64 => format!("base64 -d IN | openssl {subcommand}{inform} -out OUT"),
            Self::Mislabelled => {
                format!("grep -v ^- IN | base64 -d | openssl {subcommand}{inform} -out OUT")
            }
        }
    }
}

impl fmt::Display for OtherContent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let needed = self.needed;
        let (form, encoding) = match self.found {
            Found::Encoded(form, encoding) => (form, encoding),
            Found::OtherAlgorithm(kind, name) => {
                return write!(f, "it contains a {kind} key for {name}, not for RSA");
            }
            Found::CertificateOfOtherKey => {
                return f.write_str("it contains a certificate of a key that is not for RSA");
            }
            Found::EncryptedPkcs1
                if matches!(needed, Needed::RsaKey(KeyKind::Private) | Needed::TlsKey) =>
            {
                return f.write_str(
                    "it contains an encrypted private key; decrypt it with `openssl pkey -in IN -out OUT`",
                );
            }
            Found::EncryptedPkcs1 => (Form::Encrypted, Encoding::Pem),
            Found::OpenSshKey => {
                write!(
                    f,
                    "it contains a private key of OpenSSH instead of {needed}"
                )?;
                return match needed {
                    Needed::RsaKey(KeyKind::Private) | Needed::TlsKey => {
                        f.write_str("; convert it with `ssh-keygen -p -m PKCS8 -f FILE`")
                    }
                    _ => Ok(()),
                };
            }
            Found::ByteOrderMark => {
                return f.write_str("it begins with a byte order mark; save it as plain text");
            }
        };
        write!(f, "it contains {form}")?;
        let command = needed.command(form);
        match encoding {
            Encoding::Pem => {}
            Encoding::Mislabelled => f.write_str(", unlike the line that begins it")?,
            Encoding::Der => f.write_str(" in DER")?,
            Encoding::Base64 => f.write_str(" in base64 without the lines of PEM")?,
        }
        let is_nearly_right =
            needed.accepts(form) || matches!(form, Form::Encrypted | Form::TrustedCertificate);
        if !is_nearly_right || command.is_none() {
            write!(f, " instead of {needed}")?;
        }
        let Some(command) = command else {
            return Ok(());
        };
        let verb = match (form, needed) {
            (Form::Encrypted, _) => "decrypt it",
            (Form::Certificate | Form::TrustedCertificate, Needed::RsaKey(_)) => "extract its key",
            (Form::Pkcs12 | Form::Pkcs7, Needed::Certificate) => "extract its certificates",
            (Form::Pkcs12, _) => "extract its key",
            _ => "convert it",
        };
        let command = encoding.command(form, command);
        write!(f, "; {verb} with `{command}`")
    }
}

impl Error for OtherContent {}

impl fmt::Display for Needed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RsaKey(kind) => write!(f, "a {kind} key in PEM"),
            Self::TlsKey => f.write_str("a private key in PEM"),
            Self::Certificate => f.write_str("a certificate in PEM"),
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
