//! Account deletion, permanent.

use sqlx::PgConnection;

use crate::{
    base::{
        error::{Error, Invalid, Result},
        id::UserId,
        input,
    },
    identity::{
        audit::{self, Actor, Event},
        avatars, mails,
        sessions::{
            self,
            request::{Elevated, Request},
        },
        users::{lock_username, reserve_username},
    },
    jobs::{self, Job},
    mailer::Mail,
};

/// Deletes the account. One short transaction revokes its sessions, erases its secrets and personal details and hides
/// it everywhere, in the way a suspended account is hidden; nothing can bring it back. The job queue then deletes the
/// rest in small transactions (see [`super::deletion_job`]). The address is free at once. The username stays reserved
/// for 30 days.
///
/// [`Error::Invalid`] on `username_again` when it is not the user's own username.
pub async fn delete(cx: &Request, me: &Elevated, typed: &str) -> Result<()> {
    if input::identifier(typed).trim_start_matches('@').to_lowercase() != me.person.username {
        return Err(username_mismatch());
    }
    let username = &me.person.username;
    let mut tx = cx.server.begin().await?;
    lock_username(&mut tx, username).await?;
    sessions::lock_elevated(&mut tx, me).await?;
    let account = sqlx::query!("select email, avatar, username from users where id = $1", me.id().0)
        .fetch_optional(&mut *tx)
        .await?
        .ok_or(Error::NotFound)?;
    // The username was changed in another browser at the same moment.
    if account.username != *username {
        return Err(username_mismatch());
    }
    delete_queued_mail(&mut tx, me.id()).await?;
    hide(&mut tx, me.id()).await?;
    erase_secrets(&mut tx, me.id()).await?;
    reserve_username(&mut tx, username, me.id()).await?;
    if let Some(picture) = account.avatar {
        avatars::release(&mut tx, &picture).await?;
    }
    let actor = Actor::Person { user: me.id(), device: None, client: cx.client() };
    audit::record(&mut tx, me.id(), actor, &Event::Deleted).await?;
    let message = mails::account_deleted(&cx.server.config().origin);
    jobs::enqueue(&mut tx, &Job::Mail(Mail { to: account.email, message })).await?;
    jobs::enqueue(&mut tx, &Job::DeleteAccount { user: me.id().0 }).await?;
    tx.commit().await?;
    cx.server.wake().ring();
    Ok(())
}

fn username_mismatch() -> Error {
    Invalid::one("username_again", "Type your own username to delete the account.").into()
}

/// Hides the account permanently: it is suspended, has no personal details, and its name and address are placeholders
/// that no user can type.
async fn hide(tx: &mut PgConnection, user: UserId) -> Result<()> {
    sqlx::query!(
        r#"
        update users set deleted_at = now(), suspended_at = now(), suspended_until = null, suspended_reason = null,
            username = '~' || id, email = '~' || id, display_name = '', bio = '', bio_html = null, pronouns = '', place = '',
            links = '{}', avatar = null, role = 'member', digest_rhythm = 'off'
        where id = $1
        "#,
        user.0,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Deletes every way to sign in and everything that identifies the user. These are few rows, however large the account.
async fn erase_secrets(tx: &mut PgConnection, user: UserId) -> Result<()> {
    for statement in [
        sqlx::query!("delete from sessions where user_id = $1", user.0),
        sqlx::query!("delete from passwords where user_id = $1", user.0),
        sqlx::query!("delete from identities where user_id = $1", user.0),
        sqlx::query!("delete from known_browsers where user_id = $1", user.0),
        sqlx::query!("delete from email_codes where user_id = $1", user.0),
        sqlx::query!("delete from email_links where user_id = $1", user.0),
        sqlx::query!("delete from authorization_requests where user_id = $1", user.0),
        sqlx::query!("delete from unsubscribe_links where user_id = $1", user.0),
        sqlx::query!("delete from digests where user_id = $1", user.0),
        sqlx::query!("delete from bio_mentions where owner_id = $1", user.0),
    ] {
        statement.execute(&mut *tx).await?;
    }
    Ok(())
}

/// Deletes the pending jobs of the user: mails to their address, to their former addresses and to addresses they asked
/// for; mails with one of their links; the copy of a picture. Keeps mails to an address that another user has by now.
/// For an address the user only asked for, deletes only the mail about that request.
async fn delete_queued_mail(tx: &mut PgConnection, user: UserId) -> Result<()> {
    sqlx::query!(
        r#"
        delete from jobs j where
            j.payload->>'to' in (
                select email from users where id = $1
                union select l.email from email_links l where l.user_id = $1
                    and not exists (select 1 from users u where lower(u.email) = lower(l.email) and u.id <> $1)
            )
            or (j.payload->>'to', j.created_at) in (select c.email, c.created_at from email_codes c where c.user_id = $1)
            or j.payload->'link' in (select to_jsonb(l.id) from email_links l where l.user_id = $1)
            or (j.kind = 'picture' and j.payload->'user' = to_jsonb($1))
        "#,
        user.0,
    )
    .execute(tx)
    .await?;
    Ok(())
}
