//! Links that are mailed and work once. Their token is made when the mail is sent: until then only the wish for one is
//! queued, and afterwards only its hash is kept, so no copy of the database opens anything.

mod subject;

use sqlx::PgConnection;
pub use subject::{LinkedSession, Subject, subject};

use crate::{
    error::{Error, Result},
    id::{DeviceId, UserId},
    jobs::Job,
    random::{self, Token},
    request::{Member, Request},
    sessions,
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
    /// Tells this link from others, for the form of its page. It opens nothing.
    pub name: String,
    pub user: UserId,
    /// The address to go back to.
    pub email: Option<String>,
    /// The session to end.
    pub device: Option<DeviceId>,
    /// The browser it was opened in, as [`crate::sessions`] keeps it.
    pub(crate) browser: Option<Vec<u8>>,
}

impl Link {
    /// Its row: what tries with it are counted for.
    pub(crate) fn id(&self) -> i64 {
        self.id
    }
}

/// Wishes for a reset link to the account's own address; the ones before are dead.
pub(crate) async fn prepare_reset(tx: &mut PgConnection, user: UserId, to: &str, minutes: i32) -> Result<Job> {
    Ok(Job::ResetLink { to: to.to_owned(), link: make_reset(tx, user, minutes).await?, others: false })
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

/// Wishes for a link that goes back to `old`, mailed there. The caller holds the user's row.
///
/// Somebody may change the address again and again: of several ways back the oldest has the last word. So those of
/// earlier changes last as long as this one, and only they stay when one is used (see [`use_undo`]). Whoever takes an
/// address again that one of them leads to has gone back: that one and the later ones end, and to the address between,
/// which may be an intruder's, there is no way back. Then there is no link.
pub(crate) async fn prepare_undo(tx: &mut PgConnection, user: UserId, old: &str, new: &str) -> Result<Option<Job>> {
    let back_to = sqlx::query_scalar!(
        r#"
        update links set expires_at = greatest(expires_at, now() + interval '72 hours')
        where user_id = $1 and purpose = 'undo_email' and used_at is null and expires_at > now()
        returning case when lower(email) = lower($2) then id end as back_to
        "#,
        user.0,
        new,
    )
    .fetch_all(&mut *tx)
    .await?;
    if let Some(first) = back_to.into_iter().flatten().min() {
        end_undos(tx, user, first).await?;
        return Ok(None);
    }
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
    Ok(Some(Job::UndoLink { to: old.to_owned(), link, new: new.to_owned() }))
}

/// Ends the way back from a change, and from all later ones.
async fn end_undos(tx: &mut PgConnection, user: UserId, first: i64) -> Result<()> {
    sqlx::query!(
        "update links set used_at = now() where user_id = $1 and purpose = 'undo_email' and id >= $2 and used_at is null",
        user.0,
        first,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Wishes for a link that ends a session, and what else `browser` has opened.
pub(crate) async fn prepare_end(
    tx: &mut PgConnection,
    user: UserId,
    (device, browser): (DeviceId, &[u8]),
) -> Result<i64> {
    Ok(sqlx::query_scalar!(
        r#"
        insert into links (purpose, user_id, device_id, browser_hash, expires_at)
        values ('end_session', $1, $2, $3, now() + interval '7 days') returning id
        "#,
        user.0,
        device.0,
        browser,
    )
    .fetch_one(tx)
    .await?)
}

/// Ends every link somebody has but the way back from a change of the address, and those that end the very device in
/// which this is done, or what else its browser has opened.
pub(crate) async fn end_but_of(tx: &mut PgConnection, me: &Member) -> Result<()> {
    sqlx::query!(
        r#"
        update links l set used_at = now()
        where l.user_id = $1 and l.used_at is null and l.purpose <> 'undo_email' and not (
            l.purpose = 'end_session' and (l.device_id = $2 or exists (
                select 1 from sessions s where s.id = $3 and s.browser_hash = l.browser_hash
            ))
        )
        "#,
        me.id().0,
        me.device.0,
        me.key.as_str(),
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Which links may get their token.
#[derive(Clone, Copy)]
pub(crate) enum Arm<'a> {
    Any,
    /// One of the account that has this address at this moment: a link that opens an account goes nowhere else.
    OnlyFor(&'a str),
}

/// Makes the token of a wished-for link, as its mail goes out. One made before stays good: its mail may have arrived
/// though nobody said so, and be the only copy that its receiver keeps. Used with either, the link is used up. None when
/// it is over: there is nothing to mail then.
pub(crate) async fn arm(db: &mut PgConnection, link: i64, which: Arm<'_>) -> Result<Option<Token>> {
    let token = Token::new();
    let only_for = match which {
        Arm::Any => None,
        Arm::OnlyFor(address) => Some(address),
    };
    let armed = sqlx::query!(
        r#"
        update links set token_hash = $2, earlier_hashes = array_remove(earlier_hashes || token_hash, null)
        where id = $1 and used_at is null and expires_at > now()
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
        select id, user_id, email, device_id, browser_hash, coalesce(earlier_hashes[1], token_hash) as "first_hash!"
        from links where (token_hash = $1 or earlier_hashes @> array[$1]) and purpose = $2 and used_at is null and expires_at > now()
        "#,
        &token.hash()[..],
        purpose.name(),
    )
    .fetch_optional(cx.server.db())
    .await?
    .map(|row| Link {
        id: row.id,
        // The same whichever of its tokens was mailed, also after another mail.
        name: random::name(&row.first_hash),
        user: UserId(row.user_id),
        email: row.email,
        device: row.device_id.map(DeviceId),
        browser: row.browser_hash,
    })
    .ok_or(Error::NotFound)
}

/// Uses a link up, inside the transaction of what it allows. Of several at once one succeeds; the others find
/// [`Error::NotFound`]. From here on the person's row is held, first of all: whoever holds it may end every link.
pub(crate) async fn use_up(tx: &mut PgConnection, link: &Link) -> Result<()> {
    sessions::hold(tx, link.user).await?;
    let used = sqlx::query!(
        "update links set used_at = now() where id = $1 and used_at is null and expires_at > now()",
        link.id
    )
    .execute(tx)
    .await?;
    if used.rows_affected() == 1 { Ok(()) } else { Err(Error::NotFound) }
}

/// As [`use_up`], for the way back from a change of the address: those of later changes end with it, and those of earlier
/// ones stay, whoever used this one.
pub(crate) async fn use_undo(tx: &mut PgConnection, link: &Link) -> Result<()> {
    use_up(tx, link).await?;
    end_undos(tx, link.user, link.id).await
}
