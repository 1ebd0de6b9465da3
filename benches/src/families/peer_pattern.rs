//! Patterns as the peers write them.

/// Returns the pattern of the whole code in the syntax that `regex`, RE2 and Hyperscan share: `\d`
/// and `\w` as classes of ASCII, which is what codeid takes them for, and `\p{IsHan}` as `\p{Han}`.
pub(super) fn peer_pattern(pattern: &str) -> String {
    let mut peer = String::from(r"\A(?:");
    let mut rest = pattern;
    let mut in_class = false;
    while let Some(first) = rest.chars().next() {
        let token = if first == '\\' { token(rest) } else { "" };
        let replacement = match token {
            r"\d" => Some(("[0-9]", "0-9")),
            r"\w" => Some(("[A-Za-z0-9_]", "A-Za-z0-9_")),
            r"\p{IsHan}" => Some((r"\p{Han}", r"\p{Han}")),
            _ => None,
        };
        let length = token.len().max(first.len_utf8());
        match replacement {
            Some((alone, in_a_class)) => peer.push_str(if in_class { in_a_class } else { alone }),
            None => peer.push_str(&rest[..length]),
        }
        match first {
            '[' => in_class = true,
            ']' => in_class = false,
            _ => {}
        }
        rest = &rest[length..];
    }
    peer + r")\z"
}

/// Returns the escape with which `text` begins.
fn token(text: &str) -> &str {
    let end = if text.starts_with(r"\p{") {
        text.find('}').map_or(text.len(), |at| at + 1)
    } else {
        text.chars().take(2).map(char::len_utf8).sum()
    };
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::peer_pattern;

    #[test]
    fn classes_are_those_of_ascii_inside_and_outside_of_brackets() {
        for (pattern, peer) in [
            (r"a\d{2}", r"\A(?:a[0-9]{2})\z"),
            (r"[\w-]\w", r"\A(?:[A-Za-z0-9_-][A-Za-z0-9_])\z"),
            (r"\\d\[\d", r"\A(?:\\d\[[0-9])\z"),
            (r"[\p{IsHan}a]", r"\A(?:[\p{Han}a])\z"),
        ] {
            assert_eq!(peer_pattern(pattern), peer);
        }
    }
}
