//! Any bytes, read as a file of tokens.

use codeid_daemon::error_chain::ErrorChain;
use codeid_daemon::fuzzing::{Role, Tokens};
use codeid_engine::ConfigDigest;

/// Precedes a token in the input, in whose place the file has the digest.
const TOKEN_MARK: char = '@';

/// A line that another parser accepts.
struct Line<'a> {
    name: &'a str,
    role: Role,
    digest: &'a str,
}

/// Checks that a file is accepted exactly if another parser accepts every line, that a token has the
/// name and the role of its line, that no token is accepted that differs from all in a byte, and that
/// neither errors nor `Debug` show a digest.
///
/// A word of the input that begins with `@` stands for a token. The file has its digest instead.
///
/// # Panics
///
/// If the property does not hold.
pub fn tokens_file(bytes: &[u8]) {
    let input = String::from_utf8_lossy(bytes);
    let (file, given) = with_digests(&input);
    let lines = parse(&file);
    match Tokens::parse(file.as_bytes()) {
        Ok(tokens) => {
            let lines = lines.expect("the other parser refuses it");
            assert_eq!(tokens.count(), lines.len());
            for token in given {
                check_token(&tokens, &lines, token.as_bytes());
                for other in neighbours(token.as_bytes()) {
                    check_token(&tokens, &lines, &other);
                }
            }
            check_hidden(&format!("{tokens:?}"), &lines);
        }
        Err(error) => {
            assert!(lines.is_none(), "the other parser accepts it: {error}");
            let message = ErrorChain(&error).to_string();
            assert!(!message.is_empty() && !message.contains(char::is_control));
            let lines: Vec<_> = file.lines().filter_map(parse_line).collect();
            check_hidden(&message, &lines);
        }
    }
    // A file that is not UTF-8 as a whole is refused as a whole.
    if std::str::from_utf8(bytes).is_err() {
        assert!(Tokens::parse(bytes).is_err());
    }
}

/// Replaces each token by its digest. Returns the file and the tokens.
fn with_digests(input: &str) -> (String, Vec<&str>) {
    let (mut file, mut tokens, mut rest) = (String::new(), Vec::new(), input);
    while let Some((before, marked)) = rest.split_once(TOKEN_MARK) {
        let end = marked
            .find(|c: char| c.is_whitespace() || c == TOKEN_MARK)
            .unwrap_or(marked.len());
        let (token, behind) = marked.split_at(end);
        file.push_str(before);
        file.push_str(&ConfigDigest::new(token.as_bytes()).to_string());
        tokens.push(token);
        rest = behind;
    }
    file.push_str(rest);
    (file, tokens)
}

/// Returns the lines of a file, or `None` if one is not a token or repeats a name or a digest.
fn parse(file: &str) -> Option<Vec<Line<'_>>> {
    let is_comment = |line: &&str| line.trim().is_empty() || line.trim().starts_with('#');
    let lines = file.lines().filter(|line| !is_comment(line));
    let lines: Vec<_> = lines.map(parse_line).collect::<Option<_>>()?;
    let are_unique = |mut words: Vec<&str>| {
        words.sort_unstable();
        words.windows(2).all(|pair| pair[0] != pair[1])
    };
    let are_unique = are_unique(lines.iter().map(|line| line.name).collect())
        && are_unique(lines.iter().map(|line| line.digest).collect());
    (are_unique && (1..=1000).contains(&lines.len())).then_some(lines)
}

fn parse_line(line: &str) -> Option<Line<'_>> {
    let words: Vec<_> = line.split_whitespace().collect();
    let [name, role, digest] = words[..] else {
        return None;
    };
    let role = match role {
        "metrics" => Role::Metrics,
        "read" => Role::Read,
        "operate" => Role::Operate,
        _ => return None,
    };
    let is_name = name.len() <= 64 && name.chars().all(|c| ('!'..='~').contains(&c));
    let is_digest = digest.len() == 64
        && digest
            .chars()
            .all(|c| c.is_ascii_digit() || ('a'..='f').contains(&c));
    (is_name && is_digest).then_some(Line { name, role, digest })
}

/// Checks that `token` is found exactly if a line has its digest, with its name and role.
fn check_token(tokens: &Tokens, lines: &[Line<'_>], token: &[u8]) {
    let digest = ConfigDigest::new(token).to_string();
    let found = tokens.find(token);
    let named = lines.iter().find(|line| line.digest == digest);
    assert_eq!(found, named.map(|line| (line.name, line.role)));
}

/// Returns tokens that differ from `token` in one bit of a byte, or by a byte at the end.
fn neighbours(token: &[u8]) -> Vec<Vec<u8>> {
    let mut neighbours = vec![[token, b"x"].concat(), [token, b" "].concat()];
    for index in 0..token.len().min(16) {
        let mut neighbour = token.to_vec();
        neighbour[index] ^= 1 << (index % 8);
        neighbours.push(neighbour);
    }
    if let Some((_, shorter)) = token.split_last() {
        neighbours.push(shorter.to_vec());
    }
    neighbours
}

/// Checks that `text` has no digest of these lines that is not also a name.
fn check_hidden(text: &str, lines: &[Line<'_>]) {
    for line in lines {
        let is_name = lines.iter().any(|other| other.name.contains(line.digest));
        assert!(is_name || !text.contains(line.digest), "{text}");
    }
}
