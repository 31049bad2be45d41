//! Whom we may ask: two kinds, GitHub and any OpenID Connect issuer. What differs between them is in their files; what
//! follows from what they say is decided elsewhere, alike for both.

use std::time::{Duration, Instant};

use oauth2::url::Url;
use secrecy::SecretString;
use time::OffsetDateTime;
use unicode_segmentation::UnicodeSegmentation;

use super::{
    github::GitHub,
    oidc::Oidc,
    outbound::{Outbound, Trouble},
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

/// The most characters of a login name that are kept.
const LOGIN_MAX: usize = 100;
/// The most bytes of the address of a picture.
const PICTURE_MAX: usize = 1_000;

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
    /// The details that could not be read, if any. Accounts that are known here are signed in without them.
    pub(super) lacks: Option<Lack>,
}

/// The reason why the details of an account could not be read.
#[derive(Clone, Debug)]
pub(super) struct Lack {
    pub trouble: Trouble,
    /// Whether a new account goes on without them, as if the provider had verified no address.
    pub may_join: bool,
}

impl Said {
    /// Makes the texts that are only shown fit to be stored: one short line each, and a picture only by a valid address.
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

/// The first `most` code points of a line, or a few less: no grapheme is cut.
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
            Protocol::Oidc(oidc) => oidc.way(&self.settings, &self.http, trip).await?,
        };
        Ok(url.into())
    }

    /// Returns the account that came back. The tokens it gives are dropped with the answer.
    pub(super) async fn ask(&self, answer: &Answer<'_>, trip: &Trip) -> Result<Said, Trouble> {
        let said = match &self.protocol {
            Protocol::GitHub(github) => github.ask(&self.settings, &self.http, (answer, trip)).await,
            Protocol::Oidc(oidc) => oidc.ask(&self.settings, &self.http, (answer, trip)).await,
        };
        said.map(Said::tidy)
    }

    /// Checks that the provider answers, for `kith doctor`. Returns an address of it and the time it took.
    pub async fn reach(&self) -> Result<(String, Duration), Trouble> {
        let begun = Instant::now();
        let place = match &self.protocol {
            Protocol::GitHub(github) => github.reach(&self.http).await?,
            Protocol::Oidc(oidc) => oidc.reach(&self.http).await?,
        };
        Ok((place, begun.elapsed()))
    }

    /// The callback URL to register at the provider.
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
