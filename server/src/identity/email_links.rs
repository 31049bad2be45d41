//! E-mail links: single-use links sent by mail. The token is created when the mail is sent: until then only a request
//! is queued, and afterwards only the hash is stored, so no copy of the database opens anything.

use sqlx::{PgConnection, PgPool};

use crate::{
    base::{
        error::{Error, Result},
        id::{DeviceId, UserId},
        random::{self, Token},
    },
    identity::users,
    jobs::Job,
};

/// The lifetime of a reset link, in minutes.
const RESET_MINUTES: i32 = 30;
/// The lifetime when strangers have used up the mail budget of the address, in minutes: longer than the wait for the
/// next mail.
const RESET_MINUTES_AMONG_OTHERS: i32 = 90;

/// Returns the lifetime of a reset link, in minutes. `others` is true when strangers have used up the mail budget of the
/// address.
pub(crate) fn reset_minutes(others: bool) -> i32 {
    if others { RESET_MINUTES_AMONG_OTHERS } else { RESET_MINUTES }
}

/// The purpose of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmailLinkPurpose {
    ResetPassword,
    /// Restores the address before a change.
    UndoEmail,
    /// Revokes the session that a mail reported.
    EndSession,
}

impl EmailLinkPurpose {
    fn name(self) -> &'static str {
        match self {
            Self::ResetPassword => "reset_password",
            Self::UndoEmail => "undo_email",
            Self::EndSession => "end_session",
        }
    }
}

/// A valid link.
#[derive(Clone, Debug)]
pub struct EmailLink {
    id: i64,
    /// The id of the link in the form of its page. It grants no access.
    pub name: String,
    pub user: UserId,
    /// The address to restore.
    pub email: Option<String>,
    /// The session to revoke.
    pub device: Option<DeviceId>,
    /// The browser that opened the session, as [`crate::identity::sessions`] stores it.
    pub(crate) browser: Option<Vec<u8>>,
}

impl EmailLink {
    /// Returns the id of its row, as the key for limits.
    pub(crate) fn id(&self) -> i64 {
        self.id
    }
}

/// Creates a reset link without a token and invalidates the previous ones. The caller locks the user's row.
pub(crate) async fn make_reset(tx: &mut PgConnection, user: UserId, minutes: i32) -> Result<i64> {
    sqlx::query!(
        "update email_links set used_at = now() where user_id = $1 and purpose = 'reset_password' and used_at is null",
        user.0
    )
    .execute(&mut *tx)
    .await?;
    Ok(sqlx::query_scalar!(
        r#"
        insert into email_links (purpose, user_id, expires_at)
        values ('reset_password', $1, now() + make_interval(mins => $2)) returning id
        "#,
        user.0,
        minutes,
    )
    .fetch_one(tx)
    .await?)
}

/// Prepares an undo link that restores `old`, mailed there. The caller locks the user's row.
///
/// An attacker may change the address repeatedly: of several undo links the oldest takes precedence. So the links of
/// earlier changes are extended to last as long as this one, and only they remain when a link is used (see
/// [`use_undo`]). A user who changes back to an address that a link leads to has undone that change: that link and the
/// later ones end, and the address in between, which may be an intruder's, gets no undo link. Then this returns `None`.
pub(crate) async fn prepare_undo(tx: &mut PgConnection, user: UserId, old: &str, new: &str) -> Result<Option<Job>> {
    let back_to = sqlx::query_scalar!(
        r#"
        update email_links set expires_at = greatest(expires_at, now() + interval '72 hours')
        where user_id = $1 and purpose = 'undo_email' and used_at is null and expires_at > now()
        returning case when lower(email) = lower($2) then id end as back_to
        "#,
        user.0,
        new,
    )
    .fetch_all(&mut *tx)
    .await?;
    if let Some(first) = back_to.into_iter().flatten().min() {
        revoke_undo_links(tx, user, first).await?;
        return Ok(None);
    }
    let link = sqlx::query_scalar!(
        r#"
        insert into email_links (purpose, user_id, email, expires_at)
        values ('undo_email', $1, $2, now() + interval '72 hours') returning id
        "#,
        user.0,
        old,
    )
    .fetch_one(tx)
    .await?;
    Ok(Some(Job::UndoLink { to: old.to_owned(), link, new: new.to_owned() }))
}

/// Ends the undo link of a change, and those of all later ones.
async fn revoke_undo_links(tx: &mut PgConnection, user: UserId, first: i64) -> Result<()> {
    sqlx::query!(
        "update email_links set used_at = now() where user_id = $1 and purpose = 'undo_email' and id >= $2 and used_at is null",
        user.0,
        first,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Prepares a link that revokes a session, and all other sessions that `browser` opened.
pub(crate) async fn prepare_end(
    tx: &mut PgConnection,
    user: UserId,
    (device, browser): (DeviceId, &[u8]),
) -> Result<i64> {
    Ok(sqlx::query_scalar!(
        r#"
        insert into email_links (purpose, user_id, device_id, browser_hash, expires_at)
        values ('end_session', $1, $2, $3, now() + interval '7 days') returning id
        "#,
        user.0,
        device.0,
        browser,
    )
    .fetch_one(tx)
    .await?)
}

/// Ends every link of the user, except undo links of address changes and links that revoke the session `device`, whose
/// key is `session`, or the other sessions of its browser.
pub(crate) async fn revoke_others(tx: &mut PgConnection, user: UserId, device: DeviceId, session: &str) -> Result<()> {
    sqlx::query!(
        r#"
        update email_links l set used_at = now()
        where l.user_id = $1 and l.used_at is null and l.purpose <> 'undo_email' and not (
            l.purpose = 'end_session' and (l.device_id = $2 or exists (
                select 1 from sessions s where s.id = $3 and s.browser_hash = l.browser_hash
            ))
        )
        "#,
        user.0,
        device.0,
        session,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// The links that may get a token.
#[derive(Clone, Copy)]
pub(crate) enum Arm<'a> {
    Any,
    /// Only a link of the account that has this address now: a link that opens an account is mailed to no other.
    OnlyFor(&'a str),
}

/// Creates the token of a prepared link when its mail is sent. An earlier token stays valid: its mail may have arrived
/// without a confirmation and be the only copy the receiver keeps. Using either uses up the link. `None` when the link
/// has ended: then there is nothing to mail.
pub(crate) async fn arm(db: &mut PgConnection, link: i64, recipient: Arm<'_>) -> Result<Option<Token>> {
    let token = Token::new();
    let required_email = match recipient {
        Arm::Any => None,
        Arm::OnlyFor(address) => Some(address),
    };
    let armed = sqlx::query!(
        r#"
        update email_links set token_hash = $2, earlier_hashes = array_remove(earlier_hashes || token_hash, null)
        where id = $1 and used_at is null and expires_at > now()
            and ($3::text is null or exists (select 1 from users u where u.id = email_links.user_id and u.email = $3))
        "#,
        link,
        &token.hash()[..],
        required_email,
    )
    .execute(db)
    .await?;
    Ok((armed.rows_affected() == 1).then_some(token))
}

/// Returns the link of a token. [`Error::NotFound`] when it is used, expired, for another purpose, or unknown.
pub async fn find(db: &PgPool, purpose: EmailLinkPurpose, token: &Token) -> Result<EmailLink> {
    sqlx::query!(
        r#"
        select id, user_id, email, device_id, browser_hash, coalesce(earlier_hashes[1], token_hash) as "first_hash!"
        from email_links where (token_hash = $1 or earlier_hashes @> array[$1]) and purpose = $2 and used_at is null and expires_at > now()
        "#,
        &token.hash()[..],
        purpose.name(),
    )
    .fetch_optional(db)
    .await?
    .map(|row| EmailLink {
        id: row.id,
        // The same for all of its tokens, also after another mail.
        name: random::name(&row.first_hash),
        user: UserId(row.user_id),
        email: row.email,
        device: row.device_id.map(DeviceId),
        browser: row.browser_hash,
    })
    .ok_or(Error::NotFound)
}

/// Uses a link up, inside the transaction of what it allows. Of several concurrent requests one succeeds; the others
/// get [`Error::NotFound`]. Locks the user's row first: a transaction with that lock may end every link.
pub(crate) async fn use_up(tx: &mut PgConnection, link: &EmailLink) -> Result<()> {
    users::lock(tx, link.user).await?;
    let used = sqlx::query!(
        "update email_links set used_at = now() where id = $1 and used_at is null and expires_at > now()",
        link.id
    )
    .execute(tx)
    .await?;
    if used.rows_affected() == 1 { Ok(()) } else { Err(Error::NotFound) }
}

/// Like [`use_up`], for an undo link: ends the undo links of later changes and keeps those of earlier ones, in case an
/// attacker used this one.
pub(crate) async fn use_undo(tx: &mut PgConnection, link: &EmailLink) -> Result<()> {
    use_up(tx, link).await?;
    revoke_undo_links(tx, link.user, link.id).await
}
