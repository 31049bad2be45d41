//! Names from many places, and usernames made of them.

use std::collections::HashMap;

use crate::base::seeded_rng::SeededRng;

/// The given and the family names of one language.
struct Language {
    given: Vec<&'static str>,
    family: Vec<&'static str>,
    family_first: bool,
}

/// All names.
pub(super) struct Names {
    languages: Vec<Language>,
    /// username, display name
    native: Vec<(&'static str, &'static str)>,
}

/// Returns the lines with content: no comments, no empty lines.
pub(super) fn entries(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("# "))
}

impl Names {
    pub(super) fn read() -> Self {
        let languages = entries(include_str!("names/latin.txt")).filter_map(|line| {
            let (given, family) = line.split_once(" / ")?;
            let family_first = given.starts_with("~ ");
            let given = given.trim_start_matches("~ ").split(' ').collect();
            Some(Language { given, family: family.split(' ').collect(), family_first })
        });
        let native = entries(include_str!("names/native.txt")).filter_map(|line| line.split_once(" | "));
        Self { languages: languages.collect(), native: native.collect() }
    }

    /// Returns a username to start from and a display name, in the Latin script.
    pub(super) fn latin(&self, rng: &mut SeededRng) -> (String, String) {
        let language = &self.languages[rng.below(self.languages.len() as u64) as usize];
        let (given, family) = (rng.pick(&language.given), rng.pick(&language.family).replace('-', " "));
        let full = if language.family_first { format!("{family} {given}") } else { format!("{given} {family}") };
        let username = username(rng, &fold(given), &fold(&family));
        let initial = |name: &str| name.chars().next().unwrap_or('K');
        let display = match rng.below(100) {
            0..=61 => full,
            62..=75 => given.to_owned(),
            76..=81 => format!("{given} {}.", initial(&family)),
            82..=84 => format!("{}. {family}", initial(given)),
            85..=88 => full.to_lowercase(),
            89..=90 => format!("{}{}", initial(given), initial(&family)),
            91..=93 => format!("{given} {}", rng.pick(&["🌿", "☀️", "🚲", "📚", "🐈", "🎻", "⛵", "🌊"])),
            94..=95 => format!("{given} ({})", rng.pick(&["they/them", "back soon", "the tall one"])),
            96..=97 => {
                format!("{given} {}", rng.pick(&["from next door", "on the hill", "& the hens", "at the mill"]))
            }
            _ => String::new(),
        };
        (username, display)
    }

    /// Returns the `n`th name in another script.
    pub(super) fn native(&self, n: usize) -> (String, String) {
        let (username, display) = self.native[n % self.native.len()];
        (username.to_owned(), display.to_owned())
    }
}

fn username(rng: &mut SeededRng, given: &str, family: &str) -> String {
    match rng.below(100) {
        0..=24 => given.to_owned(),
        25..=44 => format!("{given}_{family}"),
        45..=59 => format!("{given}{family}"),
        60..=69 => format!("{given}{}", &family[..1]),
        70..=79 => format!("{}{family}", &given[..1]),
        80..=86 => format!("{family}_{given}"),
        87..=92 => format!("{given}{}", rng.between(60, 99)),
        _ => format!("{given}_{}", rng.pick(&["writes", "bakes", "walks", "at_home", "outdoors", "reads", "knits"])),
    }
}

/// Returns the letters a username may have, without their marks.
fn fold(name: &str) -> String {
    let mut out = String::new();
    for c in name.to_lowercase().chars() {
        match c {
            'a'..='z' => out.push(c),
            'á' | 'à' | 'â' | 'ã' | 'ă' | 'ā' | 'ả' | 'ạ' => out.push('a'),
            'ä' | 'æ' => out.push_str("ae"),
            'å' => out.push_str("aa"),
            'ç' | 'ć' | 'č' => out.push('c'),
            'ď' | 'đ' => out.push('d'),
            'é' | 'è' | 'ê' | 'ë' | 'ę' | 'ě' | 'ế' | 'ễ' => out.push('e'),
            'ğ' => out.push('g'),
            'í' | 'ì' | 'î' | 'ï' | 'ı' => out.push('i'),
            'ł' => out.push('l'),
            'ñ' | 'ń' | 'ň' => out.push('n'),
            'ó' | 'ò' | 'ô' | 'õ' | 'ő' | 'ọ' => out.push('o'),
            'ö' | 'ø' | 'œ' => out.push_str("oe"),
            'ř' => out.push('r'),
            'ś' | 'š' | 'ş' | 'ș' => out.push('s'),
            'ť' | 'ţ' | 'ț' => out.push('t'),
            'ú' | 'ù' | 'û' | 'ů' | 'ű' | 'ư' => out.push('u'),
            'ü' => out.push_str("ue"),
            'ý' | 'ỳ' | 'ỹ' => out.push('y'),
            'ź' | 'ż' | 'ž' => out.push('z'),
            _ => {}
        }
    }
    out
}

/// Assigns usernames, each once: the second `maria` is `maria2`.
pub(super) struct Register(HashMap<String, u32>);

impl Register {
    pub(super) fn new(taken: Vec<String>) -> Self {
        Self(taken.into_iter().map(|name| (name, 1)).collect())
    }

    pub(super) fn claim(&mut self, requested: &str) -> String {
        let mut requested: String = requested.chars().take(24).collect();
        while requested.len() < 3 {
            requested.push_str("_k");
        }
        if self.0.insert(requested.clone(), 1).is_none() {
            return requested;
        }
        let stem: String = requested.chars().take(18).collect();
        loop {
            let count = self.0.entry(stem.clone()).or_insert(1);
            *count += 1;
            let name = format!("{stem}{count}");
            if !self.0.contains_key(&name) {
                self.0.insert(name.clone(), 1);
                return name;
            }
        }
    }
}
