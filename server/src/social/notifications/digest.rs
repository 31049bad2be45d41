//! Digest mails of unread notifications. A user with notifications to mail has a row in `digests` from the moment of
//! the first. A task in every instance of the server claims the due users one by one, marks their notifications and
//! enqueues the mail, in one transaction each. So a crash mails nothing twice and loses nothing, and a user who cannot
//! be mailed does not delay the others.

use std::time::Duration;

use sqlx::PgConnection;

use super::{NotificationKind, Rhythm};
use crate::{
    Server,
    base::{error::Result, id::UserId, random::Token},
    identity::users::UserSummary,
    jobs::{self, Job},
    social::markup,
};

/// The most users in one round.
const BATCH: usize = 50;
/// The most unread notifications of one user that are marked at once, the newest first; the rest counts for the next
/// mail.
const WAITING: i64 = 1_000;
/// The most notifications in one mail; the mail gives the number of the others.
const MAX_NOTIFICATIONS: usize = 12;
const DIGEST_INTERVAL: Duration = Duration::from_secs(60);

/// Enqueues digests until the process ends.
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
        tokio::time::sleep(DIGEST_INTERVAL).await;
    }
}

/// Claims some of the due users, and enqueues a mail to each who has unread notifications. Returns the number of
/// claimed users.
pub async fn queue_due(server: &Server) -> Result<usize> {
    let mut processed = 0;
    while processed < BATCH {
        let mut tx = server.begin().await?;
        let Some(user) = claim(&mut tx).await? else { break };
        match queue(&mut tx, user).await {
            Ok(()) => tx.commit().await?,
            Err(error) => {
                tracing::warn!(%error, user, "a digest cannot be queued; put off");
                tx.rollback().await?;
                postpone(server, user).await?;
            }
        }
        processed += 1;
    }
    if processed > 0 {
        server.wake().ring();
    }
    Ok(processed)
}

/// Claims the user who is due longest and not locked by another transaction.
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

async fn postpone(server: &Server, user: i64) -> Result<()> {
    sqlx::query!("update digests set due_at = now() + interval '1 hour' where user_id = $1", user)
        .execute(server.db())
        .await?;
    Ok(())
}

async fn queue(tx: &mut PgConnection, user: i64) -> Result<()> {
    let Some((to, told)) = mark(tx, user).await? else { return Ok(()) };
    let more = told.len().saturating_sub(MAX_NOTIFICATIONS);
    let told = told.into_iter().take(MAX_NOTIFICATIONS).collect();
    jobs::enqueue(tx, &Job::Digest { to, user, told, more }).await
}

/// Marks the notifications to mail, the newest first; `None` when there are none. Skips those that another transaction
/// locks: it waits for the row of `digests` that we hold, and inserts it again.
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

/// An item of a digest.
#[derive(Clone, Debug)]
pub struct DigestItem {
    pub kind: NotificationKind,
    /// The latest actor.
    pub who: UserSummary,
    /// The number of actors, the latest included.
    pub count: i64,
    pub post: Option<i64>,
    pub excerpt: String,
}

/// A digest to send, with the current address of the account.
pub(crate) struct Digest {
    pub to: String,
    pub rhythm: Rhythm,
    pub told: Vec<DigestItem>,
}

/// Returns the items of a queued digest that are still unread and wanted. `None` when there is nothing left to mail.
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
            select l.user_id from likes l where l.post_id = n.post_id and is_notified(n.user_id, l.user_id)
            order by l.created_at desc, l.user_id limit 1
        ))
        where n.user_id = $1 and n.id = any ($2) and n.read_at is null and n.withdrawn_at is null
          and r.suspended_at is null and r.digest_rhythm <> 'off' and n.kind = any (r.digest_kinds)
          and (n.actor_id is null or is_notified(n.user_id, n.actor_id))
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
        let who = UserSummary {
            id: UserId(row.id),
            username: row.username,
            display_name: row.display_name,
            avatar: row.avatar,
        };
        Some(DigestItem {
            kind: NotificationKind::parse(&row.kind)?,
            who,
            count: row.count,
            post: row.post_id,
            excerpt: markup::plain(&row.body),
        })
    });
    Ok(Some(Digest { to, rhythm, told: told.collect() }))
}

/// Creates the token of the unsubscribe link when a digest is sent. Earlier tokens stay valid.
pub(crate) async fn arm(db: &mut PgConnection, user: UserId) -> Result<Token> {
    let token = Token::new();
    sqlx::query!("insert into unsubscribe_links (token_hash, user_id) values ($1, $2)", &token.hash()[..], user.0)
        .execute(db)
        .await?;
    Ok(token)
}

/// Turns off the digests of the user who got this link. The link works any number of times. Returns true if the token
/// belongs to a user: tokens cannot be guessed, so this reveals nothing.
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
