//! Follows between users: few stars, a long tail, half of it among users who write about the same topic.

use super::{people::Person, weights::Weights};
use crate::base::seeded_rng::SeededRng;

/// Every follow, read from both sides.
pub(super) struct Follows {
    /// (follower, followee), in order
    pub pairs: Vec<(u32, u32)>,
    /// the followers, ordered by the user they follow
    followers: Vec<u32>,
    /// the index of each user's first follower in `followers`; one more than there are users
    starts: Vec<u32>,
}

impl Follows {
    pub(super) fn imagine(people: &[Person]) -> Self {
        let mut pairs = draw_follows(people);
        let mutual: Vec<_> = draw_follow_backs(people, &pairs);
        pairs.extend(mutual);
        pairs.sort_unstable();
        pairs.dedup();
        let mut starts = vec![0_u32; people.len() + 1];
        for (_, followee) in &pairs {
            starts[*followee as usize + 1] += 1;
        }
        for i in 1..starts.len() {
            starts[i] += starts[i - 1];
        }
        let mut next = starts.clone();
        let mut followers = vec![0; pairs.len()];
        for (follower, followee) in &pairs {
            let at = &mut next[*followee as usize];
            followers[*at as usize] = *follower;
            *at += 1;
        }
        Self { pairs, followers, starts }
    }

    /// Returns the followers of one user.
    pub(super) fn of(&self, person: u32) -> &[u32] {
        let at = person as usize;
        &self.followers[self.starts[at] as usize..self.starts[at + 1] as usize]
    }

    /// Returns the follows by one user.
    pub(super) fn by(&self, person: u32) -> &[(u32, u32)] {
        let start = self.pairs.partition_point(|(follower, _)| *follower < person);
        let end = self.pairs.partition_point(|(follower, _)| *follower <= person);
        &self.pairs[start..end]
    }
}

fn draw_follows(people: &[Person]) -> Vec<(u32, u32)> {
    let all = Weights::new(people.iter().map(|p| p.pull));
    let topics = people.iter().flat_map(|p| p.topics).max().unwrap_or(0);
    let circles: Vec<(Vec<usize>, Weights)> = (0..=topics)
        .map(|topic| {
            let circle: Vec<_> = (0..people.len()).filter(|i| people[*i].topics.contains(&topic)).collect();
            let weights = Weights::new(circle.iter().map(|i| people[*i].pull));
            (circle, weights)
        })
        .collect();
    let mut rng = SeededRng::of("follows");
    let mut pairs = Vec::new();
    for (follower, person) in people.iter().enumerate() {
        let (circle, weights) = &circles[person.topics[0]];
        let mut new_pairs: Vec<(u32, u32)> = Vec::new();
        // The stars are drawn again and again; a user with many follows needs more tries.
        let tries = if person.cast { person.wants * 12 } else { person.wants };
        for _ in 0..tries {
            let in_circle = !person.cast && rng.percent(50);
            let found = if in_circle { weights.pick(&mut rng).map(|at| circle[at]) } else { all.pick(&mut rng) };
            let Some(followee) = found.filter(|found| *found != follower) else { continue };
            let pair = (follower as u32, followee as u32);
            // Only the cast needs an exact number; the others' duplicates are removed later.
            if !person.cast || !new_pairs.contains(&pair) {
                new_pairs.push(pair);
            }
            if new_pairs.len() >= person.wants as usize {
                break;
            }
        }
        pairs.append(&mut new_pairs);
    }
    pairs
}

/// Users of modest fame often follow back; a user who never follows does not.
fn draw_follow_backs(people: &[Person], pairs: &[(u32, u32)]) -> Vec<(u32, u32)> {
    let mut rng = SeededRng::of("follow back");
    let may_follow_back = |person: &Person| person.pull < 12.0 && person.wants > 0;
    let back = pairs.iter().filter(|(_, followee)| may_follow_back(&people[*followee as usize]) && rng.percent(30));
    back.map(|(follower, followee)| (*followee, *follower)).collect()
}
