//! The conversations: authors, times, topics and replies. The texts are written later, with the rows.

use super::{follows::Follows, people::Person, weights::Weights};
use crate::base::seeded_rng::SeededRng;

/// The age of the oldest posts, in days.
pub(super) const DAYS: u64 = 35;

/// A post of the demo. Its index in the list is its order in time.
pub(super) struct Post {
    pub author: u32,
    pub parent: Option<u32>,
    /// True for an author's answer to a reply to their own post.
    pub answer: bool,
    pub topic: usize,
    pub replies: u32,
    /// The end of its likes in the list of all likes; they begin at the end of the previous post's.
    pub likes_end: u32,
    last_reply: Option<u32>,
}

/// Returns `count` posts in the order of time; about a quarter are replies.
pub(super) fn imagine(people: &[Person], follows: &Follows, count: u32) -> Vec<Post> {
    let energy = Weights::new(people.iter().map(|p| p.energy));
    let mut talk =
        Talk { people, follows, energy, rng: SeededRng::of("talk"), posts: Vec::with_capacity(count as usize) };
    // A conversation lasts a day or two.
    let span = (count / DAYS as u32 * 3 / 2).max(40);
    for _ in 0..count {
        let reply = talk.posts.len() > 20 && talk.rng.percent(27);
        let Some(post) = (if reply { talk.reply(span) } else { talk.post() }) else { break };
        if let Some(parent) = post.parent {
            let own = talk.posts.len() as u32;
            let parent = &mut talk.posts[parent as usize];
            parent.replies += 1;
            parent.last_reply = Some(own);
        }
        talk.posts.push(post);
    }
    talk.posts
}

struct Talk<'w> {
    people: &'w [Person],
    follows: &'w Follows,
    energy: Weights,
    rng: SeededRng,
    posts: Vec<Post>,
}

impl Talk<'_> {
    fn post(&mut self) -> Option<Post> {
        let mut author = self.energy.pick(&mut self.rng)? as u32;
        if self.posts.last().is_some_and(|before| before.author == author) {
            author = self.energy.pick(&mut self.rng)? as u32;
        }
        let [first, second] = self.people[author as usize].topics;
        let topic = match self.rng.below(10) {
            0..=5 => first,
            6..=8 => second,
            _ => self.people[self.energy.pick(&mut self.rng)?].topics[0],
        };
        Some(Post { author, parent: None, answer: false, topic, replies: 0, likes_end: 0, last_reply: None })
    }

    /// Returns a reply to one of the last `span` posts, preferably to one with replies.
    fn reply(&mut self, span: u32) -> Option<Post> {
        let mut parent = self.candidate(span);
        for _ in 0..3 {
            let other = self.candidate(span);
            if self.appeal(other) > self.appeal(parent) {
                parent = other;
            }
        }
        let Post { author: host, topic, last_reply, .. } = self.posts[parent as usize];
        let last = last_reply.filter(|reply| self.posts[*reply as usize].author != host);
        let (author, parent, answer) = match last {
            Some(reply) if self.rng.percent(18) => (host, reply, true),
            _ => (self.guest(host)?, parent, false),
        };
        Some(Post { author, parent: Some(parent), answer, topic, replies: 0, likes_end: 0, last_reply: None })
    }

    /// Returns one of the last `span` posts, the newer the likelier; instead of a reply, mostly its parent.
    fn candidate(&mut self, span: u32) -> u32 {
        let newest = self.posts.len() as u32 - 1;
        let ago = self.rng.unit();
        let at = newest.saturating_sub((ago * ago * f64::from(span)) as u32);
        match self.posts[at as usize].parent {
            Some(parent) if newest - parent < span && self.rng.percent(90) => parent,
            _ => at,
        }
    }

    fn appeal(&self, post: u32) -> f64 {
        let post = &self.posts[post as usize];
        let popularity = self.people[post.author as usize].pull.sqrt();
        // Without a limit, one post would attract all replies.
        let is_saturated = f64::from(post.replies) > 20.0 + 4.0 * popularity;
        if is_saturated { 0.0 } else { popularity * f64::from(1 + post.replies.min(6)) }
    }

    /// Returns the author of a reply: a follower of the host, or any user; hardly ever the host.
    fn guest(&mut self, host: u32) -> Option<u32> {
        let followers = self.follows.of(host);
        for _ in 0..4 {
            let guest = if !followers.is_empty() && self.rng.percent(55) {
                followers[self.rng.below(followers.len() as u64) as usize]
            } else {
                self.energy.pick(&mut self.rng)? as u32
            };
            if guest != host {
                return Some(guest);
            }
        }
        Some(host)
    }
}

/// The activity in each hour of the day, in UTC: quiet at night, never silent.
const HOURS: [i64; 24] = [5, 4, 3, 3, 4, 6, 9, 12, 12, 11, 10, 11, 13, 12, 10, 10, 11, 13, 15, 17, 18, 16, 12, 8];

/// Returns the times of the posts: `count` times before `now` in ascending order, in microseconds since 1970.
pub(super) fn moments(count: usize, now: i64) -> Vec<i64> {
    const SLOT: i64 = 15 * 60 * 1_000_000;
    let slots = (DAYS * 24 * 4) as i64;
    let start = now - slots * SLOT;
    let liveliness = |slot: i64| HOURS[((start + slot * SLOT) / (4 * SLOT)).rem_euclid(24) as usize] as f64;
    let total: f64 = (0..slots).map(liveliness).sum();
    let mut rng = SeededRng::of("moments");
    let mut moments = Vec::with_capacity(count);
    let (mut slot, mut before) = (0, 0.0);
    for i in 0..count {
        let at = (i as f64 + rng.unit()) / count as f64 * total;
        while slot < slots - 1 && before + liveliness(slot) <= at {
            before += liveliness(slot);
            slot += 1;
        }
        let fraction = ((at - before) / liveliness(slot)).clamp(0.0, 1.0);
        moments.push(start + slot * SLOT + (fraction * SLOT as f64) as i64);
    }
    // Even with few posts, the last ones are minutes old.
    for (i, moment) in moments.iter_mut().rev().take(6).enumerate() {
        let ago = 40_000_000 + (i as i64) * (100_000_000 + rng.between(0, 90_000_000) as i64);
        *moment = (*moment).max(now - ago).min(now - 1_000_000);
    }
    moments.sort_unstable();
    moments
}
