//! Combines phrases to posts, replies and bios, in a user's style.

use super::corpus::{Corpus, Filling, capital};
use crate::base::seeded_rng::SeededRng;

/// The style of a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Voice {
    Plain,
    /// no capitals, no full stop at the end
    Lower,
    /// likes an emoji at the end
    Bright,
    /// often in their own script
    Native(Script),
}

/// The script of a text, as far as it suggests its author.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Script {
    Latin,
    Greek,
    Cyrillic,
    Hebrew,
    Arabic,
    Devanagari,
    Han,
    Kana,
    Hangul,
    Other,
}

impl Script {
    pub(super) fn of(text: &str) -> Self {
        let mut script = Self::Latin;
        for c in text.chars() {
            script = match u32::from(c) {
                0x370..=0x3ff => Self::Greek,
                0x400..=0x4ff => Self::Cyrillic,
                0x590..=0x5ff => Self::Hebrew,
                0x600..=0x6ff => Self::Arabic,
                0x900..=0x97f => Self::Devanagari,
                0x980..=0x13ff => Self::Other,
                // Kana decides: Japanese has Han as well.
                0x3040..=0x30ff => return Self::Kana,
                0x4e00..=0x9fff => Self::Han,
                0xac00..=0xd7af => Self::Hangul,
                _ => script,
            };
        }
        script
    }
}

impl Voice {
    pub(super) fn of(display_name: &str, rng: &mut SeededRng) -> Self {
        match (Script::of(display_name), rng.below(100)) {
            (Script::Latin | Script::Other, 0..=9) => Self::Lower,
            (Script::Latin | Script::Other, 10..=17) => Self::Bright,
            (Script::Latin | Script::Other, _) => Self::Plain,
            (script, _) => Self::Native(script),
        }
    }

    fn say(self, text: String, corpus: &Corpus, rng: &mut SeededRng) -> String {
        match self {
            Self::Lower => text.to_lowercase().trim_end_matches('.').to_owned(),
            Self::Bright if rng.percent(40) => format!("{text} {}", rng.pick(corpus.common.slot("emoji"))),
            _ => text,
        }
    }
}

/// Returns a bio, or an empty text.
pub(super) fn bio(corpus: &Corpus, topics: [usize; 2], rng: &mut SeededRng) -> String {
    let piece = |topic: usize, rng: &mut SeededRng| {
        let phrase = rng.pick(corpus.topics[topic].slot("bio"));
        capital(&Filling::new(corpus, topic).fill(phrase, rng))
    };
    let [first, second] = topics;
    match rng.below(10) {
        0 => String::new(),
        1..=4 => piece(first, rng) + ".",
        5..=7 => format!("{}. {}.", piece(first, rng), piece(second, rng)),
        8 => format!("{} · {}", piece(first, rng), piece(second, rng)),
        _ => piece(first, rng).to_lowercase(),
    }
}

/// The length of the longest posts in characters, a little below the limit.
const LONG: usize = 940;

/// Writes posts one after another. Uses the lines of each topic in turn, so that a line repeats only after all others.
pub(super) struct Writer {
    corpus: Corpus,
    /// per topic: lines, more and replies used so far
    used: Vec<[usize; 3]>,
    common_replies: usize,
}

impl Writer {
    pub(super) fn new() -> Self {
        let corpus = Corpus::read();
        Self { used: vec![[0; 3]; corpus.topics.len()], corpus, common_replies: 0 }
    }

    /// Writes a post about `topic`; it may mention `friend`.
    pub(super) fn post(&mut self, rng: &mut SeededRng, topic: usize, voice: Voice, friend: &str) -> String {
        if let Some(text) = self.unusual(rng, topic, voice) {
            return text;
        }
        let mut fill: Vec<&'static str> = vec![self.line(topic)];
        let mut between = " ";
        // A line without slots repeats word for word: mostly another line should follow it.
        let bare = !fill[0].contains('{') && rng.percent(75);
        match rng.below(100) {
            0..=43 if bare => fill.push(self.more(topic)),
            0..=43 => {}
            44..=77 => fill.push(self.more(topic)),
            78..=87 => fill.push(rng.pick(self.corpus.common.slot("tail"))),
            88..=95 => {
                between = "\n\n";
                fill.extend([self.more(topic), self.more(topic)]);
            }
            96..=98 => fill.extend([self.more(topic), self.more(topic)]),
            _ => return self.long(rng, topic),
        }
        let mut filling = Filling::new(&self.corpus, topic);
        let parts: Vec<_> = fill.into_iter().map(|part| filling.fill(part, rng)).collect();
        let mut text = voice.say(parts.join(between), &self.corpus, rng);
        if rng.percent(5) && !friend.is_empty() {
            text +=
                &rng.pick(&[" Thank you, @{}!", " (with @{})", " @{} was there too.", " cc @{}"]).replace("{}", friend);
        }
        if rng.percent(14) {
            text = format!("{text} #{}", rng.pick(self.corpus.topics[topic].slot("tags")));
        }
        text
    }

    /// Writes a reply to a post by `to` about `topic`.
    pub(super) fn reply(&mut self, rng: &mut SeededRng, topic: usize, voice: Voice, to: &str) -> String {
        let line = if rng.percent(40) {
            self.next(topic, 2)
        } else {
            self.common_replies += 1;
            let replies = &self.corpus.common.replies;
            replies[self.common_replies % replies.len()]
        };
        let text = Filling::new(&self.corpus, topic).fill(line, rng);
        let text = voice.say(text, &self.corpus, rng);
        if rng.percent(15) { format!("@{to} {text}") } else { text }
    }

    /// Writes an author's answer to a reply to their own post.
    pub(super) fn answer(&mut self, rng: &mut SeededRng, topic: usize, voice: Voice, to: &str) -> String {
        let line = rng.pick(self.corpus.common.slot("thanks"));
        let text = voice.say(Filling::new(&self.corpus, topic).fill(line, rng), &self.corpus, rng);
        if rng.percent(50) { format!("@{to} {text}") } else { text }
    }

    /// Returns an unusual post: in another script, nothing but emoji, or one endless word.
    fn unusual(&self, rng: &mut SeededRng, topic: usize, voice: Voice) -> Option<String> {
        let common = &self.corpus.common;
        let script = match voice {
            Voice::Native(script) if rng.percent(20) => script,
            _ => match rng.below(1_000) {
                0..=5 if voice == Voice::Plain => Script::Latin,
                8..=14 => return Some(rng.pick(common.slot("lone")).to_owned()),
                15..=17 => {
                    let reason = rng.pick(common.slot("unbrokenwhy"));
                    let reason = Filling::new(&self.corpus, topic).fill(reason, rng);
                    return Some(format!("{reason} {}", rng.pick(common.slot("unbroken"))));
                }
                _ => return None,
            },
        };
        let own: Vec<_> = common.slot("foreign").iter().copied().filter(|line| Script::of(line) == script).collect();
        (!own.is_empty()).then(|| rng.pick(&own).to_owned())
    }

    /// Returns a long post, in paragraphs.
    fn long(&mut self, rng: &mut SeededRng, topic: usize) -> String {
        let mut text = String::new();
        loop {
            let lines = [self.line(topic), self.more(topic), self.more(topic)];
            let mut filling = Filling::new(&self.corpus, topic);
            let next = lines.map(|line| filling.fill(line, rng)).join(" ");
            if text.chars().count() + next.chars().count() > LONG {
                return text;
            }
            if !text.is_empty() {
                text.push_str("\n\n");
            }
            text.push_str(&next);
        }
    }

    fn line(&mut self, topic: usize) -> &'static str {
        self.next(topic, 0)
    }

    fn more(&mut self, topic: usize) -> &'static str {
        self.next(topic, 1)
    }

    fn next(&mut self, topic: usize, kind: usize) -> &'static str {
        let about = &self.corpus.topics[topic];
        let all = [&about.lines, &about.more, &about.replies][kind];
        let used = &mut self.used[topic][kind];
        *used += 1;
        all[*used % all.len()]
    }
}
