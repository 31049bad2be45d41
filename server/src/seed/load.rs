//! Loads the rows into Postgres: by `copy`, into tables without indexes, in one transaction.

use sqlx::{PgConnection, PgPool};

use super::{
    Report, World, bare,
    ids::Ids,
    people::Person,
    sheet::Sheet,
    talk, told,
    words::{self, Signs},
    writing::Writer,
};
use crate::{
    base::{
        seeded_rng::SeededRng,
        tokenizer::{self, TOKENIZER},
    },
    social::markup,
};

const MINUTE: i64 = 60 * 1_000_000;
const DAY: i64 = 24 * 60 * MINUTE;

/// Locks the tables against other writers, so that no user signs up in the meantime and two seeds wait for each other.
/// Removes the limits that are meant for pages.
pub(super) async fn prepare(db: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query("set local statement_timeout = 0").execute(&mut *db).await?;
    sqlx::query("set local idle_in_transaction_session_timeout = 0").execute(&mut *db).await?;
    sqlx::query(
        "lock table users, profile_counts, posts, post_tags, post_mentions, likes, follows in share row exclusive mode",
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Returns the usernames that are taken, or whose demo address another user has.
pub(super) async fn taken(db: &mut PgConnection) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar(
        "select username from users
         union select split_part(lower(email), '@', 1) from users where lower(email) like '%@kith.example'",
    )
    .fetch_all(db)
    .await
}

/// Writes everything.
pub(super) async fn all(db: &mut PgConnection, world: &mut World, password_hash: Option<&str>) -> sqlx::Result<Report> {
    let dressing = bare::strip(db).await?;
    let now: i64 =
        sqlx::query_scalar("select (extract(epoch from now()) * 1000000)::bigint").fetch_one(&mut *db).await?;
    let first_user = first_id(db, "users", world.people.len()).await?;
    let first_post = first_id(db, "posts", world.posts.len()).await?;
    let ids = Ids { now, first_user, first_post };
    users(db, world, &ids).await?;
    passwords(db, world, &ids, password_hash).await?;
    profile_counts(db, world, &ids).await?;
    follows(db, world, &ids).await?;
    let moments = talk::moments(world.posts.len(), now);
    let signs = posts(db, world, &ids, &moments).await?;
    words::all(db, &ids, &signs).await?;
    words::index(db, &ids).await?;
    likes(db, world, &ids, &moments).await?;
    bare::dress(db, dressing).await?;
    let cast = (0_u32..).zip(&world.people).filter(|(_, person)| person.cast).map(|(n, _)| ids.user(n));
    told::all(db, &cast.collect::<Vec<_>>()).await?;
    Ok(Report::Seeded {
        users: world.people.len() as u64,
        posts: world.posts.len() as u64,
        replies: world.posts.iter().filter(|post| post.parent.is_some()).count() as u64,
        likes: world.likes.len() as u64,
        follows: world.follows.pairs.len() as u64,
    })
}

/// Vacuums the new rows: the planner gets statistics, and no reader has to mark a million rows as committed.
pub(super) async fn settle(db: &PgPool) -> sqlx::Result<()> {
    let mut connection = db.acquire().await?;
    sqlx::query("set statement_timeout = 0").execute(&mut *connection).await?;
    sqlx::query("vacuum (analyze) users, passwords, profile_counts, posts, post_tags, post_mentions, post_words, likes, follows, notifications")
        .execute(&mut *connection)
        .await?;
    // Its limit is removed, so it does not return to the pool.
    connection.close().await
}

/// Takes `count` ids from the identity of `table` and returns the first. No other transaction can draw one: the table
/// is locked.
async fn first_id(db: &mut PgConnection, table: &str, count: usize) -> sqlx::Result<i64> {
    if count == 0 {
        return Ok(1);
    }
    let first: i64 =
        sqlx::query_scalar("select nextval(pg_get_serial_sequence($1, 'id'))").bind(table).fetch_one(&mut *db).await?;
    sqlx::query("select setval(pg_get_serial_sequence($1, 'id'), $2)")
        .bind(table)
        .bind(first + count as i64 - 1)
        .execute(db)
        .await?;
    Ok(first)
}

async fn users(db: &mut PgConnection, world: &World, ids: &Ids) -> sqlx::Result<()> {
    let statement = "copy users (id, username, display_name, email, bio, role, created_at, name_line, name_words, \
                     name_tokenizer) from stdin (format binary)";
    let mut sheet = Sheet::open(db, statement).await?;
    let mut rng = SeededRng::of("joined");
    // All users joined before the first post, one after another, over about a year.
    let (first, span) = (ids.now - 400 * DAY, 360 * DAY);
    let step = span / (world.people.len() as i64).max(1);
    for (n, Person { username, display_name, bio, role, .. }) in world.people.iter().enumerate() {
        sheet.row(10).int(ids.user(n as u32)).text(username).text(display_name);
        sheet.text(&format!("{username}@kith.example")).text(bio).text(role);
        sheet.at(first + n as i64 * step + rng.below(step as u64) as i64);
        let name = tokenizer::name(&format!("{username} {display_name}"));
        sheet.text(&name.line).lexemes(&name.lexemes).small(TOKENIZER);
        sheet.send_full().await?;
    }
    sheet.finish().await
}

async fn passwords(db: &mut PgConnection, world: &World, ids: &Ids, hash: Option<&str>) -> sqlx::Result<()> {
    let Some(hash) = hash else { return Ok(()) };
    for n in (0..world.people.len()).filter(|n| world.people[*n].cast) {
        sqlx::query("insert into passwords (user_id, hash) values ($1, $2)")
            .bind(ids.user(n as u32))
            .bind(hash)
            .execute(&mut *db)
            .await?;
    }
    Ok(())
}

async fn profile_counts(db: &mut PgConnection, world: &World, ids: &Ids) -> sqlx::Result<()> {
    let mut posts = vec![0_i64; world.people.len()];
    for post in world.posts.iter().filter(|post| post.parent.is_none()) {
        posts[post.author as usize] += 1;
    }
    let statement = "copy profile_counts (user_id, followers, following, posts) from stdin (format binary)";
    let mut sheet = Sheet::open(db, statement).await?;
    for (n, posts) in posts.into_iter().enumerate() {
        let (followers, following) = (world.follows.of(n as u32).len(), world.follows.by(n as u32).len());
        sheet.row(4).int(ids.user(n as u32)).int(followers as i64).int(following as i64).int(posts);
        sheet.send_full().await?;
    }
    sheet.finish().await
}

async fn follows(db: &mut PgConnection, world: &World, ids: &Ids) -> sqlx::Result<()> {
    let statement = "copy follows (follower_id, followee_id, created_at) from stdin (format binary)";
    let mut sheet = Sheet::open(db, statement).await?;
    let mut rng = SeededRng::of("followed");
    for (follower, followee) in &world.follows.pairs {
        let ago = MINUTE + rng.below(38 * DAY as u64) as i64;
        sheet.row(3).int(ids.user(*follower)).int(ids.user(*followee)).at(ids.now - ago);
        sheet.send_full().await?;
    }
    sheet.finish().await
}

async fn posts(db: &mut PgConnection, world: &World, ids: &Ids, moments: &[i64]) -> sqlx::Result<Signs> {
    let statement = "copy posts \
                     (id, author_id, parent_id, body, html, created_at, like_count, reply_count, render_version) \
                     from stdin (format binary)";
    let mut sheet = Sheet::open(db, statement).await?;
    let mut writer = Writer::new();
    let mut signs = Signs::of(world);
    let mut likes_start = 0;
    for (n, (post, moment)) in world.posts.iter().zip(moments).enumerate() {
        sheet.row(9).int(ids.post(n as u32)).int(ids.user(post.author));
        match post.parent {
            Some(parent) => sheet.int(ids.post(parent)),
            None => sheet.null(),
        };
        let body = body(&mut writer, world, n);
        sheet.text(&body).text(&signs.render(n as u32, &body)).at(*moment);
        sheet.int(i64::from(post.likes_end - likes_start)).int(i64::from(post.replies)).small(markup::VERSION);
        likes_start = post.likes_end;
        sheet.send_full().await?;
    }
    sheet.finish().await?;
    Ok(signs)
}

fn body(writer: &mut Writer, world: &World, n: usize) -> String {
    let mut rng = SeededRng::nth("body", n as u64);
    let post = &world.posts[n];
    let voice = world.people[post.author as usize].voice;
    let Some(parent) = post.parent else {
        let friends = world.follows.by(post.author);
        let friend = friends.get(rng.below(friends.len() as u64) as usize);
        let friend = friend.map_or("", |(_, friend)| &world.people[*friend as usize].username);
        return writer.post(&mut rng, post.topic, voice, friend);
    };
    let to = &world.people[world.posts[parent as usize].author as usize].username;
    let write = if post.answer { Writer::answer } else { Writer::reply };
    write(writer, &mut rng, post.topic, voice, to)
}

async fn likes(db: &mut PgConnection, world: &World, ids: &Ids, moments: &[i64]) -> sqlx::Result<()> {
    let mut sheet = Sheet::open(db, "copy likes (post_id, user_id, created_at) from stdin (format binary)").await?;
    let mut rng = SeededRng::of("liked");
    let mut start = 0;
    for (n, (post, moment)) in world.posts.iter().zip(moments).enumerate() {
        // Mostly soon after the post, and never in the future.
        let max_delay = (ids.now - moment).min(3 * DAY);
        for liker in &world.likes[start as usize..post.likes_end as usize] {
            let wait = rng.unit();
            let liked = moment + (wait * wait * wait * max_delay as f64) as i64;
            sheet.row(3).int(ids.post(n as u32)).int(ids.user(*liker)).at(liked);
            sheet.send_full().await?;
        }
        start = post.likes_end;
    }
    sheet.finish().await
}
