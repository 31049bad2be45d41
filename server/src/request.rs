//! The facts of one request, and the proofs of who makes it. Only this file can make a [`Member`], [`Elevated`],
//! [`Moderator`] or [`Admin`]; a verb that takes one cannot be reached without it.

mod refused;

use std::{
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use axum::extract::FromRequestParts;
use http::{Extensions, request::Parts};
pub use refused::Refused;
use tokio::sync::OnceCell;
use tower_sessions::Session;

use crate::{
    Server,
    accounts::Role,
    error::{Error, Result},
    id::{DeviceId, UserId},
    profiles::Author,
    random::Token,
    sessions::{self, SessionKey},
};

/// Where a request comes from.
#[derive(Clone, Debug)]
pub struct Client {
    /// The socket's address, or what a trusted proxy says it is.
    pub ip: IpAddr,
    /// What the browser calls itself, cut to 400 characters.
    pub user_agent: String,
}

impl Client {
    /// What limits count: the address, or for IPv6 the /64 it is in (one customer's smallest share).
    pub fn limit_key(&self) -> String {
        match self.ip.to_canonical() {
            IpAddr::V4(ip) => ip.to_string(),
            IpAddr::V6(ip) => format!("{:x}/64", ip.to_bits() >> 64),
        }
    }

    /// The network the address is in, as large as one customer can easily have: the /24, or for IPv6 the /48. For what is
    /// shared between networks, so that it takes several of them to use it up.
    pub fn network_key(&self) -> String {
        match self.ip.to_canonical() {
            IpAddr::V4(ip) => format!("{:x}/24", ip.to_bits() >> 8),
            IpAddr::V6(ip) => format!("{:x}/48", ip.to_bits() >> 80),
        }
    }
}

/// What the outer layers learnt, put among the request's extensions by [`crate::web::facts`].
pub struct Facts {
    pub(crate) server: Server,
    pub(crate) client: Client,
    pub(crate) brought: Brought,
    /// Whether a session was given to somebody in this request: only then does its cookie reach the browser.
    pub(crate) claimed: AtomicBool,
    checked: OnceCell<Option<Member>>,
    /// As [`Brought::browser`]; a new one if it had none.
    pub(crate) browser: Token,
}

/// What the browser brought in its cookies.
pub(crate) struct Brought {
    /// From the one well-formed session cookie, if the request has exactly one.
    pub cookie: Option<SessionKey>,
    /// The browser's flow cookie, in the middle of a sign-up.
    pub flow: Option<Token>,
    /// While it waits for a code that proves again who somebody is: in the middle of something else.
    pub proof: Option<Token>,
    /// On a way to a provider, or back from one.
    pub oauth: Option<Token>,
    /// What this browser is known by to those who signed in from it, if it says so.
    pub browser: Option<Token>,
}

impl Facts {
    pub(crate) fn new(server: Server, client: Client, brought: Brought) -> Self {
        let browser = brought.browser.clone().unwrap_or_default();
        Self { server, client, brought, browser, claimed: AtomicBool::new(false), checked: OnceCell::new() }
    }

    /// Who is signed in: one query, asked at most once a request. A database that does not answer is an error, never
    /// "nobody".
    async fn member(&self) -> Result<Option<&Member>> {
        let Some(key) = &self.brought.cookie else { return Ok(None) };
        let check = || async {
            let found = sessions::check(&self.server, &self.client, key).await?;
            Ok::<_, Error>(found.map(|found| Member {
                person: found.person,
                role: found.role,
                device: found.device,
                elevated: found.elevated,
                unread: found.unread,
                key: key.clone(),
            }))
        };
        Ok(self.checked.get_or_try_init(check).await?.as_ref())
    }
}

/// One request, as verbs see it.
#[derive(Clone)]
pub struct Request {
    pub server: Server,
    facts: Arc<Facts>,
    session: Session,
}

impl Request {
    /// Without asking the database who is signed in; known only if that was asked before.
    ///
    /// # Errors
    /// On a route outside the layers of the router.
    pub fn unasked(extensions: &Extensions) -> Result<Self> {
        let missing = || Error::Unavailable("a route outside the layers of the router".into());
        let facts = extensions.get::<Arc<Facts>>().cloned().ok_or_else(missing)?;
        let session = extensions.get::<Session>().cloned().ok_or_else(missing)?;
        Ok(Self { server: facts.server.clone(), facts, session })
    }

    /// Asks who is signed in, unless that is known. Fails when the database does not answer.
    pub async fn ask(&self) -> Result<()> {
        self.facts.member().await.map(drop)
    }

    /// Who is signed in, if anybody is.
    pub fn me(&self) -> Option<&Member> {
        self.facts.checked.get().and_then(Option::as_ref)
    }

    /// Whom pages are made for: the id of who is signed in.
    pub fn viewer(&self) -> Option<UserId> {
        self.me().map(Member::id)
    }

    /// Where it comes from.
    pub fn client(&self) -> &Client {
        &self.facts.client
    }

    /// The token of a flow (a sign-up) this browser is in the middle of.
    pub fn flow(&self) -> Option<&Token> {
        self.facts.brought.flow.as_ref()
    }

    /// The token of this browser while it waits for a code that proves again who somebody is.
    pub fn proof(&self) -> Option<&Token> {
        self.facts.brought.proof.as_ref()
    }

    /// The token of this browser's ways to providers.
    pub fn oauth(&self) -> Option<&Token> {
        self.facts.brought.oauth.as_ref()
    }

    /// What this browser is known by to those who signed in from it.
    pub(crate) fn browser(&self) -> &Token {
        &self.facts.browser
    }

    /// The same, only if it brought it: anybody can bring one that they made up.
    pub(crate) fn known_by(&self) -> Option<&Token> {
        self.facts.brought.browser.as_ref()
    }

    /// Notes that the opened session belongs to somebody now.
    pub(crate) fn claimed(&self) {
        self.facts.claimed.store(true, Ordering::Release);
    }

    /// The session store's handle. It never carries an id the browser sent: it can only open new sessions.
    pub(crate) fn session(&self) -> &Session {
        &self.session
    }

    /// The session the browser sent, whether or not anybody is signed in by it.
    pub(crate) fn cookie(&self) -> Option<&SessionKey> {
        self.facts.brought.cookie.as_ref()
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Request {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        let cx = Self::unasked(&parts.extensions)?;
        cx.facts.member().await?;
        Ok(cx)
    }
}

/// Proof that somebody is signed in, and who. Suspended people are nobody.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Member {
    pub person: Author,
    pub role: Role,
    /// This browser.
    pub device: DeviceId,
    pub unread: i64,
    pub(crate) elevated: bool,
    pub(crate) key: SessionKey,
}

impl Member {
    /// Their row in `users`.
    pub fn id(&self) -> UserId {
        self.person.id
    }

    /// What their turns in a [`crate::fair_queue`] are counted for.
    pub(crate) fn queue_account(&self) -> String {
        format!("user {}", self.id())
    }

    /// Whether they proved who they are within the last minutes.
    pub fn is_elevated(&self) -> bool {
        self.elevated
    }

    /// As [`Member`], with that proof: for dangerous changes.
    ///
    /// # Errors
    /// [`Error::ElevationNeeded`].
    pub fn elevated(self) -> Result<Elevated> {
        if self.elevated { Ok(Elevated(self)) } else { Err(Error::ElevationNeeded) }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Member {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        let cx = Request::from_request_parts(parts, state).await?;
        cx.me().cloned().ok_or(Error::SignInNeeded)
    }
}

macro_rules! proof {
    ($(#[$doc:meta])* $name:ident, $prove:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub struct $name(Member);

        impl std::ops::Deref for $name {
            type Target = Member;

            fn deref(&self) -> &Member {
                &self.0
            }
        }

        impl<S: Send + Sync> FromRequestParts<S> for $name {
            type Rejection = Error;

            async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
                let prove: fn(Member) -> Result<$name> = $prove;
                prove(Member::from_request_parts(parts, state).await?)
            }
        }
    };
}

proof!(
    /// Proof that they proved who they are within the last ten minutes.
    Elevated,
    Member::elevated
);
proof!(
    /// Proof that they may moderate.
    Moderator,
    |me| if me.role >= Role::Moderator { Ok(Moderator(me)) } else { Err(Error::Forbidden) }
);
proof!(
    /// Proof that they may administer, and proved who they are within the last ten minutes.
    Admin,
    |me| if me.role >= Role::Admin { me.elevated().map(|me| Admin(me.0)) } else { Err(Error::Forbidden) }
);
