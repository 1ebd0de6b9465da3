//! Any bytes, as the value of a `Signature` header.

use codeid_daemon::signature::{SignatureError, SignatureHeader, SignedContent, VerifyingKeys};

/// What is read has all it needs and nothing else, and is read again as it is written. Without a
/// key nothing is right.
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
            let text = std::str::from_utf8(bytes).expect("it was read as text");
            assert_eq!(text.split(',').count(), 3);
            assert!(text.contains("RSA256") && !header.signature.is_empty());
            let written = header.to_string();
            match SignatureHeader::parse(written.as_bytes()) {
                // Percent-encoded it can be longer than what was read.
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
