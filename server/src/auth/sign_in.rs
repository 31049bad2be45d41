//! Signing in with a password, by e-mail address or username.

use secrecy::SecretString;
use sqlx::PgConnection;
use time::OffsetDateTime;

use super::password::{self, Verdict};
use crate::{
    Server,
    accounts::Email,
    audit::{self, Actor, Event},
    db::FarTime,
    error::{Invalid, Result},
    id::UserId,
    input,
    limits::{self, Policy},
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
    /// What failures of this very browser are counted under, when the account has used it before.
    browser: Option<String>,
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
    sign_in_and(cx, attempt, async |_, _| Ok(())).await
}

/// As [`sign_in`], with what belongs into the same transaction.
pub(crate) async fn sign_in_and(
    cx: &Request,
    attempt: &Attempt,
    then: impl AsyncFnOnce(&mut PgConnection, UserId) -> Result<()>,
) -> Result<()> {
    let (known, newer) = prove(cx, attempt).await?;
    enter(cx, known.id, (How::Password, attempt.remember), async |tx| {
        match newer {
            Some(hash) => password::replace(tx, known.id, (known.hash.as_deref(), &hash)).await?,
            None => password::still(tx, known.id, known.hash.as_deref()).await?,
        }
        then(tx, known.id).await
    })
    .await
}

/// Whose name and password these are, and the newer hash when theirs is an older one.
async fn prove(cx: &Request, attempt: &Attempt) -> Result<(Known, Option<String>)> {
    let server = &cx.server;
    let identifier = key(&attempt.identifier);
    let known = find(cx, &identifier).await?;
    // Counted before it is evaluated, and given back when it was no failure: many at once cannot slip through.
    let counts = Counts::of(cx, known.as_ref().and_then(|known| known.browser.clone()), identifier);
    counts.take(server).await?;
    let stored = known.as_ref().and_then(|known| known.hash.clone());
    let verdict = match password::verify(server, &attempt.password, stored).await {
        Ok(verdict) => verdict,
        Err(error) => {
            counts.give_back(server).await?;
            return Err(error);
        }
    };
    let Some(known) = known.filter(|_| verdict != Verdict::Wrong) else {
        tracing::info!(event = "sign_in_failed", "wrong identifier or password");
        return Err(Invalid::one("identifier", WRONG).into());
    };
    counts.clear(server).await?;
    if let Some(suspension) = &known.suspended {
        return Err(Invalid::one("identifier", suspension.words()).into());
    }
    let newer = match verdict {
        Verdict::RightButOld => Some(password::rehash(server, &attempt.password).await?),
        _ => None,
    };
    Ok((known, newer))
}

/// Under what a try is counted.
struct Counts {
    client: Option<String>,
    account: (Policy, String),
}

impl Counts {
    /// A browser this account has used before has a count of its own: strangers, and neighbours behind the same client
    /// address, cannot lock its owner out of it.
    fn of(cx: &Request, browser: Option<String>, identifier: String) -> Self {
        match browser {
            Some(browser) => Self { client: None, account: (limits::SIGN_IN_BROWSER, browser) },
            None => Self { client: Some(cx.client().limit_key()), account: (limits::SIGN_IN_IDENTIFIER, identifier) },
        }
    }

    async fn take(&self, server: &Server) -> Result<()> {
        if let Some(client) = &self.client {
            limits::take(server, limits::SIGN_IN_CLIENT, client).await?;
        }
        limits::take(server, self.account.0, &self.account.1).await
    }

    async fn give_back(&self, server: &Server) -> Result<()> {
        if let Some(client) = &self.client {
            limits::give_back(server, limits::SIGN_IN_CLIENT, client).await?;
        }
        limits::give_back(server, self.account.0, &self.account.1).await
    }

    /// Forgets the failures for this account: it was its owner. What came from the same place for others stays counted.
    async fn clear(&self, server: &Server) -> Result<()> {
        self.give_back(server).await?;
        limits::clear(server, self.account.0, &self.account.1).await
    }
}

/// Opens a session for somebody who has proved who they are, with what belongs into the same transaction.
pub(crate) async fn enter(
    cx: &Request,
    user: UserId,
    (how, remember): (How, bool),
    within: impl AsyncFnOnce(&mut PgConnection) -> Result<()>,
) -> Result<()> {
    let told = sessions::may_tell(cx, user).await?;
    let session = sessions::open(cx, remember).await?;
    let mut tx = cx.server.begin().await?;
    sessions::hold(&mut tx, user).await?;
    within(&mut tx).await?;
    let device = sessions::claim(&mut tx, cx, &session, user, (how, remember)).await?;
    let actor = Actor::Person { user, device: Some(device), client: cx.client() };
    audit::record(&mut tx, user, actor, &Event::SignedIn { how: how.name() }).await?;
    if told {
        sessions::greet_browser(&mut tx, cx, user, device).await?;
    }
    tx.commit().await?;
    cx.server.wake().ring();
    Ok(())
}

/// Tells a suspended person why, at `field`; they have proved who they are.
pub(crate) async fn refuse_suspended(server: &Server, user: UserId, field: &'static str) -> Result<()> {
    let row = sqlx::query!(
        r#"
        select suspended_at, suspended_until as "suspended_until: FarTime", suspended_reason
        from users where id = $1
        "#,
        user.0,
    )
    .fetch_one(server.db())
    .await?;
    if row.suspended_at.is_none() {
        return Ok(());
    }
    let suspension = Suspension::new(row.suspended_until, row.suspended_reason);
    Err(Invalid::one(field, suspension.words()).into())
}

/// The one spelling under which a name is counted and looked up: an address when it is one, else a username.
fn key(identifier: &str) -> String {
    match Email::parse(identifier) {
        Ok(email) => email.key(),
        Err(_) => {
            let typed: String = input::identifier(identifier).chars().take(254).collect();
            typed.strip_prefix('@').unwrap_or(&typed).to_lowercase()
        }
    }
}

async fn find(cx: &Request, key: &str) -> Result<Option<Known>> {
    let row = sqlx::query!(
        r#"
        select u.id, p.hash as "hash?", u.suspended_at, u.suspended_until as "suspended_until: FarTime", u.suspended_reason
        from users u left join passwords p on p.user_id = u.id
        where (u.username = $1 or lower(u.email) = $1) and u.deleted_at is null
        "#,
        key,
    )
    .fetch_optional(cx.server.db())
    .await?;
    let browser = sessions::known_browser(cx, row.as_ref().map(|row| UserId(row.id))).await?;
    Ok(row.map(|row| Known {
        id: UserId(row.id),
        hash: row.hash,
        browser,
        suspended: row.suspended_at.map(|_| Suspension::new(row.suspended_until, row.suspended_reason)),
    }))
}

impl Suspension {
    fn new(until: Option<FarTime>, reason: Option<String>) -> Self {
        Self { until: until.and_then(|until| until.0), reason: reason.unwrap_or_default() }
    }

    fn words(&self) -> String {
        let until = self.until.map_or_else(String::new, |until| format!(" until {}", until.date()));
        format!("This account is suspended{until}. The reason given: {}", self.reason)
    }
}
