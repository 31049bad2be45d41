//! Signing in with a password, by e-mail address or username.

use secrecy::SecretString;
use time::OffsetDateTime;

use super::password::{self, Verdict};
use crate::{
    Server,
    accounts::Email,
    audit::{self, Actor, Event},
    error::{Invalid, Result},
    id::UserId,
    limits,
    request::Request,
    sessions::{self, How},
};

/// What every failure says, whatever was wrong.
pub const WRONG: &str = "That e-mail or username and password don't match. Please check both.";

/// What somebody typed.
pub struct Attempt {
    /// An e-mail address or a username.
    pub identifier: String,
    pub password: SecretString,
    /// "Keep me signed in".
    pub remember: bool,
}

struct Known {
    id: UserId,
    hash: Option<String>,
    suspended: Option<Suspension>,
}

struct Suspension {
    until: Option<OffsetDateTime>,
    reason: String,
}

/// Signs somebody in: a fresh session, the one the browser had before ended.
///
/// [`crate::Error::Invalid`] on `identifier` when they don't match (or the account is suspended and they do);
/// [`crate::Error::Limited`] after too many failures for that name or from that place; [`crate::Error::Busy`].
pub async fn sign_in(cx: &Request, attempt: &Attempt) -> Result<()> {
    let server = &cx.server;
    let identifier = key(&attempt.identifier);
    let client = cx.client().limit_key();
    // Counted before it is evaluated, and given back when it was no failure: many at once cannot slip through.
    limits::take(server, limits::SIGN_IN_CLIENT, &client).await?;
    limits::take(server, limits::SIGN_IN_IDENTIFIER, &identifier).await?;

    let known = find(server, &identifier).await?;
    let stored = known.as_ref().and_then(|known| known.hash.clone());
    let verdict = match password::verify(server, &attempt.password, stored).await {
        Ok(verdict) => verdict,
        Err(error) => {
            give_back(server, &identifier, &client).await?;
            return Err(error);
        }
    };
    let Some(known) = known.filter(|_| verdict != Verdict::Wrong) else {
        tracing::info!(event = "sign_in_failed", "wrong identifier or password");
        return Err(Invalid::one("identifier", WRONG).into());
    };
    limits::clear(server, limits::SIGN_IN_IDENTIFIER, &identifier).await?;
    limits::give_back(server, limits::SIGN_IN_CLIENT, &client).await?;
    if let Some(suspension) = known.suspended {
        return Err(Invalid::one("identifier", suspension.words()).into());
    }
    let newer = match verdict {
        Verdict::RightButOld => Some(password::rehash(server, &attempt.password).await?),
        _ => None,
    };
    enter(cx, known.id, attempt.remember, newer).await
}

async fn enter(cx: &Request, user: UserId, remember: bool, newer_hash: Option<String>) -> Result<()> {
    let session = sessions::open(cx, remember).await?;
    let mut tx = cx.server.begin().await?;
    if let Some(hash) = newer_hash {
        sqlx::query!("update passwords set hash = $2 where user_id = $1", user.0, hash).execute(&mut *tx).await?;
    }
    let device = sessions::claim(&mut tx, cx, &session, user, (How::Password, remember)).await?;
    let actor = Actor::Person { user, device: Some(device), client: cx.client() };
    audit::record(&mut tx, user, actor, &Event::SignedIn { how: How::Password.name() }).await?;
    tx.commit().await?;
    Ok(())
}

async fn give_back(server: &Server, identifier: &str, client: &str) -> Result<()> {
    limits::give_back(server, limits::SIGN_IN_IDENTIFIER, identifier).await?;
    limits::give_back(server, limits::SIGN_IN_CLIENT, client).await
}

/// The one spelling under which a name is counted and looked up: an address when it is one, else a username.
fn key(identifier: &str) -> String {
    let typed: String = identifier.trim().chars().take(254).collect();
    match Email::parse(&typed) {
        Ok(email) => email.key(),
        Err(_) => typed.strip_prefix('@').unwrap_or(&typed).to_lowercase(),
    }
}

async fn find(server: &Server, key: &str) -> Result<Option<Known>> {
    let row = sqlx::query!(
        r#"
        select u.id, p.hash as "hash?", u.suspended_at, u.suspended_until, u.suspended_reason
        from users u left join passwords p on p.user_id = u.id
        where u.username = $1 or lower(u.email) = $1
        "#,
        key,
    )
    .fetch_optional(server.db())
    .await?;
    Ok(row.map(|row| Known {
        id: UserId(row.id),
        hash: row.hash,
        suspended: row.suspended_at.map(|_| Suspension {
            until: row.suspended_until,
            reason: row.suspended_reason.unwrap_or_default(),
        }),
    }))
}

impl Suspension {
    fn words(&self) -> String {
        let until = self.until.map_or_else(String::new, |until| format!(" until {}", until.date()));
        format!("This account is suspended{until}. The reason given: {}", self.reason)
    }
}
