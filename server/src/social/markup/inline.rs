//! Reads running text from left to right: code, addresses, links, escapes, `@names`, `#tags`, emphasis. The construct
//! that starts first wins, so a star inside an address is part of the address. Everything else is text as typed.

use super::{
    TAG_SIGNS, Word, address,
    emphasis::{self, Run, Token},
    pieces::Piece,
    words,
};
use crate::base::text;

/// Characters that a backslash before them makes plain: those with a meaning.
const ESCAPED: [char; 7] = ['*', '`', '[', '@', '#', '＠', '＃'];
/// Characters with a meaning only at the start of a line.
const ESCAPED_AT_START: [char; 2] = ['>', '-'];

/// Reads the text of a paragraph.
pub(super) fn read(text: &str, out: &mut Vec<Piece>) {
    scan(text, false, out);
}

fn scan(text: &str, in_link: bool, out: &mut Vec<Piece>) {
    let mut scanner = Scanner { text, at: 0, plain: 0, in_link, tokens: Vec::new() };
    while scanner.at < text.len() {
        if !scanner.special() {
            scanner.at += scanner.rest().chars().next().map_or(1, char::len_utf8);
        }
    }
    scanner.flush();
    emphasis::write(scanner.tokens, out);
}

struct Scanner<'a> {
    text: &'a str,
    at: usize,
    /// The start of the text that is not in `tokens` yet.
    plain: usize,
    /// True inside the text of a link, which contains no other links.
    in_link: bool,
    tokens: Vec<Token>,
}

impl<'a> Scanner<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn before(&self) -> Option<char> {
        self.text[..self.at].chars().next_back()
    }

    fn flush(&mut self) {
        if self.plain < self.at {
            self.tokens.push(Token::Piece(Piece::text(&self.text[self.plain..self.at])));
        }
        self.plain = self.at;
    }

    /// Consumes `length` bytes as `pieces`.
    fn take(&mut self, length: usize, pieces: impl IntoIterator<Item = Piece>) -> bool {
        self.flush();
        self.at += length;
        self.plain = self.at;
        self.tokens.extend(pieces.into_iter().map(Token::Piece));
        true
    }

    /// Consumes the construct that starts here, if it is anything but text.
    fn special(&mut self) -> bool {
        match self.rest().chars().next() {
            Some('\n') => self.take(1, [Piece::Break]),
            Some('`') => self.code(),
            Some('\\') => self.escaped(),
            Some('*' | '_') => self.run(),
            Some(_) if self.in_link => false,
            Some('h' | 'H') => self.address(),
            Some('[') => self.link(),
            Some('@' | '＠') => self.word(words::name),
            Some(sign) if TAG_SIGNS.contains(&sign) => self.word(words::tag),
            _ => false,
        }
    }

    fn address(&mut self) -> bool {
        match address::bare(&self.text[..self.at], self.rest()) {
            Some((length, link)) => self.take(length, [Piece::Word(Word::Link(link))]),
            None => false,
        }
    }

    fn word(&mut self, read: impl Fn(&str, &str) -> Option<(usize, Word)>) -> bool {
        match read(&self.text[..self.at], self.rest()) {
            Some((length, word)) => self.take(length, [Piece::Word(word)]),
            None => false,
        }
    }

    /// Reads code between equally many backticks. Backticks that open nothing are text, all at once.
    fn code(&mut self) -> bool {
        let ticks = ticks(self.rest());
        let mut end = self.at + ticks;
        while let Some(found) = self.text[end..].find('`').map(|n| end + n) {
            end = found + self::ticks(&self.text[found..]);
            let code = &self.text[self.at + ticks..found];
            if end - found == ticks && text::has_ink(code) {
                let code = code.replace('\n', " ");
                let padded = code.strip_prefix(' ').and_then(|code| code.strip_suffix(' '));
                return self.take(end - self.at, [Piece::Code(padded.unwrap_or(&code).to_owned())]);
            }
        }
        self.at += ticks;
        true
    }

    fn escaped(&mut self) -> bool {
        let at_start = self.before().is_none_or(|c| c == '\n');
        let sign = self.rest()[1..].chars().next();
        let escaped = sign.filter(|sign| ESCAPED.contains(sign) || at_start && ESCAPED_AT_START.contains(sign));
        match escaped {
            Some(sign) => self.take(1 + sign.len_utf8(), [Piece::text(&sign.to_string())]),
            None => false,
        }
    }

    /// Reads `[text](address)`. The text must be visible and the address valid.
    fn link(&mut self) -> bool {
        let Some((label, after)) = bracketed(self.rest(), ['[', ']']) else { return false };
        let Some((address, after)) = after.starts_with('(').then(|| bracketed(after, ['(', ')'])).flatten() else {
            return false;
        };
        let Some(link) = address::named(address).filter(|_| text::has_ink(label)) else { return false };
        let length = self.rest().len() - after.len();
        let mut pieces = vec![Piece::LinkStart(link.clone())];
        scan(label, true, &mut pieces);
        pieces.push(Piece::LinkEnd(link));
        self.take(length, pieces)
    }

    /// Reads stars or underscores, which may start or end emphasis.
    fn run(&mut self) -> bool {
        let rest = self.rest();
        let after = rest.trim_start_matches(rest.chars().next().unwrap_or('*'));
        let length = rest.len() - after.len();
        let run = Run::new(&self.text[..self.at], &rest[..length], after);
        self.flush();
        self.at += length;
        self.plain = self.at;
        self.tokens.push(Token::Run(run));
        true
    }
}

fn ticks(text: &str) -> usize {
    text.len() - text.trim_start_matches('`').len()
}

/// Returns the text between the bracket at the start of `text` and the matching one, and the text after it.
fn bracketed(text: &str, [open, close]: [char; 2]) -> Option<(&str, &str)> {
    let mut depth = 0_usize;
    for (at, c) in text.char_indices() {
        if c == open {
            depth += 1;
        } else if c == close {
            depth -= 1;
            if depth == 0 {
                return Some((&text[1..at], &text[at + 1..]));
            }
        }
    }
    None
}
