//! Demo data: believable people and what they write, like and follow. The same figures and the same posts on every
//! machine; only the times move, so that the newest post is always minutes old. Serves the first run in development
//! (200 people) and `kith seed` for measuring (100,000 people, a million posts).
//!
//! Everything is one transaction: a seed that is killed leaves nothing. It writes with `copy` and knows every count
//! beforehand, so the counting triggers rest meanwhile; a test compares all counts with the rows. It refuses to touch
//! a database in which anybody lives already, unless told to.

mod bare;
mod corpus;
mod follows;
mod likes;
mod load;
mod names;
mod people;
mod sheet;
mod talk;
#[cfg(test)]
mod tests;
mod told;
mod weights;
mod words;
mod writing;

use sqlx::{PgConnection, PgPool};

/// What to plant.
#[derive(Clone, Debug)]
pub struct Options {
    pub users: u32,
    pub posts: u32,
    /// The PHC string of the password that the cast signs in with; without it nobody in the seed can sign in.
    pub password_hash: Option<String>,
    /// Plant beside people who live there already. Taken usernames are avoided, the cast's too.
    pub force: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { users: 200, posts: 5_000, password_hash: None, force: false }
    }
}

/// What a seed did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Report {
    /// Somebody lives here already: nothing was written.
    Inhabited,
    /// So many rows were written; `posts` counts the replies too.
    Seeded { users: u64, posts: u64, replies: u64, likes: u64, follows: u64 },
}

/// The usernames of the people in every demo, test and seed: an admin, a moderator and three members.
pub const CAST: [&str; 5] = ["ada", "grace", "alan", "edsger", "barbara"];

/// Plants demo data, and has Postgres learn its shape. Everybody else who wants the tables waits until it is done.
///
/// # Errors
/// Those of the database; then nothing was planted, unless only the vacuuming at the end failed.
pub async fn seed(db: &PgPool, options: &Options) -> sqlx::Result<Report> {
    let mut tx = db.begin().await?;
    load::prepare(&mut tx).await?;
    if !options.force && inhabited(&mut tx).await? {
        return Ok(Report::Inhabited);
    }
    let people = people::invite(options.users, load::taken(&mut tx).await?);
    let mut world = World::imagine(people, options.posts);
    let report = load::all(&mut tx, &mut world, options.password_hash.as_deref()).await?;
    tx.commit().await?;
    load::settle(db).await?;
    Ok(report)
}

async fn inhabited(db: &mut PgConnection) -> sqlx::Result<bool> {
    sqlx::query_scalar("select exists (select 1 from users)").fetch_one(db).await
}

/// All that is planted, but for the words and the times. People and posts are known by their place in these lists.
struct World {
    people: Vec<people::Person>,
    follows: follows::Follows,
    posts: Vec<talk::Post>,
    likes: Vec<u32>,
}

impl World {
    fn imagine(people: Vec<people::Person>, posts: u32) -> Self {
        let follows = follows::Follows::imagine(&people);
        let mut posts = talk::imagine(&people, &follows, posts);
        let likes = likes::imagine(&people, &follows, &mut posts);
        Self { people, follows, posts, likes }
    }
}
