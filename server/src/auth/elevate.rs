//! Proving again who one is, before a dangerous change. The proof counts for ten minutes, in this browser.

use secrecy::SecretString;

use super::password::{self, Verdict};
use crate::{
    audit::{self, Actor, Event},
    error::{Invalid, Result},
    limits,
    request::{Member, Request},
    sessions,
};

/// Elevates this browser's session, by the password.
///
/// [`crate::Error::Invalid`] on `current_password` when it is wrong, [`crate::Error::Limited`] after too many of those.
pub async fn with_password(cx: &Request, me: &Member, password: &SecretString) -> Result<()> {
    limits::take(&cx.server, limits::ELEVATE, me.id()).await?;
    let stored = sqlx::query_scalar!("select hash from passwords where user_id = $1", me.id().0)
        .fetch_optional(cx.server.db())
        .await?;
    if password::verify(&cx.server, password, stored).await? == Verdict::Wrong {
        return Err(Invalid::one("current_password", "That isn't your password. Please try again.").into());
    }
    limits::clear(&cx.server, limits::ELEVATE, me.id()).await?;
    let remember = sessions::is_remembered(&mut *cx.server.db().acquire().await?, me).await?;
    let session = sessions::open(cx, remember).await?;
    let mut tx = cx.server.begin().await?;
    sessions::renew(&mut tx, me, &session).await?;
    let actor = Actor::Person { user: me.id(), device: Some(me.device), client: cx.client() };
    audit::record(&mut tx, me.id(), actor, &Event::Elevated { how: "password" }).await?;
    tx.commit().await?;
    Ok(())
}
