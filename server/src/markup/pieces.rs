//! The parser's events, reduced to what Kith has, with the words of running text taken apart.

use pulldown_cmark::{CowStr, Event, LinkType, Options, Parser, Tag, TagEnd, TextMergeStream};

use super::{Link, Word, words};

/// How deep quotes and lists may stand in each other; deeper ones lose their form, not their words.
const DEPTH: usize = 6;

/// One step of the document.
pub(super) enum Piece<'a> {
    /// An element, a break, code, or text in which nothing is looked for.
    Plain(Event<'a>),
    Word(Word),
    LinkStart(Link),
    LinkEnd(Link),
}

impl Piece<'_> {
    /// The username it names, in its one spelling.
    pub(super) fn name(&self) -> Option<String> {
        match self {
            Self::Word(Word::Name(name)) => Some(name.to_ascii_lowercase()),
            _ => None,
        }
    }

    /// What is read out of it.
    pub(super) fn plain(&self) -> String {
        match self {
            Self::Plain(Event::Text(text) | Event::Code(text)) => text.to_string(),
            Self::Plain(Event::HardBreak | Event::End(TagEnd::Paragraph | TagEnd::Item | TagEnd::CodeBlock)) => {
                " ".to_owned()
            }
            Self::Plain(_) | Self::LinkStart(_) | Self::LinkEnd(_) => String::new(),
            Self::Word(Word::Text(text)) => text.clone(),
            Self::Word(Word::Link(link)) => link.short.clone(),
            Self::Word(Word::Name(name)) => format!("@{name}"),
            Self::Word(Word::Tag(tag)) => format!("#{tag}"),
        }
    }

    /// The tag it is, folded.
    pub(super) fn tag(&self) -> Option<String> {
        match self {
            Self::Word(Word::Tag(typed)) => words::tag(typed),
            _ => None,
        }
    }
}

/// Reads a text.
pub(super) fn read(text: &str) -> Vec<Piece<'_>> {
    let mut reader = Reader::default();
    // Shown as typed: HTML is text to us, and merged with the text around it.
    let events = Parser::new_ext(text, Options::empty()).map(|event| match event {
        Event::Html(typed) | Event::InlineHtml(typed) => Event::Text(typed),
        other => other,
    });
    for event in TextMergeStream::new(events) {
        reader.take(event);
    }
    reader.pieces
}

#[derive(Default)]
struct Reader<'a> {
    pieces: Vec<Piece<'a>>,
    /// For each quote, list and item that is open, whether it is kept.
    open: Vec<bool>,
    /// The links that are open: those that lead nowhere too.
    links: Vec<Option<Link>>,
    /// Within `<https://…>`: its name has been written.
    named: bool,
    code: bool,
}

impl<'a> Reader<'a> {
    fn take(&mut self, event: Event<'a>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) if self.code => self.plain(Event::Text(text)),
            Event::Text(text) => self.text(&text),
            Event::Code(_) | Event::HardBreak => self.plain(event),
            // A line one begins is a line one means.
            Event::SoftBreak => self.plain(Event::HardBreak),
            _ => {}
        }
    }

    fn plain(&mut self, event: Event<'a>) {
        self.pieces.push(Piece::Plain(event));
    }

    fn start(&mut self, tag: Tag<'a>) {
        match tag {
            Tag::Paragraph | Tag::HtmlBlock => self.plain(Event::Start(Tag::Paragraph)),
            Tag::Heading { .. } => {
                self.plain(Event::Start(Tag::Paragraph));
                self.plain(Event::Start(Tag::Strong));
            }
            Tag::BlockQuote(_) | Tag::List(_) | Tag::Item => self.nest(tag),
            Tag::CodeBlock(_) => {
                self.code = true;
                self.plain(Event::Start(tag));
            }
            Tag::Emphasis | Tag::Strong => self.plain(Event::Start(tag)),
            Tag::Link { link_type, dest_url, .. } | Tag::Image { link_type, dest_url, .. } => {
                self.link(link_type, &dest_url);
            }
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Paragraph | TagEnd::HtmlBlock => self.plain(Event::End(TagEnd::Paragraph)),
            TagEnd::Heading(_) => {
                self.plain(Event::End(TagEnd::Strong));
                self.plain(Event::End(TagEnd::Paragraph));
            }
            TagEnd::BlockQuote(_) | TagEnd::List(_) | TagEnd::Item if self.open.pop() == Some(true) => {
                self.plain(Event::End(tag));
            }
            TagEnd::CodeBlock => {
                self.code = false;
                self.plain(Event::End(tag));
            }
            TagEnd::Emphasis | TagEnd::Strong => self.plain(Event::End(tag)),
            TagEnd::Link | TagEnd::Image => {
                if let Some(link) = self.links.pop().flatten().filter(|_| !self.named) {
                    self.pieces.push(Piece::LinkEnd(link));
                }
                self.named = false;
            }
            _ => {}
        }
    }

    fn nest(&mut self, tag: Tag<'a>) {
        let kept = match tag {
            Tag::Item => self.open.last().copied().unwrap_or(false),
            _ => self.open.len() < DEPTH,
        };
        self.open.push(kept);
        if kept {
            self.plain(Event::Start(tag));
        }
    }

    /// A picture is a link to it. Within a link nothing else is one.
    fn link(&mut self, kind: LinkType, address: &str) {
        let within = self.links.iter().any(Option::is_some);
        let link = Link::read(address).filter(|_| !within);
        if let Some(link) = &link {
            self.named = kind == LinkType::Autolink;
            self.pieces.push(match self.named {
                true => Piece::Word(Word::Link(link.clone())),
                false => Piece::LinkStart(link.clone()),
            });
        }
        self.links.push(link);
    }

    fn text(&mut self, text: &CowStr<'a>) {
        if self.named {
            return;
        }
        for (n, line) in text.split('\n').enumerate() {
            // Typed HTML keeps its lines.
            if n > 0 && !line.is_empty() {
                self.plain(Event::HardBreak);
            }
            match self.links.iter().any(Option::is_some) {
                true => self.plain(Event::Text(line.to_owned().into())),
                false => self.pieces.extend(words::split(line).into_iter().map(Piece::Word)),
            }
        }
    }
}
