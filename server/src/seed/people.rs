//! The users of the demo.

use super::{
    CAST,
    corpus::Corpus,
    names::{Names, Register},
    weights::long_tail,
    writing::{Voice, bio},
};
use crate::base::seeded_rng::SeededRng;

/// A user of the demo.
pub(super) struct Person {
    pub username: String,
    pub display_name: String,
    pub bio: String,
    pub role: &'static str,
    /// One of the cast, who may get a password.
    pub cast: bool,
    pub voice: Voice,
    /// The topics they write about: mostly the first.
    pub topics: [usize; 2],
    /// The strength with which others follow and like them.
    pub pull: f64,
    /// The amount they post and like.
    pub energy: f64,
    /// The number of users they would follow.
    pub wants: u32,
}

/// One of the cast: display name, role, bio, pull, and the share of all users that they follow.
struct Part(&'static str, &'static str, &'static str, f64, f64);

const PARTS: [Part; CAST.len()] = [
    Part("Ada Marlow", "admin", "Keeps the lights on here. Gardens at dawn, reads on trains.", 30.0, 0.45),
    Part("Grace Okoro", "moderator", "Here to help. Choir on Tuesdays, dumplings on Wednesdays.", 20.0, 0.12),
    Part("Alan Whitlock", "member", "Long walks, short programs, too many radios.", 22.0, 0.30),
    Part("Edsger Vink", "member", "Writes with a fountain pen. Prefers it simple.", 8.0, 0.06),
    Part("Barbara Lindqvist", "member", "New here! Say hello.", 2.0, 0.0),
];

/// Names as long, as short and as odd as a page must support.
const SPECIAL_NAMES: [(usize, &str, &str); 5] = [
    (7, "maximiliana", "Maximiliana Theodora Featherstonehaugh-Wintersgill"),
    (9, "bartholomew_of_the_hills", "Bartholomew of the Hills"),
    (11, "quietly_here", ""),
    (14, "sunny_side", "🌻🌻🌻"),
    (19, "jo_", "J"),
];

/// Returns the first `count` users, the same ones on every call, without the usernames in `taken`.
pub(super) fn invite(count: u32, taken: Vec<String>) -> Vec<Person> {
    let (written, corpus, mut register) = (Names::read(), Corpus::read(), Register::new(taken));
    // First, so that no earlier user gets the chosen names.
    let mut chosen = |name: &str| register.claim(name);
    let cast: Vec<_> = CAST.iter().map(|name| chosen(name)).collect();
    let usernames: Vec<_> = SPECIAL_NAMES.iter().map(|(_, name, _)| chosen(name)).collect();
    (0..count as usize)
        .map(|n| {
            let mut rng = SeededRng::nth("person", n as u64);
            let names = match SPECIAL_NAMES.iter().position(|(at, ..)| *at == n) {
                _ if n < CAST.len() => (cast[n].clone(), PARTS[n].0.to_owned()),
                Some(i) => (usernames[i].clone(), SPECIAL_NAMES[i].2.to_owned()),
                None => {
                    let native = if n < 250 { n % 12 == 5 } else { rng.percent(1) };
                    let (username, display) = if native { written.native(n / 12) } else { written.latin(&mut rng) };
                    (register.claim(&username), display)
                }
            };
            person(n, count, names, &corpus, &mut rng)
        })
        .collect()
}

fn person(n: usize, count: u32, names: (String, String), corpus: &Corpus, rng: &mut SeededRng) -> Person {
    let (username, display_name) = names;
    let topic = |rng: &mut SeededRng| rng.below(corpus.topics.len() as u64) as usize;
    let topics = [topic(rng), topic(rng)];
    // Zipf's law by way of 1/x; the small addend keeps the first star from being followed by every user.
    let pull = 1.0 / (rng.unit() + (3.0 / f64::from(count)).max(0.000_5));
    let energy = 1.0 / (rng.unit() + 0.01).sqrt();
    let max_follows = count / 2;
    let typical_follows = f64::from(count).sqrt().min(14.0) * 2.2;
    let wants = ((typical_follows * long_tail(rng)) as u32).clamp(1, max_follows.clamp(1, 2_000));
    let bio = bio(corpus, topics, rng);
    let voice = Voice::of(&display_name, rng);
    let person =
        Person { username, display_name, bio, role: "member", cast: false, voice, topics, pull, energy, wants };
    let Some(Part(_, role, bio, pull, share)) = PARTS.get(n) else { return person };
    Person {
        bio: (*bio).to_owned(),
        role,
        cast: true,
        voice: Voice::Plain,
        pull: *pull,
        energy: 4.0,
        wants: ((share * f64::from(count)) as u32).min((share * 2_200.0) as u32),
        ..person
    }
}
