//! The configured providers, of two kinds: GitHub and any OpenID Connect issuer. Their differences are in their files;
//! the decisions about their responses are made elsewhere, alike for both.

use std::time::{Duration, Instant};

use super::{
    github::GitHub,
    oidc::Oidc,
    outbound::{Outbound, ProviderError},
    protocol::{AuthorizationRequest, CallbackParams, ProviderAccount},
};
use crate::{
    base::error::{Error, Result},
    config::{
        Origin,
        providers::{self as settings, ProviderKind, Slug},
    },
};

/// All providers, in the order in which they are offered.
pub struct Providers(Vec<Provider>);

/// A provider for OAuth sign-in.
pub struct Provider {
    settings: settings::Provider,
    protocol: Protocol,
    http: Outbound,
}

enum Protocol {
    GitHub(GitHub),
    Oidc(Oidc),
}

impl Providers {
    /// Builds them from the settings, without a request.
    pub fn new(list: &[settings::Provider]) -> Self {
        Self(list.iter().cloned().map(Provider::new).collect())
    }

    /// Returns the provider `slug`. [`Error::NotFound`] when there is none.
    pub fn find(&self, slug: &str) -> Result<&Provider> {
        self.0.iter().find(|provider| provider.slug().as_str() == slug).ok_or(Error::NotFound)
    }

    /// Returns all providers.
    pub fn iter(&self) -> impl Iterator<Item = &Provider> {
        self.0.iter()
    }

    /// Returns the display name of a provider, also of one that is no longer in the settings.
    pub fn label(&self, slug: Slug) -> String {
        self.find(slug.as_str()).map_or_else(|_| settings::capital(slug), |provider| provider.label().to_owned())
    }
}

impl Provider {
    fn new(settings: settings::Provider) -> Self {
        let protocol = match &settings.kind {
            ProviderKind::GitHub { url, api } => Protocol::GitHub(GitHub::new(url, api)),
            ProviderKind::Oidc { issuer } => Protocol::Oidc(Oidc::new(issuer)),
        };
        Self { settings, protocol, http: Outbound::new() }
    }

    /// Returns its name in URLs.
    pub fn slug(&self) -> Slug {
        self.settings.slug
    }

    /// Returns the issuer, which identifies its accounts together with their subject.
    pub fn issuer(&self) -> String {
        self.settings.issuer()
    }

    /// Makes the cached description older.
    #[cfg(feature = "dev")]
    pub async fn age_for_test(&self, by: std::time::Duration) {
        if let Protocol::Oidc(oidc) = &self.protocol {
            oidc.age_for_test(by).await;
        }
    }

    /// Returns the display name.
    pub fn label(&self) -> &str {
        &self.settings.label
    }

    /// Returns the authorization URL for the browser.
    pub(super) async fn authorization_url(&self, request: &AuthorizationRequest) -> Result<String, ProviderError> {
        let url = match &self.protocol {
            Protocol::GitHub(github) => github.authorization_url(&self.settings, request)?,
            Protocol::Oidc(oidc) => oidc.authorization_url(&self.settings, &self.http, request).await?,
        };
        Ok(url.into())
    }

    /// Returns the account of a callback. The tokens in the provider's response are dropped with it.
    pub(super) async fn ask(
        &self,
        params: &CallbackParams<'_>,
        request: &AuthorizationRequest,
    ) -> Result<ProviderAccount, ProviderError> {
        let account = match &self.protocol {
            Protocol::GitHub(github) => github.ask(&self.settings, &self.http, (params, request)).await,
            Protocol::Oidc(oidc) => oidc.ask(&self.settings, &self.http, (params, request)).await,
        };
        account.map(ProviderAccount::tidy)
    }

    /// Checks that the provider answers, for `kith doctor`. Returns one of its addresses and the response time.
    pub async fn reach(&self) -> Result<(String, Duration), ProviderError> {
        let started = Instant::now();
        let url = match &self.protocol {
            Protocol::GitHub(github) => github.reach(&self.http).await?,
            Protocol::Oidc(oidc) => oidc.reach(&self.http).await?,
        };
        Ok((url, started.elapsed()))
    }

    /// Returns the callback URL to register at the provider.
    pub fn callback(&self, origin: &Origin) -> String {
        origin.url(&format!("/auth/{}/callback", self.slug()))
    }
}
