//! Signatures that verify, and those that must not.

use super::*;

#[test]
fn openssl_verifies_our_signatures() {
    let large = vec![b'x'; 500 << 10];
    for (index, body) in [BODY, b"", &large].into_iter().enumerate() {
        let header = signing("ours", 3).sign(&content(body)).unwrap();
        let parsed = SignatureHeader::parse(header.as_bytes()).unwrap();
        assert_eq!(parsed.key_version, version(3));
        let (signature, text) = (format!("ours-{index}.sig"), format!("ours-{index}.txt"));
        KEYS.write(&signature, &parsed.signature);
        KEYS.write(&text, text_of_content(body));
        let verify = |key| {
            KEYS.try_openssl(&[
                "dgst",
                "-sha256",
                "-verify",
                key,
                "-signature",
                &signature,
                &text,
            ])
        };
        assert!(verify("ours.pub"));
        assert!(!verify("other.pub"));
    }
}

#[test]
fn signatures_of_openssl_verify_percent_encoded_or_not() {
    KEYS.write("theirs.txt", text_of_content(BODY));
    KEYS.openssl(&[
        "dgst",
        "-sha256",
        "-sign",
        "other",
        "-out",
        "theirs.sig",
        "theirs.txt",
    ]);
    KEYS.openssl(&["base64", "-A", "-in", "theirs.sig", "-out", "theirs.b64"]);
    let base64 = KEYS.read("theirs.b64");
    let encoded = base64
        .replace('+', "%2B")
        .replace('/', "%2F")
        .replace('=', "%3D");
    let keys = verifying(&[(1, "ours.pub"), (2, "other.pub")]);
    for signature in [&base64, &encoded] {
        let header = format!("signature={signature}, keyVersion=2,algorithm=RSA256");
        let body = keys.verify(header.as_bytes(), &content(BODY)).unwrap();
        assert_eq!(body.as_bytes(), BODY);
        let by_another = header.replace("keyVersion=2", "keyVersion=1");
        assert_eq!(
            keys.verify(by_another.as_bytes(), &content(BODY)),
            Err(SignatureError::Mismatch)
        );
        let unknown = header.replace("keyVersion=2", "keyVersion=3");
        assert_eq!(
            keys.verify(unknown.as_bytes(), &content(BODY)),
            Err(SignatureError::UnknownKeyVersion(version(3)))
        );
    }
    // A form would decode `+` as a space, which is not the same signature.
    if base64.contains('+') {
        let header = format!(
            "algorithm=RSA256,keyVersion=2,signature={}",
            base64.replace('+', " ")
        );
        assert!(keys.verify(header.as_bytes(), &content(BODY)).is_err());
    }
}

#[test]
fn one_wrong_byte_anywhere_is_refused() {
    let keys = verifying(&[(1, "ours.pub")]);
    let header = signing("ours", 1).sign(&content(BODY)).unwrap();
    let right = content(BODY);
    assert!(keys.verify(header.as_bytes(), &right).is_ok());
    let mismatch: Result<VerifiedBody<'_>, _> = Err(SignatureError::Mismatch);
    let refused =
        |wrong: SignedContent<'_>| assert_eq!(keys.verify(header.as_bytes(), &wrong), mismatch);
    for at in 0..BODY.len() {
        let mut body = BODY.to_vec();
        body[at] ^= 1;
        refused(content(&body));
    }
    refused(content(&BODY[..BODY.len() - 1]));
    refused(content(&[BODY, b"\n"].concat()));
    refused(SignedContent {
        time: "2026-11-21T09:30:01+08:00",
        ..right
    });
    refused(SignedContent {
        time: "2026-11-21T01:30:00Z",
        ..right
    });
    refused(SignedContent {
        client_id: "TEST_5X00000000000001",
        ..right
    });
    refused(SignedContent {
        path: "/aps/api/v1/mobile/sdkproxy",
        ..right
    });
    refused(SignedContent {
        path: "/aps/api/v1/mobile/sdkProxy/",
        ..right
    });
    let parsed = SignatureHeader::parse(header.as_bytes()).unwrap();
    for at in 0..parsed.signature.len() {
        let mut wrong = parsed.clone();
        wrong.signature[at] ^= 1;
        assert_eq!(keys.verify(wrong.to_string().as_bytes(), &right), mismatch);
    }
    for length in [0, 1, 255] {
        let mut wrong = parsed.clone();
        wrong.signature.truncate(length);
        assert!(keys.verify(wrong.to_string().as_bytes(), &right).is_err());
    }
    // Another padding and another digest, by the right key.
    KEYS.write("wrong.txt", text_of_content(BODY));
    for options in [
        ["-sha256", "-sigopt", "rsa_padding_mode:pss"],
        ["-sha1", "-sigopt", "rsa_padding_mode:pkcs1"],
        ["-sha512", "-sigopt", "rsa_padding_mode:pkcs1"],
    ] {
        let rest = ["-sign", "ours", "-out", "wrong.sig", "wrong.txt"];
        KEYS.openssl(&[&["dgst"][..], &options, &rest].concat());
        let wrong = SignatureHeader {
            signature: fs::read(KEYS.path("wrong.sig")).unwrap(),
            ..parsed.clone()
        };
        assert_eq!(keys.verify(wrong.to_string().as_bytes(), &right), mismatch);
    }
}
