//! Likes: most posts get a few, some none, posts of stars more, the newest none yet.

use super::{
    follows::Follows,
    people::Person,
    talk::{DAYS, Post},
    weights::{Weights, long_tail},
};
use crate::base::seeded_rng::SeededRng;

/// The likes of an ordinary post of an ordinary user.
const MEDIAN_LIKES: f64 = 4.5;

/// Returns the users who like each post, one post's after another's, and sets on each post the end of its likes.
pub(super) fn imagine(people: &[Person], follows: &Follows, posts: &mut [Post]) -> Vec<u32> {
    let energy = Weights::new(people.iter().map(|p| p.energy));
    let mean_pull = people.iter().map(|p| p.pull.sqrt()).sum::<f64>() / people.len() as f64;
    let count = posts.len();
    let half_day = (count as f64 / (DAYS as f64 * 2.0)).max(1.0);
    let mut rng = SeededRng::of("likes");
    let mut likes: Vec<u32> = Vec::new();
    for (i, post) in posts.iter_mut().enumerate() {
        let start = likes.len();
        let author = &people[post.author as usize];
        let age = ((count - i) as f64 / half_day).min(1.0);
        let part = if post.parent.is_some() { 0.3 } else { 1.0 };
        let like_count = MEDIAN_LIKES * long_tail(&mut rng) * author.pull.sqrt() / mean_pull * age * part;
        let like_count = (like_count + rng.unit()) as usize;
        let followers = follows.of(post.author);
        for _ in 0..like_count.min(people.len() * 2 / 5) {
            let liker = if !followers.is_empty() && rng.percent(60) {
                followers[rng.below(followers.len() as u64) as usize]
            } else {
                energy.pick(&mut rng).map_or(post.author, |at| at as u32)
            };
            if liker != post.author {
                likes.push(liker);
            }
        }
        likes[start..].sort_unstable();
        let mut end = start;
        for at in start..likes.len() {
            if at == start || likes[at] != likes[end - 1] {
                likes[end] = likes[at];
                end += 1;
            }
        }
        likes.truncate(end);
        post.likes_end = end as u32;
    }
    likes
}
