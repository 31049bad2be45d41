//! Handles the callback from a provider: uses up the authorization request, contacts the provider, decides by the
//! table, and only then writes.

use super::{
    authorization_requests::{self, Callback, Flow, Taken},
    decide::{self, Addresses, Facts, Intent, Me, OAuthRefusal, Outcome},
    identities,
    outbound::ProviderError,
    pending_sign_ups,
    protocol::{CallbackParams, MissingDetail, ProviderAccount},
    providers::Provider,
};
use crate::{
    base::{
        error::{Error, Result},
        id::UserId,
        random::Token,
    },
    identity::{
        auth::{elevate, sign_in},
        sessions::{
            SignInMethod,
            request::{Member, Request},
        },
        sign_in_methods,
    },
};

/// The outcome of a callback.
pub enum CallbackOutcome {
    SignedIn {
        next: String,
    },
    /// Signed in to the verified account, which is now linked to the other provider's identity.
    Proved {
        next: String,
    },
    Linked,
    Elevated {
        next: String,
    },
    Refreshed,
    /// The callback was used before and the browser is signed in: a reload, or the CallbackOutcome button.
    AlreadyUsed,
    /// A new user: continues at the page of the pending sign-up, with this token in the cookie.
    PendingSignUp {
        browser: Token,
    },
    /// Nothing was done. `intent` is `None` when it is unknown.
    Refused {
        why: OAuthRefusal,
        intent: Option<Intent>,
        next: String,
    },
}

impl OAuthRefusal {
    /// Maps a failure to its message for users, and logs the cause.
    pub(super) fn of(provider: &Provider, error: &ProviderError) -> Self {
        tracing::warn!(provider = %provider.slug(), %error, "a provider could not be asked");
        match error {
            ProviderError::Unreachable(_) | ProviderError::Odd(_) => Self::Down,
            ProviderError::Wait(_) => Self::Wait,
            ProviderError::Code(_) => Self::Gone,
            ProviderError::Settings(_) => Self::Settings,
            ProviderError::Unverified => Self::Unverified,
            ProviderError::NotFresh => Self::NotFresh,
        }
    }
}

/// Handles the callback of the provider `slug`.
///
/// [`Error::NotFound`] for an unknown provider; [`Error::Invalid`] for a suspended account, with the reason.
pub async fn handle_callback(cx: &Request, slug: &str, callback: &Callback) -> Result<CallbackOutcome> {
    let provider = cx.server.providers().find(slug)?;
    let flow = match authorization_requests::take(cx, provider, callback).await? {
        Taken::Flow(flow) => flow,
        Taken::Unknown if cx.me().is_some() => return Ok(CallbackOutcome::AlreadyUsed),
        Taken::Unknown | Taken::Foreign => {
            tracing::info!(
                event = "oauth_refused",
                provider = slug,
                "a callback that belongs to no way of this browser"
            );
            return Ok(CallbackOutcome::Refused { why: OAuthRefusal::Gone, intent: None, next: "/".to_owned() });
        }
    };
    let refuse = |why| CallbackOutcome::Refused { why, intent: Some(flow.intent), next: flow.next.clone() };
    let me = cx.me().filter(|me| flow.owner == Some((me.id(), me.device)));
    if flow.intent.is_own() && me.is_none() {
        return Ok(refuse(OAuthRefusal::SessionGone));
    }
    let account = match ask(cx, provider, (callback, &flow)).await {
        Ok(account) => account,
        Err(why) => return Ok(refuse(why)),
    };
    let outcome = decide::decide(&facts(cx, &account, (flow.intent, me)).await?);
    if let Some(why) = account.missing.as_ref().and_then(|missing| missing_detail_refusal(provider, missing, outcome)) {
        return Ok(refuse(why));
    }
    match act(cx, (&account, &flow), (outcome, me)).await? {
        Ok(back) => Ok(back),
        Err(why) => Ok(refuse(why)),
    }
}

async fn ask(
    cx: &Request,
    provider: &Provider,
    (callback, flow): (&Callback, &Flow),
) -> Result<ProviderAccount, OAuthRefusal> {
    match (&callback.error, &callback.code) {
        (Some(error), _) if error == "access_denied" => Err(OAuthRefusal::Denied),
        (Some(error), _) => Err(OAuthRefusal::of(provider, &ProviderError::of_code(error))),
        (None, None) => Err(OAuthRefusal::Gone),
        (None, Some(code)) => {
            let fresh = (flow.intent == Intent::Elevate).then_some(flow.created_at);
            let request = authorization_requests::request(cx, provider, (&flow.browser, flow.state.clone()), fresh);
            let params = CallbackParams { code: code.clone().into(), issuer: callback.issuer.as_deref() };
            provider.ask(&params, &request).await.map_err(|error| OAuthRefusal::of(provider, &error))
        }
    }
}

/// Returns an error if the outcome needs the details that could not be read: joining may need them, updating name and
/// picture does. Every other outcome needs only the identity.
fn missing_detail_refusal(provider: &Provider, missing: &MissingDetail, outcome: Outcome) -> Option<OAuthRefusal> {
    let is_required = match outcome {
        Outcome::SignUp(_) => !missing.may_join,
        Outcome::Refresh(_) => true,
        _ => false,
    };
    if is_required {
        return Some(OAuthRefusal::of(provider, &missing.error));
    }
    tracing::warn!(provider = %provider.slug(), error = %missing.error, "went on without the details of an account");
    None
}

async fn facts(cx: &Request, account: &ProviderAccount, (intent, me): (Intent, Option<&Member>)) -> Result<Facts> {
    let mut db = cx.server.db().acquire().await?;
    let owner = identities::owner(&mut db, account).await?;
    let me = match me {
        Some(me) => Some(Me {
            user: me.id(),
            elevated: me.is_elevated(),
            has_another: identities::has(&mut db, me.id(), account.provider).await?,
            has_password: sign_in_methods::has_password(&mut db, me.id()).await?,
        }),
        None => None,
    };
    let waiting_for = match intent {
        Intent::Prove => pending_sign_ups::waiting_for(&mut db, cx).await?,
        _ => None,
    };
    let known = pending_sign_ups::owners(&mut db, account.addresses.iter().map(|email| email.key()).collect()).await?;
    let addresses = match known.into_iter().find_map(|(_, owner)| owner) {
        Some(owner) => Addresses::Of(owner),
        None if account.addresses.is_empty() => Addresses::None,
        None => Addresses::Free,
    };
    Ok(Facts { intent, me, owner, waiting_for, addresses })
}

async fn act(
    cx: &Request,
    (account, flow): (&ProviderAccount, &Flow),
    (outcome, me): (Outcome, Option<&Member>),
) -> Result<Result<CallbackOutcome, OAuthRefusal>> {
    let next = || flow.next.clone();
    let done = match (outcome, me) {
        (Outcome::SignIn(user), _) => {
            sign_in_owner(cx, (user, account), false).await.map(|()| CallbackOutcome::SignedIn { next: next() })
        }
        (Outcome::Proved(user), _) => {
            // To the page of the pending sign-up; this request only verified its account.
            let next_path = pending_sign_ups::next(cx).await?;
            sign_in_owner(cx, (user, account), true).await.map(|()| CallbackOutcome::Proved { next: next_path })
        }
        (Outcome::SignUp(_), _) => {
            pending_sign_ups::keep(cx, flow, account).await?;
            Ok(CallbackOutcome::PendingSignUp { browser: flow.browser.clone() })
        }
        (Outcome::Link(_), Some(me)) => {
            let me = me.clone().elevated()?;
            return Ok(identities::link(cx, &me, account).await?.map(|()| CallbackOutcome::Linked));
        }
        (Outcome::Elevate(_), Some(me)) => {
            elevate_session(cx, me, account).await.map(|()| CallbackOutcome::Elevated { next: next() })
        }
        (Outcome::Refresh(_), Some(me)) => {
            identities::refresh(cx, me, account).await.map(|()| CallbackOutcome::Refreshed)
        }
        (Outcome::Refuse(why), _) => return Ok(Err(why)),
        (_, None) => return Ok(Err(OAuthRefusal::SessionGone)),
    };
    match done {
        // Unlinked, signed out or used up between the check and the write.
        Err(Error::NotFound | Error::SignInNeeded) => Ok(Err(OAuthRefusal::Gone)),
        other => other.map(Ok),
    }
}

/// Signs in the owner of the identity; with `linking`, also links the pending identity of this browser to their
/// account.
async fn sign_in_owner(cx: &Request, (user, account): (UserId, &ProviderAccount), linking: bool) -> Result<()> {
    sign_in::refuse_suspended(&cx.server, user, "").await?;
    let how = SignInMethod::Provider(account.provider);
    sign_in::enter(cx, user, (how, true), async |tx| {
        identities::used(tx, user, account).await?;
        if linking {
            pending_sign_ups::link(tx, cx, (user, None)).await?;
        }
        Ok(())
    })
    .await
}

/// Elevates the session of a user who signed in at the provider again. Fails if the user has set a password in the
/// meantime: then the password is required.
async fn elevate_session(cx: &Request, me: &Member, account: &ProviderAccount) -> Result<()> {
    elevate::renew(cx, me, "identity", async |tx| {
        identities::used(tx, me.id(), account).await?;
        if sign_in_methods::has_password(tx, me.id()).await? { Err(Error::NotFound) } else { Ok(()) }
    })
    .await
}
