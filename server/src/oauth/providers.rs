//! The configured providers, of two kinds: GitHub and any OpenID Connect issuer. Their differences are in their files;
//! the decisions about their responses are made elsewhere, alike for both.

use std::time::{Duration, Instant};

use oauth2::url::Url;
use secrecy::SecretString;
use time::OffsetDateTime;
use unicode_segmentation::UnicodeSegmentation;

use super::{
    github::GitHub,
    oidc::Oidc,
    outbound::{Outbound, ProviderError},
};
use crate::{
    accounts::{DISPLAY_NAME_MAX, Email},
    config::{
        Origin,
        providers::{self as settings, Kind, Slug},
    },
    error::{Error, Result},
    random::Token,
    text,
};

/// The most characters of a stored login name.
const LOGIN_MAX: usize = 100;
/// The most bytes of the address of a picture.
const PICTURE_MAX: usize = 1_000;

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

/// The data of one authorization request and its callback.
pub(super) struct AuthorizationRequest {
    /// Our callback URL, exactly the same for both requests.
    pub callback: String,
    pub state: Token,
    /// PKCE (RFC 7636).
    pub verifier: String,
    /// OpenID Connect Core § 3.1.2.1.
    pub nonce: String,
    /// The user must authenticate after this time.
    pub fresh: Option<OffsetDateTime>,
}

/// The parameters of a successful callback.
pub(super) struct CallbackParams<'a> {
    pub code: SecretString,
    /// The issuer named in the response (RFC 9207).
    pub issuer: Option<&'a str>,
}

/// The provider's data about a user. Only `issuer` and `subject` identify the user.
#[derive(Clone, Debug)]
pub struct ProviderAccount {
    pub provider: Slug,
    pub issuer: String,
    pub subject: String,
    /// The current login name there.
    pub login: String,
    pub name: String,
    /// The addresses it says it verified, the primary one first; without those that only forward mail.
    pub addresses: Vec<Email>,
    /// The address of the user's picture there.
    pub picture: Option<String>,
    /// The details that could not be read, if any. Known identities sign in without them.
    pub(super) lacks: Option<MissingDetail>,
}

/// The reason why the details of an account could not be read.
#[derive(Clone, Debug)]
pub(super) struct MissingDetail {
    pub trouble: ProviderError,
    /// True if a new user can continue without them, as if the provider had verified no address.
    pub may_join: bool,
}

impl ProviderAccount {
    /// Cleans the texts for display: one short line each, and a picture only with a valid address.
    fn tidy(self) -> Self {
        let picture = self.picture.and_then(|text| Url::parse(&text).ok()).filter(settings::is_secure);
        Self {
            login: cut(&text::clean_line(&self.login), LOGIN_MAX),
            name: cut(&text::clean_line(&self.name), DISPLAY_NAME_MAX),
            picture: picture.map(String::from).filter(|url| url.len() <= PICTURE_MAX),
            ..self
        }
    }
}

/// Returns the first `most` code points of a line, or a few less: no grapheme is cut.
fn cut(line: &str, most: usize) -> String {
    let mut left = most;
    let fits = |grapheme: &&str| {
        let rest = left.checked_sub(grapheme.chars().count());
        left = rest.unwrap_or_default();
        rest.is_some()
    };
    line.graphemes(true).take_while(fits).collect::<String>().trim_end().to_owned()
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
            Kind::GitHub { url, api } => Protocol::GitHub(GitHub::new(url, api)),
            Kind::Oidc { issuer } => Protocol::Oidc(Oidc::new(issuer)),
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
    pub(super) async fn way(&self, trip: &AuthorizationRequest) -> Result<String, ProviderError> {
        let url = match &self.protocol {
            Protocol::GitHub(github) => github.way(&self.settings, trip)?,
            Protocol::Oidc(oidc) => oidc.way(&self.settings, &self.http, trip).await?,
        };
        Ok(url.into())
    }

    /// Returns the account of a callback. The tokens in the provider's response are dropped with it.
    pub(super) async fn ask(
        &self,
        answer: &CallbackParams<'_>,
        trip: &AuthorizationRequest,
    ) -> Result<ProviderAccount, ProviderError> {
        let said = match &self.protocol {
            Protocol::GitHub(github) => github.ask(&self.settings, &self.http, (answer, trip)).await,
            Protocol::Oidc(oidc) => oidc.ask(&self.settings, &self.http, (answer, trip)).await,
        };
        said.map(ProviderAccount::tidy)
    }

    /// Checks that the provider answers, for `kith doctor`. Returns one of its addresses and the response time.
    pub async fn reach(&self) -> Result<(String, Duration), ProviderError> {
        let begun = Instant::now();
        let place = match &self.protocol {
            Protocol::GitHub(github) => github.reach(&self.http).await?,
            Protocol::Oidc(oidc) => oidc.reach(&self.http).await?,
        };
        Ok((place, begun.elapsed()))
    }

    /// Returns the callback URL to register at the provider.
    pub fn callback(&self, origin: &Origin) -> String {
        origin.url(&format!("/auth/{}/callback", self.slug()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cutting_a_name_leaves_graphemes_whole() {
        let (family, flag) = ("👩\u{200d}👩\u{200d}👧\u{200d}👦", "🇳🇴");
        for (line, most, left) in [
            ("Ada Marlow".to_owned(), 50, "Ada Marlow".to_owned()),
            ("Ada Marlow".to_owned(), 4, "Ada".to_owned()),
            (format!("{}{family}", "a".repeat(48)), 50, "a".repeat(48)),
            (format!("{}{flag}", "a".repeat(49)), 50, "a".repeat(49)),
            (format!("{}e\u{301}\u{323}", "a".repeat(48)), 50, "a".repeat(48)),
            (format!("{}x", "a".repeat(50)), 50, "a".repeat(50)),
            (format!("e{}", "\u{301}".repeat(60)), 50, String::new()),
        ] {
            assert_eq!(cut(&line, most), left, "{line}");
        }
    }
}
