//! Reads paragraphs, headings, quotes, lists and code, line by line. All other lines are text as typed. Markup without
//! visible content is not recognised.

mod quote_and_list;

use self::quote_and_list::Marker;
use super::{
    inline,
    pieces::{Element, Piece},
};
use crate::base::text;

/// The most levels of nested quotes and lists. Deeper markers are text.
const MAX_DEPTH: usize = 6;
/// The fewest backticks of a fence.
const FENCE: usize = 3;

/// Reads lines as a document.
pub(super) fn read(lines: &[&str], out: &mut Vec<Piece>) {
    Reader { depth: 0, paragraph: Element::Paragraph, out }.read(lines);
}

/// Reads the lines of one container.
pub(super) struct Reader<'a> {
    depth: usize,
    /// The element of its paragraphs.
    paragraph: Element,
    pub(super) out: &'a mut Vec<Piece>,
}

impl Reader<'_> {
    fn read(&mut self, lines: &[&str]) {
        let mut rest = lines;
        while !rest.is_empty() {
            rest = &rest[self.block(rest)..];
        }
    }

    /// Reads the lines of a quote or item, one level deeper.
    pub(super) fn inside(&mut self, element: Element, paragraph: Element, lines: &[&str]) {
        self.out.push(Piece::Start(element));
        Reader { depth: self.depth + 1, paragraph, out: self.out }.read(lines);
        self.out.push(Piece::End(element));
    }

    /// Reads one block; returns its number of lines, at least one.
    fn block(&mut self, lines: &[&str]) -> usize {
        let first = lines[0];
        if is_blank(first) {
            return 1;
        }
        if let Some((count, code)) = code(lines) {
            self.out.push(code);
            return count;
        }
        if let Some(content) = heading(first) {
            self.out.extend([Piece::Start(Element::Paragraph), Piece::Start(Element::Strong)]);
            inline::read(content, self.out);
            self.out.extend([Piece::End(Element::Strong), Piece::End(Element::Paragraph)]);
            return 1;
        }
        self.nested(lines).unwrap_or_else(|| self.paragraph(lines))
    }

    fn nested(&mut self, lines: &[&str]) -> Option<usize> {
        if self.depth >= MAX_DEPTH {
            return None;
        }
        quote_and_list::quote(self, lines).or_else(|| quote_and_list::list(self, lines))
    }

    fn paragraph(&mut self, lines: &[&str]) -> usize {
        let continues = |n: &usize| !is_blank(lines[*n]) && !self.interrupts(&lines[*n..]);
        let count = 1 + (1..lines.len()).take_while(continues).count();
        let text = lines[..count].iter().map(|line| line.trim()).collect::<Vec<_>>().join("\n");
        self.out.push(Piece::Start(self.paragraph));
        inline::read(&text, self.out);
        self.out.push(Piece::End(self.paragraph));
        count
    }

    /// Returns true if these lines start another block directly below a paragraph. A number does so only if it starts a
    /// list with 1: any other may be the end of a sentence.
    fn interrupts(&self, lines: &[&str]) -> bool {
        let nests = || {
            let marker = Marker::read(lines[0]);
            quote_and_list::quoted(lines[0]).is_some() || marker.is_some_and(|m| m.number.is_none_or(|n| n == 1))
        };
        heading(lines[0]).is_some() || self.depth < MAX_DEPTH && nests() || code(lines).is_some()
    }
}

pub(super) fn is_blank(line: &str) -> bool {
    line.trim().is_empty()
}

/// Returns the text of a heading: `#` up to six times and a space. Shown as a strong line.
fn heading(line: &str) -> Option<&str> {
    let line = line.trim();
    let content = line.trim_start_matches('#');
    let is_heading = (1..=6).contains(&(line.len() - content.len())) && content.starts_with([' ', '\t']);
    Some(content.trim()).filter(|content| is_heading && text::has_ink(content))
}

/// Reads code between lines of three or more backticks, or from there to the end.
fn code(lines: &[&str]) -> Option<(usize, Piece)> {
    let (ticks, label) = fence(lines[0])?;
    let closes = |line: &&str| fence(line).is_some_and(|(n, label)| n >= ticks && label.is_empty());
    let inside = lines[1..].iter().position(closes).unwrap_or(lines.len() - 1);
    let code: String = lines[1..=inside].iter().flat_map(|line| [line, "\n"]).collect();
    let count = (inside + 2).min(lines.len());
    text::has_ink(&code).then(|| (count, Piece::CodeBlock(label.to_owned(), code)))
}

/// Returns the number of backticks at the start of the line, and the rest of the line.
fn fence(line: &str) -> Option<(usize, &str)> {
    let line = line.trim();
    let label = line.trim_start_matches('`');
    let ticks = line.len() - label.len();
    (ticks >= FENCE && !label.contains('`')).then(|| (ticks, label.trim()))
}
