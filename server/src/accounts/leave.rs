//! Leaving for good.

use crate::{
    audit::{self, Actor, Event},
    avatars,
    error::{Error, Invalid, Result},
    jobs::{self, Job},
    mailer::{Mail, messages},
    posts,
    request::{Elevated, Request},
    sessions,
};

/// Deletes the account and everything that hangs on it, in one transaction; the audit rows keep only an id. The queue
/// forgets mails that were still on their way.
///
/// [`Error::Invalid`] on `username_again` when it is not the account's own.
pub async fn delete(cx: &Request, me: &Elevated, typed: &str) -> Result<()> {
    if typed.trim().trim_start_matches('@').to_lowercase() != me.person.username {
        return Err(Invalid::one("username_again", "Type your own username to delete the account.").into());
    }
    // So much hangs on a person that no order of locks foresees everything.
    match try_delete(cx, me).await {
        Err(error) if error.is_deadlock() => try_delete(cx, me).await,
        done => done,
    }
}

async fn try_delete(cx: &Request, me: &Elevated) -> Result<()> {
    let mut tx = cx.server.begin().await?;
    sessions::still_elevated(&mut tx, me).await?;
    // Much may hang on it; less than the time an answer has.
    sqlx::query!("set local statement_timeout = '9s'").execute(&mut *tx).await?;
    posts::delete_all_of(&mut tx, me.id()).await?;
    let gone = sqlx::query!("delete from users where id = $1 returning email, avatar", me.id().0)
        .fetch_optional(&mut *tx)
        .await?
        .ok_or(Error::NotFound)?;
    let email = gone.email;
    if let Some(picture) = gone.avatar {
        avatars::release(&mut tx, &picture).await?;
    }
    sqlx::query!(
        "delete from jobs where payload->>'to' = $1 or (kind = 'picture' and payload->'user' = to_jsonb($2::bigint))",
        email,
        me.id().0,
    )
    .execute(&mut *tx)
    .await?;
    let actor = Actor::Person { user: me.id(), device: None, client: cx.client() };
    audit::record(&mut tx, me.id(), actor, &Event::Deleted).await?;
    sqlx::query!(
        r#"
        update audit_events set device_id = null, ip = null, user_agent = '', detail = '{}'
        where user_id = $1
        "#,
        me.id().0,
    )
    .execute(&mut *tx)
    .await?;
    let message = messages::account_deleted(&cx.server.config().origin);
    jobs::enqueue(&mut tx, &Job::Mail(Mail { to: email, message })).await?;
    tx.commit().await?;
    cx.server.wake().ring();
    Ok(())
}
