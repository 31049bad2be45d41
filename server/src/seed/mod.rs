//! Demo data: believable users and their posts, likes and follows. The same on every machine; only the times move, so
//! that the newest post is always minutes old. For the first run in development (200 users) and for `kith seed`, which
//! measures (100,000 users, a million posts).
//!
//! Everything is one transaction: a seed that is killed leaves nothing. It writes with `copy` and computes every count
//! in advance, so the counting triggers are off; a test compares all counts with the rows. It refuses a database with
//! existing users, unless forced.

mod bare;
mod corpus;
mod follows;
mod ids;
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

/// The options of a seed.
#[derive(Clone, Debug)]
pub struct Options {
    pub users: u32,
    pub posts: u32,
    /// The PHC string of the password of the cast; without it no seeded user can sign in.
    pub password_hash: Option<String>,
    /// Seeds a database with existing users. Skips taken usernames, the cast's too.
    pub force: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { users: 200, posts: 5_000, password_hash: None, force: false }
    }
}

/// The result of a seed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Report {
    /// The database has users already: nothing was written.
    Inhabited,
    /// So many rows were written; `posts` counts the replies too.
    Seeded { users: u64, posts: u64, replies: u64, likes: u64, follows: u64 },
}

/// The usernames of the users in every demo, test and seed: an admin, a moderator and three members.
pub const CAST: [&str; 5] = ["ada", "grace", "alan", "edsger", "barbara"];

/// Writes the demo data, and updates the statistics of Postgres. Other transactions on the tables wait until it is
/// done.
///
/// # Errors
/// Those of the database; then nothing was written, unless only the vacuuming at the end failed.
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

/// All demo data, except the texts and the times. Users and posts are identified by their index in these lists.
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
