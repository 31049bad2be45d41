//! Mail of what waits unread. Who has something to be mailed stands in `digests` from the moment they were told; a task
//! in every copy of the server claims those who are due one by one, marks what they are mailed of and queues the mail, in
//! one transaction each: whatever dies in between, nothing is mailed twice and nothing is lost, and who cannot be mailed
//! keeps nobody else waiting.

use std::time::Duration;

use sqlx::PgConnection;

use super::{Kind, Rhythm};
use crate::{
    Server,
    error::Result,
    id::UserId,
    jobs::{self, Job},
    markup,
    profiles::Author,
    random::Token,
};

/// The most people who are taken in one go.
const BATCH: usize = 50;
/// The most of what waits for one person that is marked at once, the newest first; the rest counts for the next mail.
const WAITING: i64 = 1_000;
/// The most things one mail tells of; it says how many more there are.
const MOST: usize = 12;
const PAUSE: Duration = Duration::from_secs(60);

/// Queues digests until the process ends.
pub async fn run(server: Server) {
    loop {
        match queue_due(&server).await {
            Ok(0) => {}
            Ok(people) => {
                tracing::debug!(people, "digests are due");
                continue;
            }
            Err(error) => tracing::warn!(%error, "digests cannot be queued; trying again"),
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Takes some of those who are due, and queues a mail to each who has something unread. Returns how many were taken.
pub async fn queue_due(server: &Server) -> Result<usize> {
    let mut taken = 0;
    while taken < BATCH {
        let mut tx = server.begin().await?;
        let Some(user) = claim(&mut tx).await? else { break };
        match queue(&mut tx, user).await {
            Ok(()) => tx.commit().await?,
            Err(error) => {
                tracing::warn!(%error, user, "a digest cannot be queued; put off");
                tx.rollback().await?;
                put_off(server, user).await?;
            }
        }
        taken += 1;
    }
    if taken > 0 {
        server.wake().ring();
    }
    Ok(taken)
}

/// Whoever is due longest and is not in somebody else's hands.
async fn claim(tx: &mut PgConnection) -> Result<Option<i64>> {
    let user = sqlx::query_scalar!(
        r#"
        delete from digests where user_id = (
            select user_id from digests where due_at <= now() order by due_at limit 1 for update skip locked
        )
        returning user_id
        "#
    )
    .fetch_optional(tx)
    .await?;
    Ok(user)
}

async fn put_off(server: &Server, user: i64) -> Result<()> {
    sqlx::query!("update digests set due_at = now() + interval '1 hour' where user_id = $1", user)
        .execute(server.db())
        .await?;
    Ok(())
}

async fn queue(tx: &mut PgConnection, user: i64) -> Result<()> {
    let Some((to, told)) = mark(tx, user).await? else { return Ok(()) };
    let more = told.len().saturating_sub(MOST);
    let told = told.into_iter().take(MOST).collect();
    jobs::enqueue(tx, &Job::Digest { to, user, told, more }).await
}

/// Marks what somebody is mailed of, the newest first; none when nothing waits. What somebody else holds at this moment
/// is left for the next time: they wait for the row of `digests` that is ours, and put it back.
async fn mark(tx: &mut PgConnection, user: i64) -> Result<Option<(String, Vec<i64>)>> {
    let marked = sqlx::query!(
        r#"
        with held as materialized (
            select n.id from notifications n join users u on u.id = n.user_id
            where n.user_id = $1 and n.read_at is null and n.withdrawn_at is null and n.mailed_at is null
              and n.updated_at > now() - interval '30 days' and u.suspended_at is null and u.digest_rhythm <> 'off'
              and n.kind = any (u.digest_kinds)
            order by n.updated_at desc, n.id desc limit $2
            for update of n skip locked
        ), marked as (
            update notifications set mailed_at = now() where id in (select id from held)
            returning id, user_id, updated_at
        )
        select m.id, u.email from marked m join users u on u.id = m.user_id order by m.updated_at desc, m.id desc
        "#,
        user,
        WAITING,
    )
    .fetch_all(tx)
    .await?;
    let to = marked.first().map(|row| row.email.clone());
    Ok(to.map(|to| (to, marked.into_iter().map(|row| row.id).collect())))
}

/// One thing a digest tells of.
#[derive(Clone, Debug)]
pub struct Told {
    pub kind: Kind,
    /// The latest who did it.
    pub who: Author,
    /// How many did, with them.
    pub count: i64,
    pub post: Option<i64>,
    pub excerpt: String,
}

/// A digest as it goes out: to the address the account has now.
pub(crate) struct Digest {
    pub to: String,
    pub rhythm: Rhythm,
    pub told: Vec<Told>,
}

/// What of a queued digest is still unread and wanted. None when there is nothing left to mail.
pub(crate) async fn to_mail(db: &mut PgConnection, user: UserId, told: &[i64]) -> Result<Option<Digest>> {
    let rows = sqlx::query!(
        r#"
        select r.email, r.digest_rhythm, n.kind, n.post_id, coalesce(p.body, '') as "body!",
               case n.kind when 'like' then p.like_count - (
                   select count(*) from likes l where l.post_id = n.post_id and l.user_id = n.user_id
               ) else 1 end as "count!",
               u.id, u.username, u.display_name, u.avatar
        from notifications n
        join users r on r.id = n.user_id
        left join posts p on p.id = n.post_id
        join users u on u.id = coalesce(n.actor_id, (
            select l.user_id from likes l where l.post_id = n.post_id and is_told(n.user_id, l.user_id)
            order by l.created_at desc, l.user_id limit 1
        ))
        where n.user_id = $1 and n.id = any ($2) and n.read_at is null and n.withdrawn_at is null
          and r.suspended_at is null and r.digest_rhythm <> 'off' and n.kind = any (r.digest_kinds)
          and (n.actor_id is null or is_told(n.user_id, n.actor_id))
        order by n.updated_at desc, n.id desc
        "#,
        user.0,
        told,
    )
    .fetch_all(db)
    .await?;
    let Some(first) = rows.first() else { return Ok(None) };
    let (to, rhythm) = (first.email.clone(), Rhythm::parse(&first.digest_rhythm).unwrap_or(Rhythm::Off));
    let told = rows.into_iter().filter_map(|row| {
        let who =
            Author { id: UserId(row.id), username: row.username, display_name: row.display_name, avatar: row.avatar };
        Some(Told {
            kind: Kind::parse(&row.kind)?,
            who,
            count: row.count,
            post: row.post_id,
            excerpt: markup::plain(&row.body),
        })
    });
    Ok(Some(Digest { to, rhythm, told: told.collect() }))
}

/// Makes the token of the link that ends somebody's digests, as one goes out. Those of earlier ones go on working.
pub(crate) async fn arm(db: &mut PgConnection, user: UserId) -> Result<Token> {
    let token = Token::new();
    sqlx::query!("insert into unsubscribe_links (token_hash, user_id) values ($1, $2)", &token.hash()[..], user.0)
        .execute(db)
        .await?;
    Ok(token)
}

/// Ends the digests of whom a link was mailed to. Whoever holds it may, as often as they like. Whether it was anybody's:
/// a token is not to be guessed, so that tells nobody anything.
pub async fn unsubscribe(server: &Server, token: &Token) -> Result<bool> {
    let ended = sqlx::query_scalar!(
        r#"
        with holder as (
            update users u set digest_rhythm = 'off' from unsubscribe_links l
            where l.token_hash = $1 and l.expires_at > now() and u.id = l.user_id
            returning u.id
        ), ended as (
            delete from digests where user_id in (select id from holder)
        )
        select exists (select from holder) as "ended!"
        "#,
        &token.hash()[..],
    )
    .fetch_one(server.db())
    .await?;
    Ok(ended)
}
