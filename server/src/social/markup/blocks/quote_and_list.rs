//! Quotes and lists: containers of other blocks.

use super::{Reader, is_blank};
use crate::{
    base::text::{self, unicode},
    social::markup::pieces::{Element, Piece},
};

/// The start of an item: `- `, `* `, `1. ` or `1) `.
#[derive(Clone, Copy)]
pub(super) struct Marker<'a> {
    /// Columns before the marker, and before the content.
    indent: usize,
    content_indent: usize,
    /// The bullet, or the character after the number: a list has one kind.
    sign: char,
    pub(super) number: Option<u32>,
    content: &'a str,
}

impl<'a> Marker<'a> {
    /// Parses the marker of a line. `None` without content, for a number that HTML would show differently, and for a
    /// line of dashes or stars.
    pub(super) fn read(line: &'a str) -> Option<Self> {
        let trimmed = line.trim_start();
        let indent = columns(&line[..line.len() - trimmed.len()]);
        let digits = trimmed.find(|c: char| !c.is_ascii_digit()).unwrap_or(trimmed.len());
        let (number, rest) = trimmed.split_at(digits);
        let sign = rest.chars().next().filter(|sign| match number {
            "" => matches!(sign, '-' | '*'),
            _ => matches!(sign, '.' | ')'),
        })?;
        let content = rest[1..].strip_prefix([' ', '\t'])?.trim();
        let is_number = number.is_empty() || number.len() <= 9 && (number == "0" || !number.starts_with('0'));
        if !is_number || !text::has_ink(content) || is_line(trimmed) {
            return None;
        }
        let content_indent = indent + digits + 2;
        Some(Self { indent, content_indent, sign, number: number.parse().ok(), content })
    }
}

/// Returns true for a line drawn with dashes, stars or underscores.
fn is_line(text: &str) -> bool {
    let mut signs = text.chars().filter(|c| !c.is_whitespace());
    let first = signs.next();
    matches!(first, Some('-' | '*' | '_')) && signs.all(|sign| Some(sign) == first)
}

/// Returns the width of white space at the start of a line.
fn columns(space: &str) -> usize {
    space.chars().map(|c| if c == '\t' { 4 } else { 1 }).sum()
}

/// Returns the content of a quoted line. Some characters directly after the `>` make it text: `>=18`, `>:(`, `>_<`.
pub(super) fn quoted(line: &str) -> Option<&str> {
    let content = line.trim_start().strip_prefix('>')?;
    let goes_on = |c: char| c.is_alphanumeric() || c.is_whitespace() || ">*`[@#\"'".contains(c) || unicode::opens(c);
    match content.chars().next() {
        Some(c) if !goes_on(c) => None,
        _ => Some(content.strip_prefix(' ').unwrap_or(content)),
    }
}

/// Reads a quote with visible content; returns its number of lines.
pub(super) fn quote(reader: &mut Reader<'_>, lines: &[&str]) -> Option<usize> {
    let inside: Vec<&str> = lines.iter().map_while(|line| quoted(line)).collect();
    let has_ink = inside.iter().any(|line| text::has_ink(line.trim_start_matches(['>', ' '])));
    if inside.is_empty() || !has_ink {
        return None;
    }
    reader.inside(Element::Quote, Element::Paragraph, &inside);
    Some(inside.len())
}

/// An item: its lines without the indentation.
struct Item<'a> {
    number: Option<u32>,
    lines: Vec<&'a str>,
}

/// Reads a list; returns its number of lines.
pub(super) fn list(reader: &mut Reader<'_>, lines: &[&str]) -> Option<usize> {
    let first = Marker::read(lines[0])?;
    let mut items: Vec<Item<'_>> = Vec::new();
    let (mut count, mut loose, mut content_indent) = (0, false, 0);
    while count < lines.len() {
        let next = count + lines[count..].iter().take_while(|line| is_blank(line)).count();
        let Some(&line) = lines.get(next) else { break };
        let continues = !items.is_empty() && indent(line) >= first.indent + 2;
        let marker =
            Marker::read(line).filter(|m| m.sign == first.sign && m.number.is_some() == first.number.is_some());
        match (marker, items.last_mut()) {
            (_, Some(item)) if continues => {
                item.lines.extend(std::iter::repeat_n("", next - count));
                item.lines.push(without_indent(line, content_indent));
            }
            (Some(marker), _) => {
                content_indent = marker.content_indent;
                items.push(Item { number: marker.number, lines: vec![marker.content] });
            }
            _ => break,
        }
        loose |= next > count;
        count = next + 1;
    }
    write(reader, &items, if loose { Element::Paragraph } else { Element::Line });
    Some(count)
}

fn indent(line: &str) -> usize {
    columns(&line[..line.len() - line.trim_start().len()])
}

/// Returns the line without the white space at its start, up to that many columns.
fn without_indent(line: &str, most: usize) -> &str {
    let mut columns = 0;
    line.trim_start_matches(|c: char| {
        let is_inside = columns < most;
        columns += if c == '\t' { 4 } else { 1 };
        is_inside && c.is_whitespace()
    })
}

fn write(reader: &mut Reader<'_>, items: &[Item<'_>], paragraph: Element) {
    let start = items.first().and_then(|item| item.number);
    let list = start.map_or(Element::Bullets, Element::Numbers);
    reader.out.push(Piece::Start(list));
    let mut follows = start;
    for item in items {
        let element = item.number.map_or(Element::Item, |number| Element::Numbered(number, follows != Some(number)));
        follows = item.number.map(|number| number + 1);
        reader.inside(element, paragraph, &item.lines);
    }
    reader.out.push(Piece::End(list));
}
