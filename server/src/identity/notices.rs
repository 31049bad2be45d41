//! Notices of changes to an account. The first is mailed at once. Further ones within minutes are collected and sent in
//! one mail, so that an attacker cannot bury the important one under many others.

use serde_json::json;
use sqlx::PgConnection;

use crate::{
    base::{error::Result, id::UserId},
    jobs::{Job, enqueue, enqueue_in},
    mailer::Mail,
};

/// The time during which further notices are collected, in minutes.
const GATHER_MINUTES: i32 = 5;

/// Enqueues the notice of a change, inside its transaction and after its audit row. The caller locks the user's row, so
/// of two concurrent changes the second finds the row of the first.
pub(crate) async fn notify(tx: &mut PgConnection, user: UserId, mail: Mail) -> Result<()> {
    // Rows of this transaction have the time now(); others may be younger, if this one had to wait for the user's row.
    let told = sqlx::query_scalar!(
        r#"
        select exists (
            select from audit_events
            where user_id = $1 and at <> now() and at > now() - make_interval(mins => $2) and kind in
                ('password_changed', 'password_removed', 'password_reset', 'identity_linked', 'identity_unlinked')
        ) as "told!"
        "#,
        user.0,
        GATHER_MINUTES,
    )
    .fetch_one(&mut *tx)
    .await?;
    if !told {
        return enqueue(tx, &Job::Mail(mail)).await;
    }
    let added = sqlx::query!(
        r#"
        update jobs set payload = jsonb_set(payload, '{subjects}', payload->'subjects' || $2) where id = (
            select id from jobs where kind = 'notices' and payload->>'to' = $1 and attempts = 0 and dead_at is null
            order by id limit 1 for update skip locked
        )
        "#,
        mail.to,
        json!([mail.message.subject]),
    )
    .execute(&mut *tx)
    .await?;
    if added.rows_affected() == 1 {
        return Ok(());
    }
    enqueue_in(tx, &Job::Notices { to: mail.to, subjects: vec![mail.message.subject] }, GATHER_MINUTES).await
}
