//! Whom we may ask: two kinds, GitHub and any OpenID Connect issuer. What differs between them is in their files; what
//! follows from what they say is decided elsewhere, alike for both.

use secrecy::SecretString;
use time::OffsetDateTime;
use tokio::time::timeout;

use super::{
    github::GitHub,
    oidc::Oidc,
    outbound::{Outbound, TOTAL, Trouble},
};
use crate::{
    accounts::Email,
    config::providers::{self as settings, Kind, Slug},
    error::{Error, Result},
    random::Token,
};

/// All of them, in the order in which they are offered.
pub struct Providers(Vec<Provider>);

/// One service that somebody may come in with.
pub struct Provider {
    settings: settings::Provider,
    protocol: Protocol,
    http: Outbound,
}

enum Protocol {
    GitHub(GitHub),
    Oidc(Oidc),
}

/// What a provider has to be told and given back on one round trip.
pub(super) struct Trip {
    /// Our callback, the very same at both ends.
    pub callback: String,
    pub state: Token,
    /// PKCE (RFC 7636).
    pub verifier: String,
    /// OpenID Connect Core § 3.1.2.1.
    pub nonce: String,
    /// They must prove themselves anew, after this moment.
    pub fresh: Option<OffsetDateTime>,
}

/// What came back with the browser.
pub(super) struct Answer<'a> {
    pub code: SecretString,
    /// Who says it is answering (RFC 9207).
    pub issuer: Option<&'a str>,
}

/// What a provider says about somebody. Only `issuer` and `subject` say who it is.
#[derive(Clone, Debug)]
pub struct Said {
    pub provider: Slug,
    pub issuer: String,
    pub subject: String,
    /// What they are called there, today.
    pub login: String,
    pub name: String,
    /// Addresses it says it verified, the primary one first; none that only forwards.
    pub addresses: Vec<Email>,
    /// Where it says their picture is.
    pub picture: Option<String>,
}

impl Providers {
    /// As the settings say. Nobody is asked anything yet.
    pub fn new(list: &[settings::Provider]) -> Self {
        Self(list.iter().cloned().map(Provider::new).collect())
    }

    /// The one called `slug`. [`Error::NotFound`] when there is none.
    pub fn find(&self, slug: &str) -> Result<&Provider> {
        self.0.iter().find(|provider| provider.slug().as_str() == slug).ok_or(Error::NotFound)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Provider> {
        self.0.iter()
    }

    /// What people call a provider, also one that is no longer in the settings.
    pub fn label(&self, slug: Slug) -> String {
        self.find(slug.as_str()).map_or_else(|_| settings::capital(slug), |provider| provider.label().to_owned())
    }

    /// Where a form of ours may lead to: browsers hold a redirect after a form to `form-action` as well.
    pub fn origins(&self) -> impl Iterator<Item = &str> {
        self.0.iter().flat_map(|provider| provider.settings.origins.iter().map(String::as_str))
    }
}

impl Provider {
    fn new(settings: settings::Provider) -> Self {
        let protocol = match &settings.kind {
            Kind::GitHub { url, api } => Protocol::GitHub(GitHub::new(url, api)),
            Kind::Oidc { issuer } => Protocol::Oidc(Oidc::new(issuer)),
        };
        Self { settings, protocol, http: Outbound::new() }
    }

    /// How it is called in addresses.
    pub fn slug(&self) -> Slug {
        self.settings.slug
    }

    /// Under which its accounts are known, with their subject.
    pub fn issuer(&self) -> String {
        self.settings.issuer()
    }

    /// Lets what it said of itself grow older.
    #[cfg(feature = "dev")]
    pub async fn age_for_test(&self, by: std::time::Duration) {
        if let Protocol::Oidc(oidc) = &self.protocol {
            oidc.age_for_test(by).await;
        }
    }

    /// What people call it.
    pub fn label(&self) -> &str {
        &self.settings.label
    }

    /// Where to send the browser.
    pub(super) async fn way(&self, trip: &Trip) -> Result<String, Trouble> {
        let url = match &self.protocol {
            Protocol::GitHub(github) => github.way(&self.settings, trip)?,
            Protocol::Oidc(oidc) => timely(oidc.way(&self.settings, &self.http, trip)).await?,
        };
        let origin = settings::origin(&url);
        if !self.settings.origins.contains(&origin) {
            return Err(Trouble::Settings(format!("its page is at {origin}: name that among its origins")));
        }
        Ok(url.into())
    }

    /// Who came back. The tokens it gives are dropped with the answer.
    pub(super) async fn ask(&self, answer: &Answer<'_>, trip: &Trip) -> Result<Said, Trouble> {
        match &self.protocol {
            Protocol::GitHub(github) => timely(github.ask(&self.settings, &self.http, (answer, trip))).await,
            Protocol::Oidc(oidc) => timely(oidc.ask(&self.settings, &self.http, (answer, trip))).await,
        }
    }
}

/// However many requests it takes: the person waits no longer.
async fn timely<T>(work: impl Future<Output = Result<T, Trouble>>) -> Result<T, Trouble> {
    timeout(TOTAL, work).await.unwrap_or_else(|_| Err(Trouble::Unreachable("not in time".to_owned())))
}
