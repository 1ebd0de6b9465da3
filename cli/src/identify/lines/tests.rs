//! Lines are the same whatever the sizes of reads are.

use std::io::Read;

use super::{Blocks, MAX_LINE_BYTES, READ_BYTES};

/// An input that returns at most this number of bytes at a time.
struct Steps<'a>(&'a [u8], usize);

impl Read for Steps<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let step = self.1.min(buffer.len()).min(self.0.len());
        self.0.read(&mut buffer[..step])
    }
}

/// Returns every line with its number, reading `step` bytes at a time.
fn lines(input: &[u8], step: usize) -> Vec<(u64, Vec<u8>)> {
    let mut lines = Vec::new();
    let mut input_bytes = 0;
    for block in Blocks::new(Steps(input, step)) {
        let block = block.unwrap();
        input_bytes += block.input_bytes;
        lines.extend((block.first_line..).zip(block.lines().map(<[u8]>::to_vec)));
    }
    assert_eq!(input_bytes, input.len() as u64);
    lines
}

#[test]
fn lines_do_not_depend_on_the_sizes_of_reads() {
    for step in [1, 2, 3, usize::MAX] {
        let expected = [(1, &b"a"[..]), (2, b""), (3, b"b\rc"), (4, b"d")];
        let expected = expected.map(|(number, line)| (number, line.to_vec()));
        assert_eq!(lines(b"a\n\nb\rc\r\nd", step), expected, "step {step}");
    }
}

#[test]
fn a_line_that_is_too_long_is_cut_and_the_next_is_whole() {
    let too_long = [b'x'; MAX_LINE_BYTES + 7];
    let input = [b"a\n", &too_long[..], b"\nb\n", &too_long[..], b"\nc"].concat();
    for step in [
        1000,
        MAX_LINE_BYTES,
        MAX_LINE_BYTES + 1,
        MAX_LINE_BYTES + 2,
        usize::MAX,
    ] {
        let lines = lines(&input, step);
        assert_eq!(lines.len(), 5, "step {step}");
        for (number, line) in &lines {
            match number {
                2 | 4 => assert!(line.len() > MAX_LINE_BYTES, "step {step}, line {number}"),
                1 => assert_eq!(line, b"a", "step {step}"),
                3 => assert_eq!(line, b"b", "step {step}"),
                _ => assert_eq!((*number, &**line), (5, &b"c"[..]), "step {step}"),
            }
        }
    }
}

#[test]
fn a_cr_in_a_line_that_is_too_long_does_not_end_it() {
    let longest = vec![b'x'; MAX_LINE_BYTES];
    for step in [
        1000,
        MAX_LINE_BYTES,
        MAX_LINE_BYTES + 1,
        MAX_LINE_BYTES + 2,
        MAX_LINE_BYTES + 3,
        usize::MAX,
    ] {
        let too_long = lines(&[&longest[..], b"\rtail\nb"].concat(), step);
        assert_eq!(too_long.len(), 2, "step {step}");
        assert!(too_long[0].1.len() > MAX_LINE_BYTES, "step {step}");
        assert_eq!(too_long[1], (2, b"b".to_vec()), "step {step}");
        let whole = lines(&[&longest[..], b"\r\nb"].concat(), step);
        let expected = [(1, longest.clone()), (2, b"b".to_vec())];
        assert_eq!(whole, expected, "step {step}");
    }
}

#[test]
fn the_dropped_bytes_of_a_line_take_no_memory() {
    let mut blocks = Blocks::new(std::io::repeat(b'x').take(10_000_000));
    let block = blocks.next().unwrap().unwrap();
    assert_eq!(block.text.len(), MAX_LINE_BYTES + 2);
    assert_eq!(block.input_bytes, 10_000_000);
    assert!(blocks.next().is_none());
}

#[test]
fn a_block_is_no_longer_than_a_cut_line_and_a_read() {
    let input = [[b'x'; READ_BYTES], [b'\n'; READ_BYTES]].concat();
    let block = Blocks::new(&input[..]).next().unwrap().unwrap();
    assert_eq!(block.text.len(), MAX_LINE_BYTES + 2 + READ_BYTES);
}

#[test]
fn no_byte_is_lost_by_an_error() {
    struct Failing(Vec<Option<&'static [u8]>>);
    impl Read for Failing {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            match self.0.pop() {
                Some(Some(mut bytes)) => bytes.read(buffer),
                Some(None) => Err(std::io::Error::other("the disk is gone")),
                None => Ok(0),
            }
        }
    }
    let mut blocks = Blocks::new(Failing(vec![Some(b"c\n"), None, Some(b"a\nb")]));
    assert_eq!(blocks.next().unwrap().unwrap().text, b"a\n");
    assert!(blocks.next().unwrap().is_err());
    let block = blocks.next().unwrap().unwrap();
    assert_eq!((block.first_line, &*block.text), (2, &b"bc\n"[..]));
    assert_eq!(block.input_bytes, 2);
}

#[test]
fn a_byte_order_mark_is_not_part_of_the_first_line() {
    for step in [1, 2, 5, usize::MAX] {
        let expected = [(1, b"a".to_vec()), (2, b"\xef\xbb\xbfb".to_vec())];
        let found = lines(b"\xef\xbb\xbfa\n\xef\xbb\xbfb", step);
        assert_eq!(found, expected, "step {step}");
        assert_eq!(lines(b"\xef\xbb\xbf\n", step), [(1, vec![])]);
    }
    assert!(Blocks::new(&b"\xef\xbb\xbf"[..]).next().is_none());
}

#[test]
fn utf_16_is_an_error_whatever_the_sizes_of_reads_are() {
    for input in [
        &b"2\0\n\0"[..],
        b"2\0\n\x008\0\n\0",
        b"\n\x002\x008\0\n\0",
        b"\xe9\x002\0\n\0",
        b"\x2f\x65\xd8\x4e\n\x002\x008\0",
    ] {
        for step in [1, 2, 3, 5, usize::MAX] {
            let errors = Blocks::new(Steps(input, step)).filter_map(Result::err);
            let first = errors.take(1).next().expect("an error");
            assert!(
                first.to_string().contains("UTF-16LE"),
                "step {step}: {input:?}"
            );
        }
    }
}

#[test]
fn utf_8_with_nul_characters_is_no_error_whatever_the_sizes_of_reads_are() {
    let many = b"28100104\n".repeat(200);
    for input in [
        &b"a\0bc\n"[..],
        b"ab\0\n",
        b"1\0aa\n",
        b"a\0bc\0d\n28100104\0\n",
        b"ab\0\0cd\n28100104\n",
        b"a\0b\0cdefgh\n",
        b"\0a\0bcdefgh\n",
        &[b"a\0b\0\n", &*many].concat(),
    ] {
        let expected = lines(input, usize::MAX);
        for step in 1..20 {
            assert_eq!(lines(input, step), expected, "step {step}: {input:?}");
        }
    }
}

#[test]
fn what_is_not_there_has_no_lines() {
    assert_eq!(lines(b"", 10), []);
    assert_eq!(lines(b"\n", 10), [(1, vec![])]);
    assert_eq!(lines(b"a", 10), [(1, b"a".to_vec())]);
}
