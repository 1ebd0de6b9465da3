//! Reads the text of a pattern character by character, as Java does: without quotations, and under
//! `(?x)` without white space and comments.

/// The character that stands for the end of the text. In the text itself it is an escape.
pub(super) const END: char = '\0';

/// The flags that are on at a place of a pattern.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Flags {
    /// `(?i)`: ASCII letters match in either case.
    pub(super) fold: bool,
    /// `(?m)`: `^` and `$` match at line ends, too.
    pub(super) multi_line: bool,
    /// `(?s)`: `.` matches line terminators, too.
    pub(super) dot_all: bool,
    /// `(?d)`: `\n` is the only line terminator.
    pub(super) unix_lines: bool,
    /// `(?x)`: white space and comments are ignored, inside brackets, too.
    pub(super) comments: bool,
}

/// The text of a pattern, and the place up to which it is read.
///
/// Each method that reads skips white space and comments under `(?x)` unless its name says `raw`.
/// Java has the same difference, on which the meaning of `(?x)[ ^a]` depends.
#[derive(Debug)]
pub(super) struct Reader {
    characters: Vec<char>,
    /// The byte of the pattern at which each character begins.
    offsets: Vec<usize>,
    /// The index of the next character.
    at: usize,
    /// The flags at the next character.
    pub(super) flags: Flags,
    has_nul: bool,
}

impl Reader {
    /// Creates a reader at the beginning of `pattern`.
    pub(super) fn new(pattern: &str) -> Self {
        let mut reader = Self {
            characters: Vec::with_capacity(pattern.len()),
            offsets: Vec::with_capacity(pattern.len()),
            at: 0,
            flags: Flags::default(),
            has_nul: pattern.contains(END),
        };
        reader.unquote(pattern);
        reader.offsets.push(pattern.len());
        reader
    }

    /// Returns `true` if the pattern has a NUL character. Where Java does not read that as a
    /// character, this reader does not know of it.
    pub(super) fn has_nul(&self) -> bool {
        self.has_nul
    }

    /// Takes over `pattern`, with each quotation `\Q…\E` as its characters, escaped where they could
    /// mean something else. A quotation may lack its `\E`.
    fn unquote(&mut self, pattern: &str) {
        let mut characters = pattern.char_indices().peekable();
        let mut quoted = false;
        let mut begins = false;
        while let Some((offset, c)) = characters.next() {
            let next = characters.peek().map(|&(_, next)| next);
            match (c, next) {
                ('\\', Some('Q')) if !quoted => {
                    quoted = true;
                    begins = true;
                    characters.next();
                    continue;
                }
                ('\\', Some('E')) if quoted => {
                    quoted = false;
                    characters.next();
                }
                ('\\', Some(END)) if !quoted => {}
                ('\\', Some(next)) if !quoted => {
                    self.push(offset, c);
                    self.push(offset + 1, next);
                    characters.next();
                }
                (END, _) => {
                    for c in ['\\', 'x', '0', '0'] {
                        self.push(offset, c);
                    }
                }
                // A digit that begins a quotation does not continue an escape before it.
                _ if quoted && begins && c.is_ascii_digit() => {
                    for c in ['\\', 'x', '3', c] {
                        self.push(offset, c);
                    }
                }
                _ => {
                    if quoted && c.is_ascii() && !c.is_ascii_alphanumeric() {
                        self.push(offset, '\\');
                    }
                    self.push(offset, c);
                }
            }
            begins = false;
        }
    }

    fn push(&mut self, offset: usize, c: char) {
        self.offsets.push(offset);
        self.characters.push(c);
    }

    /// Returns the byte of the pattern at which the next character begins.
    pub(super) fn offset(&self) -> usize {
        self.offset_of(self.at)
    }

    /// Returns the byte of the pattern at which the character before the next one begins.
    pub(super) fn offset_before(&self) -> usize {
        self.offset_of(self.at.saturating_sub(1))
    }

    fn offset_of(&self, index: usize) -> usize {
        let last = self.offsets.last().copied().unwrap_or(0);
        self.offsets.get(index).copied().unwrap_or(last)
    }

    /// Returns `true` if nothing follows.
    pub(super) fn is_at_end(&self) -> bool {
        self.at >= self.characters.len()
    }

    /// Returns the index of the next character, for [`Self::return_to`] and [`Self::between`].
    pub(super) fn index(&self) -> usize {
        self.at
    }

    /// Continues at `index`.
    pub(super) fn return_to(&mut self, index: usize) {
        self.at = index;
    }

    /// Returns the characters from the index `start` up to `end`.
    pub(super) fn between(&self, start: usize, end: usize) -> String {
        self.characters
            .get(start..end)
            .unwrap_or_default()
            .iter()
            .collect()
    }

    /// Returns the character that is `further` places after the next one.
    pub(super) fn peek_raw(&self, further: usize) -> char {
        self.characters
            .get(self.at + further)
            .copied()
            .unwrap_or(END)
    }

    /// Returns the character before the next one.
    pub(super) fn before_raw(&self) -> char {
        let index = self.at.checked_sub(1);
        index
            .and_then(|index| self.characters.get(index))
            .copied()
            .unwrap_or(END)
    }

    /// Skips `count` characters.
    pub(super) fn skip_raw(&mut self, count: usize) {
        self.at += count;
    }

    /// Goes back by one character.
    pub(super) fn back_raw(&mut self) {
        self.at = self.at.saturating_sub(1);
    }

    /// Returns the next character.
    pub(super) fn peek(&mut self) -> char {
        self.skip_blank();
        self.peek_raw(0)
    }

    /// Reads the next character.
    pub(super) fn read(&mut self) -> char {
        let c = self.peek();
        self.at += 1;
        c
    }

    /// Skips one character and returns the next one.
    pub(super) fn advance(&mut self) -> char {
        self.at += 1;
        self.peek()
    }

    /// Under `(?x)`, skips white space and comments.
    fn skip_blank(&mut self) {
        if !self.flags.comments {
            return;
        }
        loop {
            match self.peek_raw(0) {
                '\t'..='\r' | ' ' => self.at += 1,
                '#' => {
                    let ends = |c| c == END || self.ends_comment(c);
                    let rest = self.characters.get(self.at..).unwrap_or_default();
                    let length = rest.iter().position(|&c| ends(c));
                    self.at += length.unwrap_or(rest.len());
                }
                _ => return,
            }
        }
    }

    fn ends_comment(&self, c: char) -> bool {
        match c {
            '\n' => true,
            '\r' | '\u{85}' | '\u{2028}' | '\u{2029}' => !self.flags.unix_lines,
            _ => false,
        }
    }
}
