//! `kith seed`

use anyhow::{Context, Result};
use clap::Args as ClapArgs;
use server::{
    db,
    seed::{self, Options, Report},
};
use sqlx::PgPool;

use super::output::note;

/// The password of the demo's cast, in development.
#[cfg(feature = "dev")]
pub const DEMO_PASSWORD: &str = "neighbours-are-kind";

/// How much to plant.
#[derive(ClapArgs)]
pub struct Args {
    /// The number of users.
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(..=1_000_000))]
    users: u32,
    /// The number of posts.
    #[arg(long, default_value_t = 5_000, value_parser = clap::value_parser!(u32).range(..=10_000_000))]
    posts: u32,
    /// Also seed a database that already has users.
    #[arg(long)]
    force: bool,
}

/// Seeds the database, unless it has users already.
pub async fn run(pool: &PgPool, args: Args) -> Result<()> {
    db::migrate(pool).await.context("the database could not be migrated")?;
    let options =
        Options { users: args.users, posts: args.posts, force: args.force, password_hash: demo_password_hash()? };
    match seed::seed(pool, &options).await.context("nothing was planted")? {
        Report::Inhabited => note("The database already has users; nothing was added."),
        Report::Seeded { users, posts, replies, likes, follows } => note(format_args!(
            "Planted {users} people, {posts} posts ({replies} of them replies), {likes} likes and {follows} follows."
        )),
    }
    Ok(())
}

#[cfg(feature = "dev")]
fn demo_password_hash() -> Result<Option<String>> {
    Ok(Some(server::identity::auth::password::hash_demo(DEMO_PASSWORD)?))
}

/// Outside development the demo users cannot sign in.
#[cfg(not(feature = "dev"))]
fn demo_password_hash() -> Result<Option<String>> {
    Ok(None)
}
