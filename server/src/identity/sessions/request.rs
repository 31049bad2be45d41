//! The facts of one request, and the proofs of its user. Only this file can create a [`Member`], [`Elevated`],
//! [`Moderator`] or [`Admin`]; a function that takes one cannot be called without it.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use axum::extract::FromRequestParts;
use http::{Extensions, request::Parts};
use tokio::sync::OnceCell;
use tower_sessions::Session;

use crate::{
    Server,
    base::{
        client::Client,
        error::{Error, Result},
        id::{DeviceId, UserId},
        random::Token,
    },
    identity::{
        audit::Actor,
        sessions::{self, SessionKey},
        users::{Role, UserSummary},
    },
};

/// The facts from the outer layers. [`crate::http::facts`] puts them into the request's extensions.
pub struct Facts {
    pub(crate) server: Server,
    pub(crate) client: Client,
    pub(crate) brought: Brought,
    /// True if a user got a session in this request: only then does its cookie reach the browser.
    pub(crate) claimed: AtomicBool,
    checked: OnceCell<Option<Member>>,
    /// Like [`Brought::browser`]; a new one if the request had none.
    pub(crate) browser: Token,
}

/// The cookies of the request.
pub(crate) struct Brought {
    /// The one well-formed session cookie, if the request has exactly one.
    pub cookie: Option<SessionKey>,
    /// The flow cookie of a pending sign-up or code.
    pub flow: Option<Token>,
    /// The cookie of a pending elevation code; separate, because elevation can interrupt another action.
    pub proof: Option<Token>,
    /// The cookie of a pending authorization request or OAuth sign-up.
    pub oauth: Option<Token>,
    /// The known-browser cookie, if present.
    pub browser: Option<Token>,
}

impl Facts {
    pub(crate) fn new(server: Server, client: Client, brought: Brought) -> Self {
        let browser = brought.browser.clone().unwrap_or_default();
        Self { server, client, brought, browser, claimed: AtomicBool::new(false), checked: OnceCell::new() }
    }

    /// Returns the signed-in user: one query, at most once a request. A database that does not answer is an error,
    /// never "not signed in".
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

/// One request, for the domain functions.
#[derive(Clone)]
pub struct Request {
    pub server: Server,
    facts: Arc<Facts>,
    session: Session,
}

impl Request {
    /// Builds a request without a query for the user; the user is known only if an earlier query found them.
    ///
    /// # Errors
    /// On a route outside the layers of the router.
    pub fn unasked(extensions: &Extensions) -> Result<Self> {
        let missing = || Error::internal("a route outside the layers of the router");
        let facts = extensions.get::<Arc<Facts>>().cloned().ok_or_else(missing)?;
        let session = extensions.get::<Session>().cloned().ok_or_else(missing)?;
        Ok(Self { server: facts.server.clone(), facts, session })
    }

    /// Queries the signed-in user, unless already known. Fails when the database does not answer.
    pub async fn ask(&self) -> Result<()> {
        self.facts.member().await.map(drop)
    }

    /// Returns the signed-in user, or `None`.
    pub fn me(&self) -> Option<&Member> {
        self.facts.checked.get().and_then(Option::as_ref)
    }

    /// Returns the id of the viewer of a page: the signed-in user.
    pub fn viewer(&self) -> Option<UserId> {
        self.me().map(Member::id)
    }

    /// Returns the client.
    pub fn client(&self) -> &Client {
        &self.facts.client
    }

    /// Returns the token of this browser's pending flow (a sign-up).
    pub fn flow(&self) -> Option<&Token> {
        self.facts.brought.flow.as_ref()
    }

    /// Returns the token of this browser's pending elevation code.
    pub fn proof(&self) -> Option<&Token> {
        self.facts.brought.proof.as_ref()
    }

    /// Returns the token of this browser's authorization requests.
    pub fn oauth(&self) -> Option<&Token> {
        self.facts.brought.oauth.as_ref()
    }

    /// Returns the token by which users know this browser.
    pub(crate) fn browser(&self) -> &Token {
        &self.facts.browser
    }

    /// Returns the browser token from the cookie, if present. Not authenticated: a client can make one up.
    pub(crate) fn known_by(&self) -> Option<&Token> {
        self.facts.brought.browser.as_ref()
    }

    /// Records that the opened session belongs to a user now.
    pub(crate) fn claimed(&self) {
        self.facts.claimed.store(true, Ordering::Release);
    }

    /// Returns the handle of the session store. It never has an id that the browser sent: it can only open new
    /// sessions.
    pub(crate) fn session(&self) -> &Session {
        &self.session
    }

    /// Returns the session key that the browser sent, signed in or not.
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

/// Proof that a user is signed in. Suspended users never are.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Member {
    pub person: UserSummary,
    pub role: Role,
    /// The session of this browser.
    pub device: DeviceId,
    pub unread: i64,
    pub(crate) elevated: bool,
    pub(crate) key: SessionKey,
}

impl Member {
    /// Returns the id of the user.
    pub fn id(&self) -> UserId {
        self.person.id
    }

    /// Returns the account for the turns in a [`crate::base::fair_queue`].
    pub(crate) fn queue_account(&self) -> String {
        format!("user {}", self.id())
    }

    /// Returns true if the session was elevated within the last minutes.
    pub fn is_elevated(&self) -> bool {
        self.elevated
    }

    /// Converts to [`Elevated`], the proof for dangerous changes.
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

impl<'a> Actor<'a> {
    /// Returns the actor of an event that `me` causes with this request.
    pub(crate) fn of(cx: &'a Request, me: &Member) -> Self {
        Self::Person { user: me.id(), device: Some(me.device), client: cx.client() }
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
    /// Proof that the user elevated the session within the last ten minutes.
    Elevated,
    Member::elevated
);
proof!(
    /// Proof that the user may moderate.
    Moderator,
    |me| if me.role >= Role::Moderator { Ok(Moderator(me)) } else { Err(Error::Forbidden) }
);
proof!(
    /// Proof that the user may administer, and elevated the session within the last ten minutes.
    Admin,
    |me| if me.role >= Role::Admin { me.elevated().map(|me| Admin(me.0)) } else { Err(Error::Forbidden) }
);
