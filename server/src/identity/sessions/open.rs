//! Opens a session. The store writes a new row without a user, on a connection of its own; then a transaction sets the
//! user of the row and deletes the row it replaces. If that fails, nothing has changed for the browser, and the new row
//! is swept.

use sqlx::PgConnection;
use tower_sessions::Expiry;

use super::{ABSOLUTE_DAYS, ELEVATION_MINUTES, IDLE_DAYS, IDLE_HOURS_FORGETFUL, MAX_SESSIONS, SessionKey, browsers};
use crate::{
    base::{
        error::{Error, Result},
        id::{DeviceId, UserId},
    },
    config::providers::{self, Slug},
    identity::sessions::request::{Member, Request},
};

/// The prefix of a sign-in method by a provider, before its name.
const VIA: &str = "via ";

/// Returns the value for the table, also for a provider that is no longer in the settings.
pub(crate) fn via(provider: &str) -> String {
    format!("{VIA}{provider}")
}

/// The method of a sign-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignInMethod {
    Password,
    /// The code of a sign-up.
    SignUp,
    /// A link from an operator.
    Invitation,
    /// A code by mail.
    Code,
    /// An e-mail link for choosing a new password.
    Reset,
    /// An identity.
    Provider(Slug),
}

impl SignInMethod {
    /// Returns the value for the table.
    pub fn name(self) -> String {
        let name = match self {
            Self::Password => "password",
            Self::SignUp => "sign_up",
            Self::Invitation => "invitation",
            Self::Code => "code",
            Self::Reset => "reset",
            Self::Provider(slug) => return via(slug.as_str()),
        };
        name.to_owned()
    }

    /// Returns a description that continues "Signed in".
    pub fn words(name: &str) -> String {
        if let Some(Ok(slug)) = name.strip_prefix(VIA).map(str::parse) {
            return format!("with {}", providers::capital(slug));
        }
        let words = match name {
            "password" => "with your password",
            "sign_up" => "by signing up",
            "invitation" => "with an invitation",
            "code" => "with a code by mail",
            "reset" => "with a new password",
            _ => "in another way",
        };
        words.to_owned()
    }
}

/// Writes a row without a user and adds its cookie to the response. With `remember` the cookie outlives the browser
/// window.
///
/// The id is always new: the id that the browser sent never reaches the store.
pub async fn open(cx: &Request, remember: bool) -> Result<SessionKey> {
    let session = cx.session();
    session.cycle_id().await?;
    session.set_expiry(Some(if remember {
        Expiry::OnInactivity(time::Duration::days(ABSOLUTE_DAYS.into()))
    } else {
        Expiry::OnSessionEnd
    }));
    // Without this an empty session is not written, and its cookie not set.
    session.save().await?;
    let id = session.id().ok_or_else(|| Error::internal("the session store gave no id"))?;
    Ok(SessionKey::of(&id))
}

/// Sets the user of an opened row, inside the transaction of the sign-in; deletes the session the browser had before,
/// of any user, and the longest idle ones over [`MAX_SESSIONS`]. The user has just proved who they are, so the session is
/// elevated. A sign-in by a provider elevates only users without a password: providers sign users in without asking
/// them.
pub async fn claim(
    tx: &mut PgConnection,
    cx: &Request,
    key: &SessionKey,
    user: UserId,
    (how, remember): (SignInMethod, bool),
) -> Result<DeviceId> {
    let device = sqlx::query_scalar!(
        r#"
        update sessions set
            user_id = $2, sign_in_method = $3, ip = $4, user_agent = $5, last_seen_at = now(),
            idle_for = case when $6 then make_interval(days => $7) else make_interval(hours => $8) end,
            ends_at = now() + make_interval(days => $9),
            expires_at = now() + case when $6 then make_interval(days => $7) else make_interval(hours => $8) end,
            elevated_until = case
                when $12 and exists (select 1 from passwords where user_id = $2) then null
                else now() + make_interval(mins => $10)
            end,
            browser_hash = $11
        where id = $1 and user_id is null
        returning device_id
        "#,
        key.as_str(),
        user.0,
        how.name(),
        ipnetwork::IpNetwork::from(cx.client().ip),
        cx.client().user_agent,
        remember,
        IDLE_DAYS,
        IDLE_HOURS_FORGETFUL,
        ABSOLUTE_DAYS,
        ELEVATION_MINUTES,
        &browsers::hash(cx, user)[..],
        matches!(how, SignInMethod::Provider(_)),
    )
    .fetch_one(&mut *tx)
    .await?;
    cx.claimed();
    if let Some(old) = cx.cookie() {
        sqlx::query!("delete from sessions where id = $1", old.as_str()).execute(&mut *tx).await?;
    }
    sqlx::query!(
        r#"
        delete from sessions where id in (
            select id from sessions where user_id = $1 order by last_seen_at desc, created_at desc offset $2
        )
        "#,
        user.0,
        MAX_SESSIONS,
    )
    .execute(&mut *tx)
    .await?;
    Ok(DeviceId(device))
}

/// Moves this browser's session to a new id and elevates it: after an elevation the cookie is new, so nobody can have
/// seen it before. [`Error::SignInNeeded`] when the session was revoked in the meantime.
pub async fn renew(tx: &mut PgConnection, cx: &Request, me: &Member, key: &SessionKey) -> Result<()> {
    let updated = sqlx::query!(
        r#"
        with old as (
            delete from sessions where id = $1 and user_id = $2 and expires_at > now()
            returning device_id, created_at, idle_for, ends_at, sign_in_method, user_agent, ip, browser_hash
        )
        update sessions s set
            user_id = $2, device_id = old.device_id, created_at = old.created_at, last_seen_at = now(),
            idle_for = old.idle_for, ends_at = old.ends_at, expires_at = least(now() + old.idle_for, old.ends_at),
            sign_in_method = old.sign_in_method, user_agent = old.user_agent, ip = old.ip, browser_hash = old.browser_hash,
            elevated_until = now() + make_interval(mins => $4)
        from old where s.id = $3 and s.user_id is null
        "#,
        me.key.as_str(),
        me.id().0,
        key.as_str(),
        ELEVATION_MINUTES,
    )
    .execute(tx)
    .await?;
    if updated.rows_affected() != 1 {
        return Err(Error::SignInNeeded);
    }
    cx.claimed();
    Ok(())
}

/// Returns true if this session is remembered: its cookie keeps its lifetime.
pub(crate) async fn is_remembered(tx: &mut PgConnection, me: &Member) -> Result<bool> {
    let idle = sqlx::query_scalar!(
        r#"select idle_for > make_interval(hours => $2) as "remembered!" from sessions where id = $1"#,
        me.key.as_str(),
        IDLE_HOURS_FORGETFUL,
    )
    .fetch_optional(tx)
    .await?;
    idle.ok_or(Error::SignInNeeded)
}
