//! The operator commands about accounts, for the command line: find, invite, revoke sessions, suspend, restore.

use time::OffsetDateTime;

use crate::{
    Server,
    base::{
        error::{Error, Invalid, Result},
        id::UserId,
        input,
        random::Token,
    },
    db::FarTime,
    identity::{
        audit::{self, Actor, Event},
        auth::reset,
        email_links,
        sessions::{self, AuditEvent},
        users::{Email, Role, Username},
    },
    jobs::{self, Job},
};

/// An account in the list of the operator.
#[derive(Clone, Debug)]
pub struct Listed {
    pub id: UserId,
    pub username: String,
    pub email: String,
    pub role: String,
    pub created_at: OffsetDateTime,
    pub suspension: Option<Suspension>,
    pub sessions: i64,
}

/// The reason and the time of a suspension.
#[derive(Clone, Debug)]
pub struct Suspension {
    pub since: OffsetDateTime,
    /// `None` for a permanent suspension.
    pub until: Option<OffsetDateTime>,
    pub reason: String,
}

/// Returns the accounts with a username or address that contains `part` (all when empty), oldest first, at most `most`.
pub async fn list(server: &Server, part: &str, most: i64) -> Result<Vec<Listed>> {
    query_accounts(server, part, (None, most)).await
}

/// Returns one account. [`Error::NotFound`] when there is none.
pub async fn show(server: &Server, user: UserId) -> Result<Listed> {
    query_accounts(server, "", (Some(user), 1)).await?.pop().ok_or(Error::NotFound)
}

async fn query_accounts(server: &Server, part: &str, (only, most): (Option<UserId>, i64)) -> Result<Vec<Listed>> {
    let part = stored_spelling(part);
    let pattern = format!("%{}%", part.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"));
    let rows = sqlx::query!(
        r#"
        select u.id, u.username, u.email, u.role, u.created_at, u.suspended_at,
               u.suspended_until as "suspended_until: FarTime", u.suspended_reason,
               (select count(*) from sessions s where s.user_id = u.id and s.expires_at > now()) as "sessions!"
        from users u where (u.username like $1 or lower(u.email) like $1) and u.id = coalesce($3, u.id)
            and u.deleted_at is null order by u.id limit $2
        "#,
        pattern,
        most,
        only.map(|user| user.0),
    )
    .fetch_all(server.db())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Listed {
            id: UserId(row.id),
            username: row.username,
            email: row.email,
            role: row.role,
            created_at: row.created_at,
            suspension: row.suspended_at.map(|since| Suspension {
                since,
                until: row.suspended_until.and_then(|until| until.0),
                reason: row.suspended_reason.unwrap_or_default(),
            }),
            sessions: row.sessions,
        })
        .collect())
}

/// Returns a part of a username or address in lower case, with an international domain in ASCII, as addresses are
/// stored.
fn stored_spelling(part: &str) -> String {
    let small = input::identifier(part).to_lowercase();
    let (local, domain) =
        small.rsplit_once('@').map_or(("", small.as_str()), |(local, _)| small.split_at(local.len() + 1));
    match idna::domain_to_ascii(domain) {
        Ok(ascii) if !small.is_ascii() => format!("{local}{ascii}"),
        _ => small,
    }
}

/// Finds the account with this username or address, in any spelling a user could type. [`Error::NotFound`] when there
/// is none.
pub async fn find(server: &Server, identifier: &str) -> Result<UserId> {
    let typed = input::identifier(identifier);
    let typed = typed.trim_start_matches('@');
    let identifier = Email::parse(typed).map_or_else(|_| typed.to_lowercase(), |email| email.key());
    sqlx::query_scalar!(
        "select id from users where (username = $1 or lower(email) = $1) and deleted_at is null",
        identifier
    )
    .fetch_optional(server.db())
    .await?
    .map(UserId)
    .ok_or(Error::NotFound)
}

/// The lifetime of an operator's invitation, in hours.
pub const INVITATION_HOURS: i32 = 72;

/// Invites a new user. The operator vouches for the address. The user opens the link with the returned token and
/// chooses the password; until then only the invitation exists.
pub async fn invite(server: &Server, email: &Email, username: &Username, role: Role) -> Result<Token> {
    let taken = sqlx::query!(
        r#"
        select exists (select 1 from users where username = $1)
                   or exists (select 1 from former_usernames where username = $1 and reserved_until > now()) as "username!",
               exists (select 1 from users where lower(email) = $2) as "email!"
        "#,
        username.as_str(),
        email.key(),
    )
    .fetch_one(server.db())
    .await?;
    if taken.username {
        return Err(Invalid::one("username", "That username is taken, or was in use until recently.").into());
    }
    if taken.email {
        return Err(Invalid::one("email", "That address already has an account.").into());
    }
    let token = Token::new();
    sqlx::query!(
        r#"
        insert into registrations (flow_hash, email, username, role, verified_at, expires_at)
        values ($1, $2, $3, $4, now(), now() + make_interval(hours => $5))
        "#,
        &token.hash()[..],
        email.as_str(),
        username.as_str(),
        role.name(),
        INVITATION_HOURS,
    )
    .execute(server.db())
    .await?;
    Ok(token)
}

/// Deletes an invitation when its link could not be delivered.
pub async fn withdraw_invitation(server: &Server, token: &Token) -> Result<()> {
    sqlx::query!("delete from registrations where flow_hash = $1", &token.hash()[..]).execute(server.db()).await?;
    Ok(())
}

/// Revokes every session of an account. Returns how many there were.
pub async fn sign_out_everywhere(server: &Server, user: UserId) -> Result<u64> {
    let mut tx = server.begin().await?;
    let count = sessions::revoke_all_and_forget_browsers(&mut tx, user).await?;
    audit::record(&mut tx, user, Actor::System, &Event::EverywhereEnded { count }).await?;
    tx.commit().await?;
    Ok(count)
}

/// The longest temporary suspension: 100 years.
pub const MAX_SUSPENSION_HOURS: i32 = 100 * 365 * 24;

/// Suspends an account, permanently or for some hours (at most [`MAX_SUSPENSION_HOURS`]). The same transaction revokes
/// its sessions.
pub async fn suspend(server: &Server, user: UserId, reason: &str, hours: Option<i32>) -> Result<()> {
    let reason = crate::base::text::clean_line(reason);
    if reason.is_empty() || reason.chars().count() > 300 {
        return Err(Invalid::one("reason", "Give a reason of up to 300 characters: the person will read it.").into());
    }
    if hours.is_some_and(|hours| !(1..=MAX_SUSPENSION_HOURS).contains(&hours)) {
        let message =
            format!("A suspension lasts at least 1 hour, at most {MAX_SUSPENSION_HOURS} (100 years), or for good.");
        return Err(Invalid::one("hours", message).into());
    }
    let mut tx = server.begin().await?;
    let changed = sqlx::query!(
        r#"
        update users set suspended_at = now(), suspended_reason = $2,
            suspended_until = now() + make_interval(hours => $3::int)
        where id = $1 and deleted_at is null
        "#,
        user.0,
        reason,
        hours,
    )
    .execute(&mut *tx)
    .await?;
    if changed.rows_affected() == 0 {
        return Err(Error::NotFound);
    }
    sessions::revoke_all_and_forget_browsers(&mut tx, user).await?;
    reset::end_codes_and_links(&mut tx, user).await?;
    audit::record(&mut tx, user, Actor::System, &Event::Suspended { reason }).await?;
    tx.commit().await?;
    Ok(())
}

/// Lifts a suspension. [`Error::NotFound`] when there is none.
pub async fn restore(server: &Server, user: UserId) -> Result<()> {
    lift_suspension(server, user, true).await
}

/// Lifts a suspension that has expired. [`Error::NotFound`] when there is none.
pub(crate) async fn restore_due(server: &Server, user: UserId) -> Result<()> {
    lift_suspension(server, user, false).await
}

async fn lift_suspension(server: &Server, user: UserId, early: bool) -> Result<()> {
    let mut tx = server.begin().await?;
    let changed = sqlx::query!(
        r#"
        update users set suspended_at = null, suspended_until = null, suspended_reason = null
        where id = $1 and suspended_at is not null and deleted_at is null and ($2 or suspended_until <= now())
        "#,
        user.0,
        early,
    )
    .execute(&mut *tx)
    .await?;
    if changed.rows_affected() == 0 {
        return Err(Error::NotFound);
    }
    audit::record(&mut tx, user, Actor::System, &Event::Restored).await?;
    tx.commit().await?;
    Ok(())
}

/// Changes the role of an account. The change counts at once: it revokes every session of the user, including elevated
/// ones, and the user must sign in again. Setting the same role again changes nothing. [`Error::NotFound`] when there
/// is no such account.
pub async fn set_role(server: &Server, user: UserId, role: Role) -> Result<()> {
    let mut tx = server.begin().await?;
    let before = sqlx::query_scalar!("select role from users where id = $1 for update", user.0)
        .fetch_optional(&mut *tx)
        .await?
        .ok_or(Error::NotFound)?;
    if before == role.name() {
        return Ok(());
    }
    sqlx::query!("update users set role = $2 where id = $1", user.0, role.name()).execute(&mut *tx).await?;
    sessions::revoke_all_in(&mut tx, user).await?;
    audit::record(&mut tx, user, Actor::System, &Event::RoleChanged { role: role.name() }).await?;
    tx.commit().await?;
    Ok(())
}

/// Sends the user an e-mail link to choose a new password. The operator starts this and never sees the link.
pub async fn start_reset(server: &Server, user: UserId) -> Result<()> {
    let mut tx = server.begin().await?;
    let email = sqlx::query_scalar!("select email from users where id = $1 for update", user.0)
        .fetch_optional(&mut *tx)
        .await?
        .ok_or(Error::NotFound)?;
    let minutes = email_links::reset_minutes(false);
    let link = email_links::make_reset(&mut tx, user, minutes).await?;
    jobs::enqueue_until(&mut tx, &Job::ResetLink { to: email, link, others: false }, minutes).await?;
    audit::record(&mut tx, user, Actor::System, &Event::ResetStarted).await?;
    tx.commit().await?;
    Ok(())
}

/// Returns the audit events of an account, newest first.
pub async fn history(server: &Server, user: UserId, most: i64) -> Result<Vec<AuditEvent>> {
    sessions::activity_of(&mut *server.db().acquire().await?, user, i64::MAX, most).await
}
