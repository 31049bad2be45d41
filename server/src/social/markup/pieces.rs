//! The pieces of a parsed text: the content of a page, in order, with the starts and ends of elements.

use super::{Link, Word, tag};

/// An element with content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Element {
    Paragraph,
    /// A paragraph of a list without blank lines: shown without one.
    Line,
    Quote,
    Bullets,
    /// A numbered list, with its first number.
    Numbers(u32),
    Item,
    /// An item with its number. The flag says if the number must be explicit because it does not follow the previous
    /// one.
    Numbered(u32, bool),
    Emphasis,
    Strong,
}

/// One step of the document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    Start(Element),
    End(Element),
    Break,
    Code(String),
    /// Lines of code, and the text after the opening fence: the name of their language.
    CodeBlock(String, String),
    Word(Word),
    LinkStart(Link),
    LinkEnd(Link),
}

impl Piece {
    pub(super) fn text(text: &str) -> Self {
        Self::Word(Word::Text(text.to_owned()))
    }

    /// Returns the username it mentions, in lower case.
    pub(super) fn name(&self) -> Option<String> {
        match self {
            Self::Word(Word::Name { name, .. }) => Some(name.to_ascii_lowercase()),
            _ => None,
        }
    }

    /// Returns its tag, folded.
    pub(super) fn tag(&self) -> Option<String> {
        match self {
            Self::Word(Word::Tag { tag: typed, .. }) => tag::fold(typed),
            _ => None,
        }
    }

    /// Returns its text, with white space where it must not merge with the text before and after.
    pub(super) fn plain(&self) -> String {
        match self {
            Self::Start(Element::Numbered(number, _)) => format!(" {number}. "),
            Self::Start(Element::Emphasis | Element::Strong) | Self::End(Element::Emphasis | Element::Strong) => {
                String::new()
            }
            Self::Start(_) | Self::End(_) | Self::Break => " ".to_owned(),
            Self::Code(text) => text.clone(),
            Self::CodeBlock(_, text) => format!(" {text} "),
            Self::Word(Word::Text(text)) => text.clone(),
            Self::Word(Word::Link(link)) => link.short.clone(),
            Self::Word(Word::Name { sign, name }) => format!("{sign}{name}"),
            Self::Word(Word::Tag { sign, tag }) => format!("{sign}{tag}"),
            Self::LinkStart(_) | Self::LinkEnd(_) => String::new(),
        }
    }
}
