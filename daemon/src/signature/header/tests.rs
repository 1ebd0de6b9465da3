//! Headers that are parsed and written.

use super::*;

#[test]
fn headers_are_parsed_as_liberally_as_specified_and_no_more() {
    let good = |version: u32| Ok((version, vec![0xfb, 0xff, 0xbf, 0xff]));
    let malformed = |why| Err(SignatureError::Malformed(why));
    let table = [
        (
            "algorithm=RSA256, keyVersion=1, signature=%2B%2F%2B%2F%2Fw%3D%3D",
            good(1),
        ),
        ("algorithm=RSA256,keyVersion=1,signature=+/+//w==", good(1)),
        ("signature=+/+//w==,keyVersion=0,algorithm=RSA256", good(0)),
        (
            "  keyVersion = 2147483647 , signature = +/+//w== ,algorithm =RSA256  ",
            good(2_147_483_647),
        ),
        (
            "algorithm=RSA256,keyVersion=2147483648,signature=+/+/",
            malformed("has an invalid keyVersion"),
        ),
        (
            "algorithm=RSA256,keyVersion=01,signature=+/+/",
            malformed("has an invalid keyVersion"),
        ),
        (
            "algorithm=RSA256,keyVersion=+1,signature=+/+/",
            malformed("has an invalid keyVersion"),
        ),
        (
            "algorithm=RSA256,keyVersion=,signature=+/+/",
            malformed("has an invalid keyVersion"),
        ),
        (
            "algorithm=RSA512,keyVersion=1,signature=+/+/",
            Err(SignatureError::UnknownAlgorithm),
        ),
        (
            "algorithm=rsa256,keyVersion=1,signature=+/+/",
            Err(SignatureError::UnknownAlgorithm),
        ),
        (
            "algorithm=none,keyVersion=1,signature=",
            Err(SignatureError::UnknownAlgorithm),
        ),
        ("keyVersion=1,signature=+/+/", malformed("has no algorithm")),
        (
            "algorithm=RSA256,signature=+/+/",
            malformed("has no keyVersion"),
        ),
        (
            "algorithm=RSA256,keyVersion=1",
            malformed("has no signature"),
        ),
        (
            "algorithm=RSA256,keyVersion=1,signature=",
            malformed("has a signature that is not base64"),
        ),
        (
            "algorithm=RSA256,keyVersion=1,signature=+ +/",
            malformed("has a signature that is not base64"),
        ),
        (
            "algorithm=RSA256,keyVersion=1,signature= /+/",
            malformed("has a signature that is not base64"),
        ),
        (
            "algorithm=RSA256,keyVersion=1,signature=\"+/+/\"",
            malformed("has a signature that is not base64"),
        ),
        (
            "algorithm=RSA256,keyVersion=1,signature=+/+/,signature=+/+/",
            malformed("has a part twice"),
        ),
        (
            "algorithm=RSA256,algorithm=RSA256,keyVersion=1,signature=+/+/",
            malformed("has a part twice"),
        ),
        (
            "algorithm=RSA256,keyVersion=1,signature=+/+/,x=1",
            malformed("has an unknown part"),
        ),
        (
            "Algorithm=RSA256,keyVersion=1,signature=+/+/",
            malformed("has an unknown part"),
        ),
        (
            "algorithm=RSA256;keyVersion=1;signature=+/+/",
            Err(SignatureError::UnknownAlgorithm),
        ),
        (
            "algorithm=RSA256,keyVersion=1,signature=+/+/,",
            malformed("has a part without `=`"),
        ),
        ("", malformed("has a part without `=`")),
    ];
    for (text, expected) in table {
        let read = SignatureHeader::parse(text.as_bytes());
        let read = read.map(|header| (header.key_version.get(), header.signature));
        assert_eq!(read, expected, "{text}");
    }
    assert_eq!(
        SignatureHeader::parse(b"algorithm=RSA256,keyVersion=1,signature=\xff"),
        Err(SignatureError::Malformed("is not text"))
    );
    let long = format!(
        "algorithm=RSA256,keyVersion=1,signature={}",
        "A".repeat(MAX_BYTES)
    );
    assert_eq!(
        SignatureHeader::parse(long.as_bytes()),
        Err(SignatureError::TooLong)
    );
}

#[test]
fn a_header_that_is_written_parses_to_itself() {
    let header = SignatureHeader {
        key_version: KeyVersion::new(7).unwrap(),
        signature: vec![0xfb, 0xff, 0xbf, 0xff],
    };
    let written = header.to_string();
    assert_eq!(
        written,
        "algorithm=RSA256, keyVersion=7, signature=%2B%2F%2B%2F%2Fw%3D%3D"
    );
    assert_eq!(SignatureHeader::parse(written.as_bytes()), Ok(header));
}
