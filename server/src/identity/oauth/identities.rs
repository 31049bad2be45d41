//! Identities: provider accounts linked to users. Lists, links and unlinks them.

use sqlx::PgConnection;
use time::OffsetDateTime;

use super::{decide::OAuthRefusal, protocol::ProviderAccount};
use crate::{
    base::{
        error::{Error, Result},
        id::UserId,
    },
    config::providers::Slug,
    identity::{
        audit::{self, Actor, Event},
        avatars, mails, notices,
        sessions::{
            self,
            request::{Elevated, Member, Request},
        },
        sign_in_methods, users,
    },
    mailer::Mail,
};

/// An identity, for display to its user.
#[derive(Clone, Debug)]
pub struct Identity {
    /// As in the settings; the provider may have been removed from them since.
    pub provider: String,
    pub label: String,
    /// The login name at the last sign-in.
    pub login: String,
    pub linked_at: OffsetDateTime,
    pub last_used_at: OffsetDateTime,
}

/// Returns the user's identities, the oldest first.
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
            label: row
                .provider
                .parse()
                .map_or_else(|()| row.provider.clone(), |slug| cx.server.providers().label(slug)),
            provider: row.provider,
            login: row.login,
            linked_at: row.linked_at,
            last_used_at: row.last_used_at,
        })
        .collect())
}

/// Returns the user this identity is linked to, or `None`.
pub(super) async fn owner(db: &mut PgConnection, account: &ProviderAccount) -> Result<Option<UserId>> {
    let owner = sqlx::query_scalar!(
        "select user_id from identities where issuer = $1 and subject = $2",
        account.issuer,
        account.subject
    )
    .fetch_optional(db)
    .await?;
    Ok(owner.map(UserId))
}

/// Returns true if the user has an identity at a provider.
pub(super) async fn has(db: &mut PgConnection, user: UserId, provider: Slug) -> Result<bool> {
    Ok(sqlx::query_scalar!(
        r#"select exists (select 1 from identities where user_id = $1 and provider = $2) as "has!""#,
        user.0,
        provider.as_str(),
    )
    .fetch_one(db)
    .await?)
}

/// Records that an identity was used for this transaction, and its current login name, if the provider gives one.
/// [`Error::NotFound`] when it was unlinked, or its account suspended, in the meantime.
pub(super) async fn used(tx: &mut PgConnection, user: UserId, account: &ProviderAccount) -> Result<()> {
    // Locks the account, so that it cannot be suspended or lose the identity before the commit.
    sqlx::query!("select 1 as one from users where id = $1 and suspended_at is null for update", user.0)
        .fetch_optional(&mut *tx)
        .await?
        .ok_or(Error::NotFound)?;
    let used = sqlx::query!(
        r#"
        update identities set login = coalesce(nullif($4, ''), login), last_used_at = now()
        where issuer = $1 and subject = $2 and user_id = $3
        "#,
        account.issuer,
        account.subject,
        user.0,
        account.login,
    )
    .execute(tx)
    .await?;
    if used.rows_affected() == 1 { Ok(()) } else { Err(Error::NotFound) }
}

/// Links an identity to a user. The database decides between concurrent attempts; after a refusal the transaction can
/// only be rolled back.
pub(super) async fn insert(
    tx: &mut PgConnection,
    user: UserId,
    account: &ProviderAccount,
) -> Result<Result<(), OAuthRefusal>> {
    let inserted = sqlx::query!(
        "insert into identities (user_id, provider, issuer, subject, login) values ($1, $2, $3, $4, $5)",
        user.0,
        account.provider.as_str(),
        account.issuer,
        account.subject,
        account.login,
    )
    .execute(tx)
    .await;
    let Err(error) = inserted else { return Ok(Ok(())) };
    match error.as_database_error().and_then(|refusal| refusal.constraint()) {
        Some("identities_subject_key") => Ok(Err(OAuthRefusal::LinkedElsewhere)),
        Some("identities_provider_key") => Ok(Err(OAuthRefusal::HasAnother)),
        _ => Err(error.into()),
    }
}

/// Links an identity to the user's own account and mails a notice.
pub(super) async fn link(cx: &Request, me: &Elevated, account: &ProviderAccount) -> Result<Result<(), OAuthRefusal>> {
    let mut tx = cx.server.begin().await?;
    match sessions::lock_elevated(&mut tx, me).await {
        Err(Error::SignInNeeded | Error::ElevationNeeded) => return Ok(Err(OAuthRefusal::SessionGone)),
        held => held?,
    }
    if let Err(why) = insert(&mut tx, me.id(), account).await? {
        return Ok(Err(why));
    }
    let actor = Actor::of(cx, me);
    record_linked(&mut tx, cx, (me.id(), account), actor).await?;
    tx.commit().await?;
    cx.server.wake().ring();
    Ok(Ok(()))
}

/// Writes the audit row and the mail about a linked identity.
pub(super) async fn record_linked(
    tx: &mut PgConnection,
    cx: &Request,
    (user, account): (UserId, &ProviderAccount),
    actor: Actor<'_>,
) -> Result<()> {
    let (label, login) = (cx.server.providers().label(account.provider), account.login.clone());
    let to = sqlx::query_scalar!("select email from users where id = $1", user.0).fetch_one(&mut *tx).await?;
    let message = mails::identity_linked(&cx.server.config().origin, &label, &login);
    audit::record(tx, user, actor, &Event::IdentityLinked { label, login }).await?;
    notices::notify(tx, user, Mail { to, message }).await
}

/// Unlinks the user's identity at a provider. An attacker may own it: revokes the sessions opened with it, except this
/// one.
///
/// [`Error::NotFound`] when there is none; [`Error::Invalid`] when it is the last way to sign in.
pub async fn unlink(cx: &Request, me: &Elevated, provider: &str) -> Result<()> {
    let mut tx = cx.server.begin().await?;
    // Locks the account: two concurrent removals that would each leave one way to sign in must not leave none.
    sessions::lock_elevated(&mut tx, me).await?;
    let to = sqlx::query_scalar!("select email from users where id = $1", me.id().0).fetch_one(&mut *tx).await?;
    let login = sqlx::query_scalar!(
        "delete from identities where user_id = $1 and provider = $2 returning login",
        me.id().0,
        provider,
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or(Error::NotFound)?;
    sign_in_methods::require_one((&mut tx, &cx.server), me.id()).await?;
    sessions::revoke_by_method(&mut tx, me, &sessions::via(provider)).await?;
    let label = provider.parse().map_or_else(|()| provider.to_owned(), |slug| cx.server.providers().label(slug));
    let actor = Actor::of(cx, me);
    let message = mails::identity_unlinked(&cx.server.config().origin, &label, &login);
    audit::record(&mut tx, me.id(), actor, &Event::IdentityUnlinked { label, login }).await?;
    notices::notify(&mut tx, me.id(), Mail { to, message }).await?;
    tx.commit().await?;
    cx.server.wake().ring();
    Ok(())
}

/// Imports the user's current name and picture from the provider.
pub(super) async fn refresh(cx: &Request, me: &Member, account: &ProviderAccount) -> Result<()> {
    let mut tx = sessions::begin(cx, me).await?;
    used(&mut tx, me.id(), account).await?;
    sqlx::query!(
        "update users set display_name = coalesce(nullif($2, ''), display_name) where id = $1",
        me.id().0,
        account.name,
    )
    .execute(&mut *tx)
    .await?;
    users::index_name(&mut tx, me.id()).await?;
    if let Some(url) = &account.picture {
        avatars::wish(&mut tx, me.id(), url).await?;
    }
    tx.commit().await?;
    cx.server.wake().ring();
    Ok(())
}
