//! Files of keys: the forms that are read, and those that are refused.

use super::*;

#[test]
fn private_keys_of_both_forms_are_the_same_key() {
    KEYS.openssl(&["rsa", "-traditional", "-in", "ours", "-out", "pkcs1"]);
    let pkcs1 = KEYS.read("pkcs1");
    assert!(pkcs1.starts_with("-----BEGIN RSA PRIVATE KEY-----"));
    assert!(KEYS.read("ours").starts_with("-----BEGIN PRIVATE KEY-----"));
    let commented = format!("Key of the wallet\r\n{}", pkcs1.replace('\n', "\r\n"));
    KEYS.write("crlf", commented);
    for name in ["ours", "pkcs1", "crlf"] {
        fs::set_permissions(KEYS.path(name), Permissions::from_mode(0o600)).unwrap();
        let key = SigningKey::read(&KEYS.path(name), version(1), &Secrets::default()).unwrap();
        let header = key.sign(&content(BODY)).unwrap();
        assert_eq!(
            header,
            signing("ours", 1).sign(&content(BODY)).unwrap(),
            "{name}"
        );
    }
}

#[test]
fn keys_that_cannot_be_used_are_refused_without_being_shown() {
    let generate = |name: &str, bits: &str| {
        let bits = format!("rsa_keygen_bits:{bits}");
        KEYS.openssl(&[
            "genpkey",
            "-quiet",
            "-algorithm",
            "RSA",
            "-pkeyopt",
            &bits,
            "-out",
            name,
        ]);
        KEYS.openssl(&[
            "pkey",
            "-in",
            name,
            "-pubout",
            "-out",
            &format!("{name}.pub"),
        ]);
    };
    generate("small", "1024");
    generate("nearly", "2040");
    KEYS.openssl(&["rsa", "-traditional", "-in", "small", "-out", "small-pkcs1"]);
    KEYS.openssl(&[
        "genpkey",
        "-quiet",
        "-algorithm",
        "EC",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-out",
        "ec",
    ]);
    KEYS.openssl(&["pkey", "-in", "ec", "-pubout", "-out", "ec.pub"]);
    KEYS.openssl(&[
        "pkey",
        "-in",
        "ours",
        "-aes256",
        "-passout",
        "pass:x",
        "-out",
        "encrypted",
    ]);
    let ours = KEYS.read("ours");
    let line = ours.lines().nth(5).unwrap().to_owned();
    for (name, arguments) in [
        (
            "encrypted-pkcs1",
            &[
                "rsa",
                "-traditional",
                "-in",
                "ours",
                "-aes256",
                "-passout",
                "pass:x",
            ][..],
        ),
        ("der", &["pkey", "-in", "ours", "-outform", "DER"]),
        (
            "der.pub",
            &["pkey", "-in", "ours", "-pubout", "-outform", "DER"],
        ),
        ("pkcs1.pub", &["rsa", "-in", "ours", "-RSAPublicKey_out"]),
        ("sec1", &["ec", "-in", "ec"]),
        ("ed25519", &["genpkey", "-algorithm", "ed25519"]),
        ("ed25519.pub", &["pkey", "-in", "ed25519", "-pubout"]),
        (
            "certificate",
            &["req", "-x509", "-key", "ours", "-subj", "/CN=x"],
        ),
        (
            "request",
            &["req", "-new", "-key", "ours", "-subj", "/CN=x"],
        ),
    ] {
        KEYS.openssl(&[arguments, &["-out", name]].concat());
    }
    let lines_only = |name: &str| {
        let pem = KEYS.read(name);
        let lines = pem.lines().filter(|line| !line.starts_with("-----"));
        lines.collect::<Vec<_>>().join("\n")
    };
    KEYS.write("base64", lines_only("ours"));
    KEYS.write("base64.pub", lines_only("ours.pub"));
    KEYS.write("marked", format!("\u{feff}{}", KEYS.read("ours")));
    KEYS.write(
        "openssh",
        "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n",
    );
    KEYS.write("twice", ours.repeat(2));
    KEYS.write("cut", &ours[..ours.len() / 2]);
    KEYS.write("damaged", ours.replacen(&line, &line[1..], 1));
    KEYS.write("odd", ours.replacen(&line, "!!!!", 1));
    KEYS.write("empty", "");
    let table = [
        ("small", "has fewer than 2048 bits"),
        ("small-pkcs1", "has fewer than 2048 bits"),
        ("nearly", "has fewer than 2048 bits"),
        (
            "ec",
            "the private key is one for elliptic curves (EC), not for RSA",
        ),
        (
            "sec1",
            "it contains a private key for elliptic curves (EC), not for RSA",
        ),
        ("ed25519", "the private key is one for Ed25519, not for RSA"),
        (
            "encrypted",
            "it contains an encrypted private key; decrypt it with `openssl pkcs8 -in IN -out OUT`",
        ),
        (
            "encrypted-pkcs1",
            "it contains an encrypted private key; decrypt it with `openssl pkey -in IN -out OUT`",
        ),
        (
            "ours.pub",
            "it contains a public key instead of a private key",
        ),
        (
            "pkcs1.pub",
            "it contains a public key of PKCS#1 instead of a private key",
        ),
        (
            "certificate",
            "it contains a certificate instead of a private key",
        ),
        (
            "request",
            "it contains a certificate request instead of a private key",
        ),
        (
            "openssh",
            "it contains a private key of OpenSSH instead of a private key in PEM; convert it with \
             `ssh-keygen -p -m PKCS8 -f FILE`",
        ),
        (
            "der",
            " in DER; convert it with `openssl pkey -inform DER -in IN -out OUT`",
        ),
        (
            "base64",
            "it contains a private key in base64 without the lines of PEM; convert it with `base64 -d IN | \
             openssl pkey -inform DER -out OUT`",
        ),
        ("marked", "it begins with a byte order mark"),
        ("twice", "contains more than one private key"),
        ("cut", "is not valid PEM"),
        ("damaged", ""),
        ("odd", "is not valid PEM"),
        ("empty", "contains no private key in PEM"),
        ("missing", "there is no such file"),
        (".", "it is a directory"),
    ];
    for (name, expected) in table {
        let path = KEYS.path(name);
        if path.is_file() {
            fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        }
        let error = SigningKey::read(&path, version(1), &Secrets::default()).unwrap_err();
        let shown = format!("{} {error:?}", ErrorChain(&error));
        assert!(shown.contains(expected), "{name}: {shown}");
        assert!(shown.contains(&*path.to_string_lossy()), "{shown}");
        assert!(
            !ours
                .lines()
                .filter(|l| l.len() > 30)
                .any(|l| shown.contains(&l[..20]) && !l.contains("-----"))
        );
    }
    let mut keys = VerifyingKeys::new();
    for (name, expected) in [
        ("small.pub", "has fewer than 2048 bits"),
        (
            "ec.pub",
            "the public key is one for elliptic curves (EC), not for RSA",
        ),
        (
            "ed25519.pub",
            "the public key is one for Ed25519, not for RSA",
        ),
        ("ours", "it contains a private key instead of a public key"),
        (
            "encrypted",
            "it contains an encrypted private key instead of a public key",
        ),
        (
            "certificate",
            "it contains a certificate instead of a public key in PEM; extract its key with `openssl x509 \
             -pubkey -noout -in IN -out OUT`",
        ),
        (
            "pkcs1.pub",
            "it contains a public key of PKCS#1 instead of a public key in PEM; convert it with `openssl rsa \
             -RSAPublicKey_in -pubout -in IN -out OUT`",
        ),
        (
            "der.pub",
            "it contains a public key in DER; convert it with `openssl pkey -pubin -inform DER -in IN -out \
             OUT`",
        ),
        (
            "base64.pub",
            "it contains a public key in base64 without the lines of PEM; convert it with `base64 -d IN | \
             openssl pkey -pubin -inform DER -out OUT`",
        ),
        ("empty", "contains no public key in PEM"),
    ] {
        let error = keys.read(version(1), &KEYS.path(name)).unwrap_err();
        let error = ErrorChain(&error).to_string();
        assert!(error.contains(expected), "{name}: {error}");
    }
    assert!(keys.is_empty());
}

#[test]
fn a_private_key_that_others_may_use_is_refused() {
    let path = KEYS.write("modes", KEYS.read("ours"));
    for (mode, accepted) in [
        (0o600, true),
        (0o400, true),
        (0o700, true),
        (0o640, false),
        (0o604, false),
        (0o660, false),
        (0o620, false),
        (0o601, false),
        (0o444, false),
    ] {
        fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        let read = SigningKey::read(&path, version(1), &Secrets::default());
        assert_eq!(read.is_ok(), accepted, "{mode:o}");
        if let Err(error) = read {
            let error = ErrorChain(&error).to_string();
            assert!(error.contains(&format!("{mode:04o}")), "{error}");
        }
    }
}

#[test]
fn debug_shows_neither_a_key_nor_a_body() {
    let (key, keys) = (signing("ours", 4), verifying(&[(5, "other.pub")]));
    assert_eq!(
        format!("{key:?}"),
        "SigningKey { version: KeyVersion(4), .. }"
    );
    assert_eq!(
        format!("{keys:?}"),
        "VerifyingKeys { versions: [KeyVersion(5)], .. }"
    );
    let header = key.sign(&content(b"planted")).unwrap();
    let verified = verifying(&[(4, "ours.pub")])
        .verify(header.as_bytes(), &content(b"planted"))
        .map(|body| format!("{body:?}"));
    assert_eq!(verified.as_deref(), Ok("VerifiedBody(7 bytes)"));
    let shown = format!("{:?}", content(b"planted"));
    assert!(
        shown.contains("body_bytes: 7") && !shown.contains("planted"),
        "{shown}"
    );
}
