//! Any bytes, read as the value of the header `Signature`.

use codeid_daemon::signature::{SignatureError, SignatureHeader, SignedContent, VerifyingKeys};

/// Checks that an accepted value has its three parts and no others and survives writing and reading,
/// and that nothing is verified without a key.
///
/// # Panics
///
/// If the property does not hold.
pub fn signature_header(bytes: &[u8]) {
    let content = SignedContent {
        path: "/",
        client_id: "c",
        time: "t",
        body: bytes,
    };
    let verified = VerifyingKeys::new().verify(bytes, &content);
    match SignatureHeader::parse(bytes) {
        Ok(header) => {
            let unknown = SignatureError::UnknownKeyVersion(header.key_version);
            assert_eq!(verified, Err(unknown));
            let text = std::str::from_utf8(bytes).expect("an accepted value is UTF-8");
            assert_eq!(text.split(',').count(), 3);
            assert!(text.contains("RSA256") && !header.signature.is_empty());
            let written = header.to_string();
            match SignatureHeader::parse(written.as_bytes()) {
                // Percent-encoding can make it longer than the value that was read.
                Err(error) => assert_eq!(error, SignatureError::TooLong),
                Ok(again) => assert_eq!(again, header),
            }
        }
        Err(error) => {
            assert_eq!(verified, Err(error));
            assert!(!error.to_string().is_empty());
        }
    }
}
