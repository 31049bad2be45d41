//! Sign-in with a password, by e-mail address or username.

use secrecy::SecretString;
use sqlx::PgConnection;
use time::OffsetDateTime;

use super::password::{self, Verdict};
use crate::{
    Server,
    base::{
        error::{Invalid, Result},
        fair_queue::QueueKey,
        id::UserId,
        input,
    },
    db::FarTime,
    identity::{
        audit::{self, Actor, Event},
        sessions::{self, SignInMethod, request::Request},
        users::{self, Email},
    },
    limits::{self, Share, SharedBudget},
};

/// The input of the sign-in form.
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
    /// The key for the failures of this browser, if the account has used it before.
    browser: Option<String>,
    suspended: Option<Suspension>,
}

struct Suspension {
    until: Option<OffsetDateTime>,
    reason: String,
}

/// Signs a user in: opens a new session and revokes the previous one of the browser.
///
/// [`crate::Error::Invalid`] on `identifier` when name and password do not match (or match a suspended account);
/// [`crate::Error::Limited`] after too many failures for that name or from that client; [`crate::Error::Busy`].
pub async fn sign_in(cx: &Request, attempt: &Attempt) -> Result<()> {
    sign_in_and(cx, attempt, async |_, _| Ok(())).await
}

/// Like [`sign_in`]; `action` runs in the same transaction.
pub(crate) async fn sign_in_and(
    cx: &Request,
    attempt: &Attempt,
    action: impl AsyncFnOnce(&mut PgConnection, UserId) -> Result<()>,
) -> Result<()> {
    let (known, new_hash) = verify_password(cx, attempt).await?;
    enter(cx, known.id, (SignInMethod::Password, attempt.remember), async |tx| {
        match new_hash {
            Some(hash) => password::replace(tx, known.id, (known.hash.as_deref(), &hash)).await?,
            None => password::still(tx, known.id, known.hash.as_deref()).await?,
        }
        action(tx, known.id).await
    })
    .await
}

/// Verifies name and password. Returns the user, and a new hash when the stored one has old parameters.
async fn verify_password(cx: &Request, attempt: &Attempt) -> Result<(Known, Option<String>)> {
    let server = &cx.server;
    let identifier = key(&attempt.identifier);
    let known = find(cx, &identifier).await?;
    // Counted before it is evaluated, and given back when it was no failure, so that parallel tries cannot exceed the
    // limit.
    let counts = Counts::take(cx, known.as_ref(), identifier).await?;
    let stored = known.as_ref().and_then(|known| known.hash.clone());
    let verdict = match password::verify(server, counts.queue_key(cx), &attempt.password, stored).await {
        Ok(verdict) => verdict,
        Err(error) => {
            counts.give_back(cx).await?;
            return Err(error);
        }
    };
    let Some(known) = known.filter(|_| verdict != Verdict::Wrong) else {
        tracing::info!(event = "sign_in_failed", "wrong identifier or password");
        return Err(Invalid::one("identifier", password::WRONG).into());
    };
    counts.clear(cx).await?;
    if let Some(suspension) = &known.suspended {
        return Err(Invalid::one("identifier", suspension.words()).into());
    }
    let new_hash = match verdict {
        Verdict::RightButOld => Some(password::rehash(server, counts.queue_key(cx), &attempt.password).await?),
        _ => None,
    };
    Ok((known, new_hash))
}

/// The counts of one try.
enum Counts {
    /// A browser this account has used before has its own count: strangers, and neighbours behind the same client
    /// address, cannot lock its owner out.
    Known {
        user: UserId,
        browser: String,
    },
    Stranger {
        identifier: String,
        share: Share,
    },
}

impl Counts {
    /// Counts a try. One of the limits also keeps the correct tries, because each costs a hash.
    async fn take(cx: &Request, known: Option<&Known>, identifier: String) -> Result<Self> {
        let server = &cx.server;
        let counts = match known.and_then(|known| Some((known.id, known.browser.clone()?))) {
            Some((user, browser)) => {
                limits::take(server.db(), limits::SIGN_IN_BROWSER, &browser).await?;
                Self::Known { user, browser }
            }
            None => {
                limits::take(server.db(), limits::SIGN_IN_CLIENT, cx.client().limit_key()).await?;
                let share = limits::take_shared(server.db(), SharedBudget::SIGN_IN, &identifier, cx.client()).await?;
                Self::Stranger { identifier, share }
            }
        };
        limits::take(server.db(), limits::SIGN_IN_ALL, counts.account()).await?;
        Ok(counts)
    }

    /// Returns the key for limits and for the queue: a known user in all of their browsers together, or the name that a
    /// stranger typed.
    fn account(&self) -> String {
        match self {
            Self::Known { user, .. } => format!("user {user}"),
            Self::Stranger { identifier, .. } => identifier.clone(),
        }
    }

    fn queue_key(&self, cx: &Request) -> QueueKey {
        QueueKey::new(cx.client(), format!("sign-in {}", self.account()))
    }

    /// Takes the try back because it was not evaluated.
    async fn give_back(&self, cx: &Request) -> Result<()> {
        limits::give_back(cx.server.db(), limits::SIGN_IN_ALL, self.account()).await?;
        match self {
            Self::Known { browser, .. } => limits::give_back(cx.server.db(), limits::SIGN_IN_BROWSER, browser).await,
            Self::Stranger { identifier, share } => {
                limits::give_back(cx.server.db(), limits::SIGN_IN_CLIENT, cx.client().limit_key()).await?;
                SharedBudget::SIGN_IN.give_back(cx.server.db(), *share, identifier, cx.client()).await
            }
        }
    }

    /// Clears the failures for this account after a success. Failures of the same client for other accounts stay
    /// counted.
    async fn clear(&self, cx: &Request) -> Result<()> {
        match self {
            Self::Known { browser, .. } => limits::clear(cx.server.db(), limits::SIGN_IN_BROWSER, browser).await,
            Self::Stranger { identifier, .. } => {
                limits::give_back(cx.server.db(), limits::SIGN_IN_CLIENT, cx.client().limit_key()).await?;
                SharedBudget::SIGN_IN.clear(cx.server.db(), identifier, cx.client()).await
            }
        }
    }
}

/// Opens a session for a verified user. `action` runs in the same transaction.
pub(crate) async fn enter(
    cx: &Request,
    user: UserId,
    (how, remember): (SignInMethod, bool),
    action: impl AsyncFnOnce(&mut PgConnection) -> Result<()>,
) -> Result<()> {
    let should_notify = sessions::may_tell(cx, user).await?;
    let session = sessions::open(cx, remember).await?;
    let mut tx = cx.server.begin().await?;
    users::lock(&mut tx, user).await?;
    action(&mut tx).await?;
    let device = sessions::claim(&mut tx, cx, &session, user, (how, remember)).await?;
    let actor = Actor::Person { user, device: Some(device), client: cx.client() };
    audit::record(&mut tx, user, actor, &Event::SignedIn { how: how.name() }).await?;
    if should_notify {
        sessions::greet_browser(&mut tx, cx, user, device).await?;
    }
    tx.commit().await?;
    cx.server.wake().ring();
    Ok(())
}

/// Returns the reason of a suspension as an error on `field`. The user has already proved who they are.
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

/// Returns the spelling under which a name is counted and looked up: an address if it is valid, else a username.
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
