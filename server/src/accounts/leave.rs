//! Leaving for good.

use sqlx::PgConnection;

use super::{decide, reserve};
use crate::{
    audit::{self, Actor, Event},
    avatars,
    error::{Error, Invalid, Result},
    id::UserId,
    input,
    jobs::{self, Job},
    mailer::{Mail, messages},
    posts,
    request::{Elevated, Request},
    sessions,
};

/// Deletes the account and everything that hangs on it, in one transaction; the audit rows keep only an id. The queue
/// forgets mails that were still on their way. The username stays reserved for 30 days, so that nobody else is found under
/// it at once; what others wrote names them no longer once the sweeper has rendered it again.
///
/// [`Error::Invalid`] on `username_again` when it is not the account's own.
pub async fn delete(cx: &Request, me: &Elevated, typed: &str) -> Result<()> {
    if input::identifier(typed).trim_start_matches('@').to_lowercase() != me.person.username {
        return Err(not_ones_own());
    }
    // So much hangs on a person that no order of locks foresees everything.
    match try_delete(cx, me).await {
        Err(error) if error.is_deadlock() => try_delete(cx, me).await,
        done => done,
    }
}

fn not_ones_own() -> Error {
    Invalid::one("username_again", "Type your own username to delete the account.").into()
}

async fn try_delete(cx: &Request, me: &Elevated) -> Result<()> {
    let mut tx = cx.server.begin().await?;
    let username = &me.person.username;
    decide(&mut tx, username).await?;
    sessions::still_elevated(&mut tx, me).await?;
    // Much may hang on it; less than the time an answer has.
    sqlx::query!("set local statement_timeout = '9s'").execute(&mut *tx).await?;
    posts::delete_all_of(&mut tx, me.id()).await?;
    forget_mail(&mut tx, me.id()).await?;
    let gone = sqlx::query!("delete from users where id = $1 returning email, avatar, username", me.id().0)
        .fetch_optional(&mut *tx)
        .await?
        .ok_or(Error::NotFound)?;
    // Another name was taken in another browser, at this very moment.
    if gone.username != *username {
        return Err(not_ones_own());
    }
    reserve(&mut tx, username, me.id()).await?;
    let email = gone.email;
    if let Some(picture) = gone.avatar {
        avatars::release(&mut tx, &picture).await?;
    }
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

/// Drops what waits to be done for somebody: mails to their address, and to those that were theirs before or were to be;
/// mails with a link of theirs; the copy of a picture. Not what goes to an address that is somebody else's by now, and
/// of one that was only wished for no more than the mail about that.
async fn forget_mail(tx: &mut PgConnection, user: UserId) -> Result<()> {
    sqlx::query!(
        r#"
        delete from jobs j where
            j.payload->>'to' in (
                select email from users where id = $1
                union select l.email from links l where l.user_id = $1
                    and not exists (select 1 from users u where lower(u.email) = lower(l.email) and u.id <> $1)
            )
            or (j.payload->>'to', j.created_at) in (select c.email, c.created_at from codes c where c.user_id = $1)
            or j.payload->'link' in (select to_jsonb(l.id) from links l where l.user_id = $1)
            or (j.kind = 'picture' and j.payload->'user' = to_jsonb($1))
        "#,
        user.0,
    )
    .execute(tx)
    .await?;
    Ok(())
}
