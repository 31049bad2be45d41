//! Links that are mailed and work once. Their token is made when the mail is sent: until then only the wish for one is
//! queued, and afterwards only its hash is kept, so no copy of the database opens anything.

use sqlx::PgConnection;

use crate::{
    error::{Error, Result},
    id::{DeviceId, UserId},
    jobs::Job,
    random::Token,
    request::Request,
};

/// What a link is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    ResetPassword,
    /// Goes back to the address before a change.
    UndoEmail,
    /// Ends the session a mail told of.
    EndSession,
}

impl Purpose {
    fn name(self) -> &'static str {
        match self {
            Self::ResetPassword => "reset_password",
            Self::UndoEmail => "undo_email",
            Self::EndSession => "end_session",
        }
    }
}

/// A link that would work.
#[derive(Clone, Debug)]
pub struct Link {
    id: i64,
    pub user: UserId,
    /// The address to go back to.
    pub email: Option<String>,
    /// The session to end.
    pub device: Option<DeviceId>,
}

/// Wishes for a reset link to the account's own address; the ones before are dead.
pub(crate) async fn prepare_reset(tx: &mut PgConnection, user: UserId, to: &str, minutes: i32) -> Result<Job> {
    Ok(Job::ResetLink { to: to.to_owned(), link: make_reset(tx, user, minutes).await? })
}

/// Makes a reset link that has no token yet; the ones before are dead. The caller holds the user's row.
pub(crate) async fn make_reset(tx: &mut PgConnection, user: UserId, minutes: i32) -> Result<i64> {
    sqlx::query!(
        "update links set used_at = now() where user_id = $1 and purpose = 'reset_password' and used_at is null",
        user.0
    )
    .execute(&mut *tx)
    .await?;
    Ok(sqlx::query_scalar!(
        r#"
        insert into links (purpose, user_id, expires_at)
        values ('reset_password', $1, now() + make_interval(mins => $2)) returning id
        "#,
        user.0,
        minutes,
    )
    .fetch_one(tx)
    .await?)
}

/// Wishes for a link that goes back to `old`, mailed there.
pub(crate) async fn prepare_undo(tx: &mut PgConnection, user: UserId, old: &str, new: &str) -> Result<Job> {
    let link = sqlx::query_scalar!(
        r#"
        insert into links (purpose, user_id, email, expires_at)
        values ('undo_email', $1, $2, now() + interval '72 hours') returning id
        "#,
        user.0,
        old,
    )
    .fetch_one(tx)
    .await?;
    Ok(Job::UndoLink { to: old.to_owned(), link, new: new.to_owned() })
}

/// Wishes for a link that ends a session.
pub(crate) async fn prepare_end(tx: &mut PgConnection, user: UserId, device: DeviceId) -> Result<i64> {
    Ok(sqlx::query_scalar!(
        r#"
        insert into links (purpose, user_id, device_id, expires_at)
        values ('end_session', $1, $2, now() + interval '7 days') returning id
        "#,
        user.0,
        device.0,
    )
    .fetch_one(tx)
    .await?)
}

/// Which links may get their token.
#[derive(Clone, Copy)]
pub(crate) enum Arm<'a> {
    Any,
    /// One of the account that has this address at this moment: a link that opens an account goes nowhere else.
    OnlyFor(&'a str),
}

/// Makes the token of a wished-for link, as its mail goes out; one made before (for a mail that did not go) is dead.
/// None when the link is over: there is nothing to mail then.
pub(crate) async fn arm(db: &mut PgConnection, link: i64, which: Arm<'_>) -> Result<Option<Token>> {
    let token = Token::new();
    let only_for = match which {
        Arm::Any => None,
        Arm::OnlyFor(address) => Some(address),
    };
    let armed = sqlx::query!(
        r#"
        update links set token_hash = $2 where id = $1 and used_at is null and expires_at > now()
            and ($3::text is null or exists (select 1 from users u where u.id = links.user_id and u.email = $3))
        "#,
        link,
        &token.hash()[..],
        only_for,
    )
    .execute(db)
    .await?;
    Ok((armed.rows_affected() == 1).then_some(token))
}

/// The link a token belongs to. [`Error::NotFound`] when it is used, late, for something else, or none.
pub async fn find(cx: &Request, purpose: Purpose, token: &Token) -> Result<Link> {
    sqlx::query!(
        r#"
        select id, user_id, email, device_id from links
        where token_hash = $1 and purpose = $2 and used_at is null and expires_at > now()
        "#,
        &token.hash()[..],
        purpose.name(),
    )
    .fetch_optional(cx.server.db())
    .await?
    .map(|row| Link { id: row.id, user: UserId(row.user_id), email: row.email, device: row.device_id.map(DeviceId) })
    .ok_or(Error::NotFound)
}

/// Uses a link up, inside the transaction of what it allows. Of several at once one succeeds; the others find
/// [`Error::NotFound`].
pub(crate) async fn use_up(tx: &mut PgConnection, link: &Link) -> Result<()> {
    let used = sqlx::query!(
        "update links set used_at = now() where id = $1 and used_at is null and expires_at > now()",
        link.id
    )
    .execute(tx)
    .await?;
    if used.rows_affected() == 1 { Ok(()) } else { Err(Error::NotFound) }
}
