//! The bytes of requests, and the texts that a header cannot have.

use super::*;

fn made(protocol: &Protocol, codes: &[&str], count: usize) -> Vec<String> {
    made_in_batches(protocol, None, codes, count)
}

fn made_in_batches(
    protocol: &Protocol,
    batch: Option<usize>,
    codes: &[&str],
    count: usize,
) -> Vec<String> {
    let codes: Vec<String> = codes.iter().map(|code| (*code).to_owned()).collect();
    let open_ids = OpenIds {
        base: "user",
        count,
    };
    let requests = Requests::new(
        protocol,
        batch.and_then(NonZero::new),
        &["X-Code: {code}".parse().unwrap()],
        &codes,
        open_ids,
    )
    .unwrap();
    (0..requests.len())
        .map(|index| String::from_utf8(requests.get(index).to_vec()).unwrap())
        .collect()
}

#[test]
fn the_requests_cover_every_code_and_every_user() {
    let made = made(&Protocol::IdentifyResp, &["a", "b"], 3);
    assert_eq!(made.len(), 4);
    assert_eq!(
        made[2],
        "*3\r\n$8\r\nIDENTIFY\r\n$1\r\na\r\n$6\r\nuser-3\r\n"
    );
    assert!(made[3].contains("user-1"));
}

#[test]
fn a_batch_goes_on_where_the_one_before_ended() {
    let made = made_in_batches(&Protocol::IdentifyResp, Some(2), &["a", "b", "c"], 1);
    assert_eq!(made.len(), 2);
    let end = "$1\r\nc\r\n$4\r\nuser\r\n$1\r\na\r\n$4\r\nuser\r\n";
    assert_eq!(made[1], format!("*5\r\n$9\r\nMIDENTIFY\r\n{end}"));
    let post = Protocol::IdentifyHttp {
        host: "h".to_owned(),
        path: "/p".to_owned(),
    };
    let made = made_in_batches(&post, Some(2), &["a"], 2);
    let body = r#"[{"codeValue":"a","openId":"user-1"},{"codeValue":"a","openId":"user-2"}]"#;
    assert!(
        made.len() == 1 && made[0].ends_with(&format!("\r\n\r\n{body}")),
        "{made:?}"
    );
}

#[test]
fn codes_are_escaped_for_the_position_in_the_request() {
    let post = Protocol::IdentifyHttp {
        host: "h".to_owned(),
        path: "/p".to_owned(),
    };
    let body = r#"{"codeValue":"a\" é","openId":"user"}"#;
    assert_eq!(
        made(&post, &["a\" é"], 1),
        [format!(
            "POST /p HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n\
            Content-Length: {}\r\nX-Code: a\" é\r\n\r\n{body}",
            body.len()
        )]
    );
    let get = Protocol::HttpGet {
        host: "h".to_owned(),
        path: "/?c={code}".to_owned(),
    };
    assert_eq!(
        made(&get, &["a/é"], 1),
        ["GET /?c=a%2F%C3%A9 HTTP/1.1\r\nHost: h\r\nX-Code: a/é\r\n\r\n"]
    );
    let redis = Protocol::RedisGet {
        key: "k:{code}:{x}".to_owned(),
    };
    assert_eq!(
        made(&redis, &["c"], 1),
        ["*2\r\n$3\r\nGET\r\n$7\r\nk:c:{x}\r\n"]
    );
}

#[test]
fn control_characters_in_a_header_are_refused_where_they_are() {
    let post = Protocol::IdentifyHttp {
        host: "h".to_owned(),
        path: "/p".to_owned(),
    };
    let refused = |header: &str, code: &str, open_id: &str, batch| {
        let headers = ["X-First: 1", header].map(|header| header.parse().unwrap());
        let codes = ["good".to_owned(), code.to_owned()];
        let open_ids = OpenIds {
            base: open_id,
            count: 1,
        };
        Requests::new(&post, batch, &headers, &codes, open_ids).unwrap_err()
    };
    let of_one = NonZero::new(1);
    for batch in [None, of_one] {
        assert_eq!(
            refused("X: {code}", "a\r\nb", "user", batch),
            RequestsError::ControlInCode { line: 2 }
        );
        assert_eq!(
            refused("X: {code}{openId}", "a", "us\ner", batch),
            RequestsError::ControlInOpenId
        );
    }
}
