//! Elevation: proves the user's identity again before a dangerous change. It counts for ten minutes, in this browser.

use secrecy::SecretString;
use sqlx::PgConnection;

use super::{
    asking,
    code::{self, CodePurpose, Recipient},
    password::{self, Verdict},
};
use crate::{
    base::{
        error::{Error, Invalid, Result},
        fair_queue::QueueKey,
        random::Token,
    },
    identity::{
        audit::{self, Actor, Event},
        mails,
        sessions::{
            self,
            request::{Member, Request},
        },
        users,
    },
    limits,
};

/// Elevates this browser's session by the password.
///
/// [`crate::Error::Invalid`] on `current_password` when it is wrong, [`crate::Error::Limited`] after too many of those.
pub async fn with_password(cx: &Request, me: &Member, password: &SecretString) -> Result<()> {
    take(cx, me).await?;
    let stored = sqlx::query_scalar!("select hash from passwords where user_id = $1", me.id().0)
        .fetch_optional(cx.server.db())
        .await?;
    let verdict =
        match password::verify(&cx.server, QueueKey::new(cx.client(), me.queue_account()), password, stored).await {
            Ok(verdict) => verdict,
            Err(error) => {
                give_back(cx, me).await;
                return Err(error);
            }
        };
    if verdict == Verdict::Wrong {
        return Err(Invalid::one("current_password", "That isn't your password. Please try again.").into());
    }
    clear(cx, me).await?;
    renew(cx, me, "password", async |_| Ok(())).await
}

/// Mails a code to the user's own address. The returned token is for the browser.
///
/// [`crate::Error::Limited`] for too many mails.
pub async fn request_code(cx: &Request, me: &Member) -> Result<Token> {
    let email = users::account(cx.server.db(), me.id()).await?.email;
    asking::count_own(cx, me).await?;
    let origin = &cx.server.config().origin;
    let to = Recipient { user: Some(me.id()), email: &email, shown: &email };
    let mut tx = sessions::begin(cx, me).await?;
    let flow = code::issue((&mut *tx, &cx.server), CodePurpose::Elevate, &to, true, |digits| {
        mails::elevate_code(origin, digits)
    })
    .await?;
    tx.commit().await?;
    cx.server.wake().ring();
    Ok(flow)
}

/// Elevates this browser's session by the code from the mail.
///
/// [`crate::Error::Invalid`] on `code`; [`crate::Error::NotFound`] when this browser has no pending code of this user.
pub async fn with_code(cx: &Request, me: &Member, typed: &str) -> Result<()> {
    take(cx, me).await?;
    let right = code::try_code(cx, CodePurpose::Elevate, typed).await?;
    if right.user != me.id() {
        return Err(Error::NotFound);
    }
    clear(cx, me).await?;
    renew(cx, me, "code", async |tx| code::use_up(tx, right.id).await).await
}

/// Counts a try before it is evaluated: per session, so that a stolen session does not use up the tries of the owner's
/// sessions, and for the user in total.
async fn take(cx: &Request, me: &Member) -> Result<()> {
    limits::take(cx.server.db(), limits::ELEVATE_DEVICE, me.device).await?;
    limits::take(cx.server.db(), limits::ELEVATE_ALL, me.device).await?;
    limits::take(cx.server.db(), limits::ELEVATE_USER, me.id()).await
}

/// Takes the try back because it was not evaluated.
async fn give_back(cx: &Request, me: &Member) {
    limits::give_back_later(cx.server.db(), limits::ELEVATE_DEVICE, me.device.to_string()).await;
    limits::give_back_later(cx.server.db(), limits::ELEVATE_ALL, me.device.to_string()).await;
    limits::give_back_later(cx.server.db(), limits::ELEVATE_USER, me.id().to_string()).await;
}

/// Clears the failures of this session after a success. The total of tries stays counted, and so do the failures of
/// other sessions.
async fn clear(cx: &Request, me: &Member) -> Result<()> {
    limits::clear(cx.server.db(), limits::ELEVATE_DEVICE, me.device).await
}

/// Moves the session to a new id and elevates it. `action` runs in the same transaction.
pub(crate) async fn renew(
    cx: &Request,
    me: &Member,
    how: &'static str,
    action: impl AsyncFnOnce(&mut PgConnection) -> Result<()>,
) -> Result<()> {
    let remember = sessions::is_remembered(&mut *cx.server.db().acquire().await?, me).await?;
    let session = sessions::open(cx, remember).await?;
    let mut tx = cx.server.begin().await?;
    users::lock(&mut tx, me.id()).await?;
    action(&mut tx).await?;
    sessions::renew(&mut tx, cx, me, &session).await?;
    let actor = Actor::of(cx, me);
    audit::record(&mut tx, me.id(), actor, &Event::Elevated { how }).await?;
    tx.commit().await?;
    Ok(())
}
