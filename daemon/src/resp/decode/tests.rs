use super::*;

type Owned = Vec<Vec<u8>>;

/// Decodes `bytes`, which arrive in pieces that end at `ends` and at their end. Returns the commands,
/// the error that ends them, and the number of bytes consumed.
fn decode_in_pieces(bytes: &[u8], ends: &[usize]) -> (Vec<Owned>, Option<ProtocolError>, usize) {
    let (mut decoder, mut commands, mut consumed) = (Decoder::default(), Vec::new(), 0);
    for end in ends.iter().copied().chain([bytes.len()]) {
        loop {
            match decoder.decode(&bytes[consumed..end]) {
                Ok(None) => break,
                Err(error) => return (commands, Some(error), consumed),
                Ok(Some(command)) => {
                    consumed += command.length();
                    commands.push(command.arguments().map(<[u8]>::to_vec).collect());
                }
            }
        }
    }
    (commands, None, consumed)
}

fn decode(bytes: impl AsRef<[u8]>) -> (Vec<Owned>, Option<ProtocolError>) {
    let (commands, error, _) = decode_in_pieces(bytes.as_ref(), &[]);
    (commands, error)
}

fn owned(arguments: &[&str]) -> Owned {
    arguments
        .iter()
        .map(|text| text.as_bytes().to_vec())
        .collect()
}

fn array_of(arguments: &[&[u8]]) -> Vec<u8> {
    let mut bytes = format!("*{}\r\n", arguments.len()).into_bytes();
    for argument in arguments {
        bytes.extend(format!("${}\r\n", argument.len()).bytes());
        bytes.extend_from_slice(argument);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes
}

#[test]
fn every_split_of_a_pipeline_gives_the_same_commands() {
    let pipeline = [
        array_of(&[b"IDENTIFY", b"281\r\n*1\r\n$4", b""]),
        b"\r\n PING  \"a\\x20\\\"b\"\t'c\\'d' e\n*0\r\n".to_vec(),
        array_of(&[b"PING"]),
        b"*-1\r\nQUIT\r\n*2\r\n$1\r\na\r\n$0\r\n\r\n*1\r\n$".to_vec(),
    ]
    .concat();
    let whole = decode_in_pieces(&pipeline, &[]);
    let expected = [
        owned(&["IDENTIFY", "281\r\n*1\r\n$4", ""]),
        owned(&[]),
        owned(&["PING", "a \"b", "c'd", "e"]),
        owned(&[]),
        owned(&["PING"]),
        owned(&[]),
        owned(&["QUIT"]),
        owned(&["a", ""]),
    ];
    assert_eq!(whole.0, expected);
    assert_eq!((whole.1, whole.2), (None, pipeline.len() - 5));
    for first in 0..=pipeline.len() {
        for second in first..=pipeline.len() {
            assert_eq!(decode_in_pieces(&pipeline, &[first, second]), whole);
        }
    }
    let every: Vec<_> = (0..pipeline.len()).collect();
    assert_eq!(decode_in_pieces(&pipeline, &every), whole);
}

#[test]
fn malformed_commands_are_refused_at_every_split() {
    use ProtocolError::{
        ExpectedBulk, InvalidArrayLength, InvalidBulkLength, UnbalancedQuotes, UnterminatedBulk,
    };
    let huge = "9223372036854775808";
    let table = [
        ("*x\r\n".to_owned(), InvalidArrayLength),
        ("*\r\n".to_owned(), InvalidArrayLength),
        ("*-\r\n".to_owned(), InvalidArrayLength),
        ("*+1\r\n".to_owned(), InvalidArrayLength),
        ("*1 \r\n".to_owned(), InvalidArrayLength),
        ("*1\n$4\r\nPING\r\n".to_owned(), InvalidArrayLength),
        ("*1\rx".to_owned(), InvalidArrayLength),
        (format!("*{huge}\r\n"), InvalidArrayLength),
        (format!("*-{huge}\r\n"), InvalidArrayLength),
        ("*1\r\n*1\r\n*1\r\n".to_owned(), ExpectedBulk(b'*')),
        ("*1\r\n:1\r\n".to_owned(), ExpectedBulk(b':')),
        ("*1\r\nPING\r\n".to_owned(), ExpectedBulk(b'P')),
        (format!("*1\r\n${huge}\r\n"), InvalidBulkLength),
        ("*1\r\n$-1\r\n".to_owned(), InvalidBulkLength),
        ("*1\r\n$4x\r\n".to_owned(), InvalidBulkLength),
        ("*1\r\n$4\r\nPINGPONG".to_owned(), UnterminatedBulk),
        ("*1\r\n$4\r\nPING\n\n".to_owned(), UnterminatedBulk),
        ("PING \"a\r\n".to_owned(), UnbalancedQuotes),
        ("PING 'a\r\n".to_owned(), UnbalancedQuotes),
        ("PING \"a\"b\r\n".to_owned(), UnbalancedQuotes),
        ("PING \"a\\\r\n".to_owned(), UnbalancedQuotes),
    ];
    for (bytes, error) in table {
        let pipeline = [b"*1\r\n$4\r\nPING\r\n", bytes.as_bytes()].concat();
        let expected = (vec![owned(&["PING"])], Some(error), 14);
        for end in 0..=pipeline.len() {
            assert_eq!(decode_in_pieces(&pipeline, &[end]), expected, "{bytes:?}");
        }
    }
}

#[test]
fn a_limit_admits_its_value_and_refuses_one_more() {
    let bulk = |length| decode(array_of(&[b"ECHO", &vec![b'x'; length]]));
    assert_eq!(bulk(MAX_BULK_BYTES).0[0][1].len(), MAX_BULK_BYTES);
    assert_eq!(
        bulk(MAX_BULK_BYTES + 1),
        (Vec::new(), Some(ProtocolError::InvalidBulkLength))
    );

    let array = |count| decode(array_of(&vec![b"".as_slice(); count]));
    assert_eq!(array(MAX_ARGUMENTS).0[0].len(), MAX_ARGUMENTS);
    assert_eq!(
        array(MAX_ARGUMENTS + 1),
        (Vec::new(), Some(ProtocolError::InvalidArrayLength))
    );

    let line = |length| decode([&vec![b'x'; length], b"\n".as_slice()].concat());
    assert_eq!(line(MAX_INLINE_BYTES).0[0][0].len(), MAX_INLINE_BYTES);
    let too_long = (Vec::new(), Some(ProtocolError::InlineTooLong));
    assert_eq!(line(MAX_INLINE_BYTES + 1), too_long);
    let carriage_return = |length: usize| [vec![b'x'; length], b"\r".to_vec()].concat();
    let with_crlf = |length: usize| [carriage_return(length), b"\n".to_vec()].concat();
    let longest = decode(with_crlf(MAX_INLINE_BYTES)).0;
    assert_eq!(longest[0][0].len(), MAX_INLINE_BYTES);
    assert_eq!(decode(with_crlf(MAX_INLINE_BYTES + 1)), too_long);
    assert_eq!(
        decode(carriage_return(MAX_INLINE_BYTES)),
        (Vec::new(), None)
    );
    assert_eq!(decode(vec![b'x'; MAX_INLINE_BYTES]), (Vec::new(), None));
    assert_eq!(decode(vec![b'x'; MAX_INLINE_BYTES + 1]), too_long);

    let words = |count| decode(["x ".repeat(count).as_bytes(), b"\n"].concat());
    assert_eq!(words(MAX_ARGUMENTS).0[0].len(), MAX_ARGUMENTS);
    assert_eq!(
        words(MAX_ARGUMENTS + 1),
        (Vec::new(), Some(ProtocolError::TooManyInlineArguments))
    );
}

#[test]
fn the_limit_of_a_command_counts_its_framing() {
    let full = vec![b'x'; MAX_BULK_BYTES];
    // Each takes ten bytes more for its framing.
    let count = MAX_COMMAND_BYTES / (MAX_BULK_BYTES + 10);
    let mut arguments = vec![full.as_slice(); count];
    let rest = MAX_COMMAND_BYTES - array_of(&arguments).len();
    arguments.push(&full[..rest - 10]);
    let exact = array_of(&arguments);
    assert_eq!(exact.len(), MAX_COMMAND_BYTES);
    assert_eq!(decode(exact).0[0].len(), count + 1);
    *arguments.last_mut().unwrap() = &full[..rest - 9];
    assert_eq!(
        decode(array_of(&arguments)),
        (Vec::new(), Some(ProtocolError::CommandTooLong))
    );
}

#[test]
fn arguments_of_arrays_are_not_copied() {
    let bytes = array_of(&[b"PING", b"hello"]);
    let mut decoder = Decoder::default();
    let command = decoder.decode(&bytes).unwrap().unwrap();
    let argument = command.get(1).unwrap();
    assert!(bytes.as_ptr_range().contains(&argument.as_ptr()));
    assert_eq!(
        format!("{command:?}"),
        format!("Command(2 arguments, {} bytes)", bytes.len())
    );
}

#[test]
fn no_memory_is_allocated_for_an_announced_length() {
    let mut decoder = Decoder::default();
    assert!(decoder.decode(b"*4096\r\n$65536\r\nx").unwrap().is_none());
    assert_eq!(
        (decoder.arguments.capacity(), decoder.unquoted.capacity()),
        (0, 0)
    );
}

#[test]
fn the_memory_of_large_commands_is_freed() {
    let mut decoder = Decoder::default();
    let large = array_of(&vec![b"x".as_slice(); MAX_ARGUMENTS]);
    decoder.decode(&large).unwrap().unwrap();
    let line = [b"x ".repeat(MAX_ARGUMENTS), b"\n".to_vec()].concat();
    decoder.decode(&line).unwrap().unwrap();
    decoder.shrink();
    assert!(decoder.arguments.capacity() <= 64 && decoder.unquoted.capacity() <= 256);
}
