//! A comparison with the vectors that NIST publishes for RSASSA-PKCS1-v1_5, beside that with OpenSSL.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{KeyVersion, SignatureError, SignatureHeader, SigningKey, VerifyingKeys};

/// The vectors, with their source.
const VECTORS: &str = include_str!("vectors/sig_ver_15_186_3.rsp");

/// The object identifier of RSA keys, and its absent parameters, in DER.
const RSA_ENCRYPTION: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00";

/// One vector. Numbers are in big-endian bytes.
#[derive(Default)]
struct Vector {
    modulus: Vec<u8>,
    exponent: Vec<u8>,
    message: Vec<u8>,
    signature: Vec<u8>,
    /// A private key in the DER of PKCS#1, in base64.
    private_key: Option<String>,
    /// `P` for a signature that passes, `F` and the reason for one that fails.
    result: String,
}

/// Returns the vectors of the file.
fn vectors() -> Vec<Vector> {
    let (mut vectors, mut next) = (Vec::new(), Vector::default());
    let lines = VECTORS.lines().filter(|line| !line.starts_with('#'));
    for (name, value) in lines.filter_map(|line| line.split_once(" = ")) {
        match name {
            "n" => next.modulus = bytes(value),
            "e" => next.exponent = bytes(value),
            "Msg" => next.message = bytes(value),
            "S" => next.signature = bytes(value),
            "key" => next.private_key = Some(value.to_owned()),
            "Result" => {
                next.result = value.to_owned();
                let modulus = next.modulus.clone();
                vectors.push(std::mem::take(&mut next));
                next.modulus = modulus;
            }
            _ => panic!("{name}"),
        }
    }
    vectors
}

/// Returns the bytes of a hexadecimal number, which may have an odd number of digits.
fn bytes(hex: &str) -> Vec<u8> {
    let hex = format!("{}{hex}", "0".repeat(hex.len() % 2));
    let digits = (0..hex.len()).step_by(2);
    digits
        .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
        .collect()
}

/// Returns an element of DER.
fn element(tag: u8, content: &[&[u8]]) -> Vec<u8> {
    let content = content.concat();
    let length = u16::try_from(content.len()).unwrap().to_be_bytes();
    [&[tag, 0x82, length[0], length[1]], &*content].concat()
}

/// Like [`element`], with the shortest form of the length, which is less than 128.
fn short_element(tag: u8, content: &[&[u8]]) -> Vec<u8> {
    let content = content.concat();
    let length = u8::try_from(content.len()).unwrap();
    assert!(length < 128);
    [&[tag, length], &*content].concat()
}

/// Returns a PEM section.
fn pem(label: &str, base64: &str) -> String {
    format!("-----BEGIN {label}-----\n{base64}\n-----END {label}-----\n")
}

impl Vector {
    /// Returns the public key as a SubjectPublicKeyInfo.
    fn public_key(&self) -> String {
        // A zero byte keeps a number positive.
        let modulus = element(2, &[&[0], &self.modulus]);
        let sign: &[u8] = if self.exponent[0] < 128 { &[] } else { &[0] };
        let exponent = short_element(2, &[sign, &self.exponent]);
        let key = element(0x30, &[&modulus, &exponent]);
        let algorithm = short_element(0x30, &[RSA_ENCRYPTION]);
        let info = element(0x30, &[&algorithm, &element(3, &[&[0], &key])]);
        pem("PUBLIC KEY", &STANDARD.encode(info))
    }
}

#[test]
fn each_vector_of_nist_passes_or_fails_as_published() {
    let version = KeyVersion::ONE;
    let (mut passed, mut failed) = (0, 0);
    for vector in vectors() {
        let mut keys = VerifyingKeys::new();
        keys.add_pem(version, vector.public_key().as_bytes())
            .unwrap();
        let header = SignatureHeader {
            key_version: version,
            signature: vector.signature.clone(),
        };
        // Over the text of the header, too.
        let header = SignatureHeader::parse(header.to_string().as_bytes()).unwrap();
        let verified = keys.verify_digest(&header, &digest(&SHA256, &vector.message));
        if vector.result.starts_with('P') {
            assert_eq!(verified, Ok(()));
            passed += 1;
        } else {
            assert!(vector.result.starts_with("F ("), "{}", vector.result);
            assert_eq!(verified, Err(SignatureError::Mismatch), "{}", vector.result);
            failed += 1;
        }
    }
    assert_eq!((passed, failed), (6, 30));
}

/// The padding leaves no choice, so a signature that passes is the one that the key makes.
#[test]
fn signatures_are_those_of_the_vectors_to_the_byte() {
    let mut bits = Vec::new();
    for vector in vectors() {
        let Some(key) = vector.private_key else {
            continue;
        };
        let key = pem("RSA PRIVATE KEY", &key);
        let key = SigningKey::from_pem(key.as_bytes(), KeyVersion::ONE).unwrap();
        let signature = key.sign_digest(&digest(&SHA256, &vector.message)).unwrap();
        assert_eq!(signature, vector.signature);
        bits.push(vector.modulus.len() * 8);
    }
    assert_eq!(bits, [2048, 3072]);
}
