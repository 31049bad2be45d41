//! OAuth sign-in with an account at a provider: GitHub, or any OpenID Connect issuer.
//!
//! The key of an identity is what the provider never changes: issuer and subject. A login name is only shown. An
//! address only counts when the provider says that it verified it, and then it only tells what a new user has to
//! verify: nothing is ever linked because of an address alone. One function decides what is allowed ([`decide`]).
//!
//! An authorization request is one row, deleted before any other check; it belongs to one browser, and for linking and
//! elevation to one signed-in session. Any other callback gets one clear error message. A provider's token is dropped
//! after its response has been read; no provider is contacted for a page that does not name it.

mod authorization_requests;
mod callback;
mod claims;
mod decide;
mod discovery;
mod github;
mod identities;
mod join;
mod jwt;
mod oidc;
mod outbound;
mod pending_sign_ups;
mod protocol;
mod prove;
mod provider_avatars;
mod providers;
mod tokens;

pub use authorization_requests::{Callback, StartOutcome, elevate, link, prove, refresh, sign_in};
pub use callback::{CallbackOutcome, handle_callback};
pub use decide::{Intent, OAuthRefusal};
pub use identities::{Identity, list, unlink};
pub use join::{Chosen, SignUpOutcome, join};
pub use pending_sign_ups::{Choice, PendingSignUp, Stage, current};
pub use protocol::ProviderAccount;
pub use prove::{ask_address, prove_by_code, prove_by_password, waiting};
pub use provider_avatars::avatar;
pub use providers::{Provider, Providers};

impl OAuthRefusal {
    /// Returns the message; `label` is the display name of the provider.
    pub fn words(self, label: &str) -> String {
        match self {
            Self::Gone => format!("That way to {label} has ended, or began in another browser. Please try again."),
            Self::Denied => format!("You said no at {label}, so nothing happened."),
            Self::Down => {
                format!("{label} doesn’t answer properly right now. Try again in a moment, or sign in another way.")
            }
            Self::Wait => format!("{label} asks us to wait. Try again in a minute, or sign in another way."),
            Self::Unverified => format!("{label} wants you to verify your e-mail address there first."),
            Self::Settings => {
                format!("{label} doesn’t take this site at the moment. The people who run it can read why.")
            }
            Self::LinkedElsewhere => {
                format!("That {label} account is already linked to another account. Nothing has changed.")
            }
            Self::LinkedAlready => format!("That {label} account is connected already."),
            Self::HasAnother => {
                format!("Another {label} account is connected to this account. Disconnect that one first.")
            }
            Self::NotThatOne => format!("That {label} account does not belong to this account. Nothing has changed."),
            Self::NotFresh => {
                format!("{label} didn’t ask you again who you are, so it doesn’t count. Try another way.")
            }
            Self::HasPassword => {
                "Your account has a password. Show that it is you with that, or with a code by mail.".to_owned()
            }
            Self::SessionGone => "That took too long, or you were signed out meanwhile. Please try again.".to_owned(),
        }
    }
}
