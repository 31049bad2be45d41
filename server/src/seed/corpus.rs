//! The phrases of posts, read from `phrases/`. A slot in braces is filled with one of its phrases, the same one
//! throughout a post, so that the post does not contradict itself; `{slot^}` starts with a capital, `{slot*}` is chosen
//! again each time.

use std::collections::HashMap;

use super::names::entries;
use crate::base::seeded_rng::SeededRng;

/// The phrases about one topic.
#[derive(Default)]
pub(super) struct Topic {
    /// Phrases by slot; `tags`, `bio` and the like are slots too.
    pub slots: HashMap<&'static str, Vec<&'static str>>,
    pub lines: Vec<&'static str>,
    /// Lines that may follow a line.
    pub more: Vec<&'static str>,
    pub replies: Vec<&'static str>,
}

/// All phrases.
pub(super) struct Corpus {
    pub topics: Vec<Topic>,
    /// Phrases that fit every topic.
    pub common: Topic,
}

const TOPICS: [&str; 14] = [
    include_str!("phrases/garden.txt"),
    include_str!("phrases/code.txt"),
    include_str!("phrases/trains.txt"),
    include_str!("phrases/baking.txt"),
    include_str!("phrases/books.txt"),
    include_str!("phrases/hikes.txt"),
    include_str!("phrases/radio.txt"),
    include_str!("phrases/neighbours.txt"),
    include_str!("phrases/bikes.txt"),
    include_str!("phrases/weather.txt"),
    include_str!("phrases/music.txt"),
    include_str!("phrases/pets.txt"),
    include_str!("phrases/making.txt"),
    include_str!("phrases/everyday.txt"),
];

impl Topic {
    fn read(text: &'static str) -> Self {
        let mut topic = Self::default();
        for entry in entries(text) {
            match entry.split_at(entry.find(' ').map_or(0, |at| at + 1)) {
                ("> ", line) => topic.lines.push(line),
                ("+ ", line) => topic.more.push(line),
                ("< ", line) => topic.replies.push(line),
                ("tags: ", tags) => {
                    topic.slots.insert("tags", tags.split(' ').collect());
                }
                (key, phrases) => {
                    topic.slots.insert(key.trim_end_matches(": "), phrases.split(" | ").collect());
                }
            }
        }
        topic
    }

    /// Returns the phrases of `slot`; empty when there is no such slot.
    pub(super) fn slot(&self, slot: &str) -> &[&'static str] {
        self.slots.get(slot).map_or(&[], Vec::as_slice)
    }
}

impl Corpus {
    pub(super) fn read() -> Self {
        Self {
            topics: TOPICS.into_iter().map(Topic::read).collect(),
            common: Topic::read(include_str!("phrases/common.txt")),
        }
    }

    /// Returns the phrases of `slot` in a post about `topic`: its own, or else the common ones.
    pub(super) fn phrases(&self, topic: usize, slot: &str) -> &[&'static str] {
        match self.topics[topic].slot(slot) {
            [] => self.common.slot(slot),
            own => own,
        }
    }
}

/// The slots filled so far in one post about one topic.
pub(super) struct Filling<'c> {
    corpus: &'c Corpus,
    topic: usize,
    filled: Vec<(&'static str, String)>,
}

impl<'c> Filling<'c> {
    pub(super) fn new(corpus: &'c Corpus, topic: usize) -> Self {
        Self { corpus, topic, filled: Vec::new() }
    }

    /// Returns `template` with its slots filled.
    pub(super) fn fill(&mut self, template: &'static str, rng: &mut SeededRng) -> String {
        let mut out = String::with_capacity(template.len() + 32);
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('{') {
            let (slot, after) = after.split_once('}').unwrap_or((after, ""));
            out.push_str(before);
            let name = slot.trim_end_matches(['^', '*']);
            let phrase = self.phrase(name, slot.ends_with('*'), rng);
            if slot.ends_with('^') {
                out.push_str(&capital(&phrase))
            } else {
                out.push_str(&phrase)
            }
            rest = after;
        }
        out.push_str(rest);
        out
    }

    fn phrase(&mut self, slot: &'static str, force_new: bool, rng: &mut SeededRng) -> String {
        if let Some((_, phrase)) = self.filled.iter().find(|(name, _)| !force_new && *name == slot) {
            return phrase.clone();
        }
        let phrase = match slot {
            "nn" => rng.between(11, 39).to_string(),
            "url" => {
                let tag = rng.pick(self.corpus.topics[self.topic].slot("tags"));
                format!("https://example.org/{tag}/{}", rng.between(2, 480))
            }
            _ => {
                let chosen = rng.pick(self.corpus.phrases(self.topic, slot));
                self.fill(chosen, rng)
            }
        };
        self.filled.push((slot, phrase.clone()));
        phrase
    }
}

/// Returns `text` with a capital first letter.
pub(super) fn capital(text: &str) -> String {
    let mut rest = text.chars();
    rest.next().map_or_else(String::new, |first| first.to_uppercase().chain(rest).collect())
}
