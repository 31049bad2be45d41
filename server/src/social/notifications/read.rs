//! Marks notifications as read. Only a form does this: viewing a page changes nothing.

use crate::{
    base::{
        error::{Error, Result},
        time_cursor::TimeCursor,
    },
    identity::sessions::{
        self,
        request::{Member, Request},
    },
};

/// The most rows that one statement marks.
const BATCH: i64 = 5_000;

/// Marks the user's notification as read. Idempotent; also succeeds for one that was just withdrawn.
/// [`Error::NotFound`] when it is not the user's own.
pub async fn read(cx: &Request, me: &Member, id: i64) -> Result<()> {
    let mut tx = sessions::begin(cx, me).await?;
    let done = sqlx::query!(
        r#"
        update notifications set read_at = coalesce(read_at, now()),
            expires_at = case when read_at is null then least(expires_at, now() + interval '90 days') else expires_at end
        where id = $1 and user_id = $2
        "#,
        id,
        me.id().0,
    )
    .execute(&mut *tx)
    .await?;
    if done.rows_affected() == 0 { Err(Error::NotFound) } else { tx.commit().await }
}

/// Marks the user's notifications as read up to `until`, the newest that the user has seen; later ones stay unread. In
/// batches, each in the order of ids, the common lock order (docs/decisions/0003).
pub async fn read_all(cx: &Request, me: &Member, until: TimeCursor) -> Result<()> {
    loop {
        let mut tx = sessions::begin(cx, me).await?;
        let done = sqlx::query!(
            r#"
            with held as materialized (
                select id from notifications
                where user_id = $1 and read_at is null and withdrawn_at is null and (updated_at, id) <= ($2, $3)
                order by id limit $4 for no key update
            )
            update notifications set read_at = now(), expires_at = least(expires_at, now() + interval '90 days')
            where id in (select id from held)
            "#,
            me.id().0,
            until.at,
            until.id,
            BATCH,
        )
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        if done.rows_affected() < BATCH as u64 {
            return Ok(());
        }
    }
}
