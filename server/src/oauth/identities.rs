//! Accounts elsewhere that belong to accounts here: seeing, linking and unlinking them.

use sqlx::PgConnection;
use time::OffsetDateTime;

use super::{decide::Sorry, providers::Said, returns::label};
use crate::{
    accounts::ways_in,
    audit::{self, Actor, Event},
    avatars,
    config::providers::Slug,
    error::{Error, Result},
    id::UserId,
    jobs,
    mailer::{Mail, messages},
    request::{Elevated, Member, Request},
    search, sessions,
};

/// One of them, as its person sees it.
#[derive(Clone, Debug)]
pub struct Identity {
    /// As in the settings; it may have left them since.
    pub provider: String,
    pub label: String,
    /// What they were called there when they last came with it.
    pub login: String,
    pub linked_at: OffsetDateTime,
    pub last_used_at: OffsetDateTime,
}

/// All of one's own, the oldest first.
pub async fn list(cx: &Request, me: &Member) -> Result<Vec<Identity>> {
    let rows = sqlx::query!(
        "select provider, login, linked_at, last_used_at from identities where user_id = $1 order by id",
        me.id().0,
    )
    .fetch_all(cx.server.db())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Identity {
            label: row.provider.parse().map_or_else(|()| row.provider.clone(), |slug| label(cx, slug)),
            provider: row.provider,
            login: row.login,
            linked_at: row.linked_at,
            last_used_at: row.last_used_at,
        })
        .collect())
}

/// Whose an identity is.
pub(super) async fn owner(db: &mut PgConnection, said: &Said) -> Result<Option<UserId>> {
    let owner = sqlx::query_scalar!(
        "select user_id from identities where issuer = $1 and subject = $2",
        said.issuer,
        said.subject
    )
    .fetch_optional(db)
    .await?;
    Ok(owner.map(UserId))
}

/// Whether somebody has one at a provider.
pub(super) async fn has(db: &mut PgConnection, user: UserId, provider: Slug) -> Result<bool> {
    Ok(sqlx::query_scalar!(
        r#"select exists (select 1 from identities where user_id = $1 and provider = $2) as "has!""#,
        user.0,
        provider.as_str(),
    )
    .fetch_one(db)
    .await?)
}

/// Notes that an identity was used for what this transaction allows, and what it is called now, if the provider says so.
/// [`Error::NotFound`] when it was unlinked, or its account suspended, meanwhile.
pub(super) async fn used(tx: &mut PgConnection, user: UserId, said: &Said) -> Result<()> {
    // Holds the account, so that it cannot be suspended or lose the identity between here and the commit.
    sqlx::query!("select 1 as one from users where id = $1 and suspended_at is null for update", user.0)
        .fetch_optional(&mut *tx)
        .await?
        .ok_or(Error::NotFound)?;
    let used = sqlx::query!(
        r#"
        update identities set login = coalesce(nullif($4, ''), login), last_used_at = now()
        where issuer = $1 and subject = $2 and user_id = $3
        "#,
        said.issuer,
        said.subject,
        user.0,
        said.login,
    )
    .execute(tx)
    .await?;
    if used.rows_affected() == 1 { Ok(()) } else { Err(Error::NotFound) }
}

/// Writes an identity down as somebody's. The database decides between several at once; after a refusal the transaction
/// can only be rolled back.
pub(super) async fn insert(tx: &mut PgConnection, user: UserId, said: &Said) -> Result<Result<(), Sorry>> {
    let inserted = sqlx::query!(
        "insert into identities (user_id, provider, issuer, subject, login) values ($1, $2, $3, $4, $5)",
        user.0,
        said.provider.as_str(),
        said.issuer,
        said.subject,
        said.login,
    )
    .execute(tx)
    .await;
    let Err(error) = inserted else { return Ok(Ok(())) };
    match error.as_database_error().and_then(|refusal| refusal.constraint()) {
        Some("identities_subject_key") => Ok(Err(Sorry::LinkedElsewhere)),
        Some("identities_provider_key") => Ok(Err(Sorry::HasAnother)),
        _ => Err(error.into()),
    }
}

/// Links an identity to one's own account; the person is told by mail.
pub(super) async fn link(cx: &Request, me: &Elevated, said: &Said) -> Result<Result<(), Sorry>> {
    let mut tx = cx.server.begin().await?;
    match sessions::still_elevated(&mut tx, me).await {
        Err(Error::SignInNeeded | Error::ElevationNeeded) => return Ok(Err(Sorry::SessionGone)),
        held => held?,
    }
    if let Err(why) = insert(&mut tx, me.id(), said).await? {
        return Ok(Err(why));
    }
    let actor = Actor::Person { user: me.id(), device: Some(me.device), client: cx.client() };
    tell_linked(&mut tx, cx, (me.id(), said), actor).await?;
    tx.commit().await?;
    cx.server.wake().ring();
    Ok(Ok(()))
}

/// The audit row and the mail about an identity that was linked.
pub(super) async fn tell_linked(
    tx: &mut PgConnection,
    cx: &Request,
    (user, said): (UserId, &Said),
    actor: Actor<'_>,
) -> Result<()> {
    let (label, login) = (label(cx, said.provider), said.login.clone());
    let to = sqlx::query_scalar!("select email from users where id = $1", user.0).fetch_one(&mut *tx).await?;
    let message = messages::identity_linked(&cx.server.config().origin, &label, &login);
    audit::record(tx, user, actor, &Event::IdentityLinked { label, login }).await?;
    jobs::notify(tx, user, Mail { to, message }).await
}

/// Unlinks one's identity at a provider. It may be in other hands: who came in with it is signed out, this browser aside.
///
/// [`Error::NotFound`] when there is none; [`Error::Invalid`] when it is the last way in.
pub async fn unlink(cx: &Request, me: &Elevated, provider: &str) -> Result<()> {
    let mut tx = cx.server.begin().await?;
    // Holds the account: two that would each leave one way in must not leave none.
    sessions::still_elevated(&mut tx, me).await?;
    let to = sqlx::query_scalar!("select email from users where id = $1", me.id().0).fetch_one(&mut *tx).await?;
    let login = sqlx::query_scalar!(
        "delete from identities where user_id = $1 and provider = $2 returning login",
        me.id().0,
        provider,
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or(Error::NotFound)?;
    ways_in::keep_one((&mut tx, &cx.server), me.id()).await?;
    sessions::end_by(&mut tx, me, &sessions::via(provider)).await?;
    let label = provider.parse().map_or_else(|()| provider.to_owned(), |slug| label(cx, slug));
    let actor = Actor::Person { user: me.id(), device: Some(me.device), client: cx.client() };
    let message = messages::identity_unlinked(&cx.server.config().origin, &label, &login);
    audit::record(&mut tx, me.id(), actor, &Event::IdentityUnlinked { label, login }).await?;
    jobs::notify(&mut tx, me.id(), Mail { to, message }).await?;
    tx.commit().await?;
    cx.server.wake().ring();
    Ok(())
}

/// Takes over the name and the picture somebody has at the provider now.
pub(super) async fn refresh(cx: &Request, me: &Member, said: &Said) -> Result<()> {
    let mut tx = sessions::begin(cx, me).await?;
    used(&mut tx, me.id(), said).await?;
    sqlx::query!(
        "update users set display_name = coalesce(nullif($2, ''), display_name) where id = $1",
        me.id().0,
        said.name,
    )
    .execute(&mut *tx)
    .await?;
    search::index_name(&mut tx, me.id()).await?;
    if let Some(url) = &said.picture {
        avatars::wish(&mut tx, me.id(), url).await?;
    }
    tx.commit().await?;
    cx.server.wake().ring();
    Ok(())
}
