//! Mail of what waits unread. Who has something to be mailed stands in `digests` from the moment they were told; a task
//! in every copy of the server claims those who are due, marks what they are mailed of and queues the mail, in one
//! transaction: whatever dies in between, nothing is mailed twice and nothing is lost.

use std::{collections::BTreeMap, time::Duration};

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

/// The most people whose mails are queued by one transaction.
const BATCH: i64 = 50;
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
    let mut tx = server.begin().await?;
    let due = sqlx::query_scalar!(
        r#"
        delete from digests where user_id in (
            select user_id from digests where due_at <= now() order by due_at limit $1 for update skip locked
        )
        returning user_id
        "#,
        BATCH,
    )
    .fetch_all(&mut *tx)
    .await?;
    if due.is_empty() {
        return Ok(0);
    }
    for (user, (to, told)) in mark(&mut tx, &due).await? {
        let more = told.len().saturating_sub(MOST);
        let told = told.into_iter().take(MOST).collect();
        jobs::enqueue(&mut tx, &Job::Digest { to, user, told, more }).await?;
    }
    tx.commit().await?;
    server.wake().ring();
    Ok(due.len())
}

/// Marks what these people are mailed of; by person, with their address, the newest first. What somebody else holds at
/// this moment is left for the next time: they wait for the row of `digests` that is ours, and put it back.
async fn mark(tx: &mut PgConnection, due: &[i64]) -> Result<BTreeMap<i64, (String, Vec<i64>)>> {
    let marked = sqlx::query!(
        r#"
        with held as (
            select n.id from notifications n join users u on u.id = n.user_id
            where n.user_id = any ($1) and n.read_at is null and n.withdrawn_at is null and n.mailed_at is null
              and n.updated_at > now() - interval '30 days' and u.suspended_at is null and u.digest_rhythm <> 'off'
              and n.kind = any (u.digest_kinds)
            for update of n skip locked
        ), marked as (
            update notifications set mailed_at = now() where id in (select id from held)
            returning id, user_id, updated_at
        )
        select m.id, m.user_id, u.email from marked m join users u on u.id = m.user_id
        order by m.user_id, m.updated_at desc, m.id desc
        "#,
        due,
    )
    .fetch_all(tx)
    .await?;
    let mut people = BTreeMap::new();
    for row in marked {
        people.entry(row.user_id).or_insert_with(|| (row.email, Vec::new())).1.push(row.id);
    }
    Ok(people)
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
        select r.email, r.digest_rhythm, n.kind, n.post_id, coalesce(left(p.body, 400), '') as "body!",
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

/// Ends the digests of whom a link was mailed to. Whoever holds it may, as often as they like, and is told nothing: a
/// token that is nobody's is answered alike.
pub async fn unsubscribe(server: &Server, token: &Token) -> Result<()> {
    sqlx::query!(
        r#"
        with holder as (
            update users u set digest_rhythm = 'off' from unsubscribe_links l
            where l.token_hash = $1 and l.expires_at > now() and u.id = l.user_id
            returning u.id
        )
        delete from digests where user_id in (select id from holder)
        "#,
        &token.hash()[..],
    )
    .execute(server.db())
    .await?;
    Ok(())
}
