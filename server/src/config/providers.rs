//! The providers for OAuth sign-in: GitHub, and any OpenID Connect issuer, as many as the operator names.

use std::{collections::BTreeSet, fmt, str::FromStr};

use oauth2::url::{Position, Url};
use secrecy::SecretString;

use super::{ConfigError, Source, is_loopback, wrong};

/// The short name of a provider in settings, in addresses and in the database: at most 16 of `a-z 0-9`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Slug([u8; 16]);

/// The slug of GitHub.
pub const GITHUB: Slug = Slug(*b"github\0\0\0\0\0\0\0\0\0\0");

impl Slug {
    /// Returns the slug as text.
    pub fn as_str(&self) -> &str {
        let end = self.0.iter().position(|b| *b == 0).unwrap_or(self.0.len());
        std::str::from_utf8(&self.0[..end]).unwrap_or_default()
    }
}

impl FromStr for Slug {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let is_valid = !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        let mut bytes = [0; 16];
        bytes.get_mut(..text.len()).filter(|_| is_valid).ok_or(())?.copy_from_slice(text.as_bytes());
        Ok(Self(bytes))
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The settings of one provider.
#[derive(Clone, Debug)]
pub struct Provider {
    pub slug: Slug,
    /// The display name.
    pub label: String,
    pub client_id: String,
    pub client_secret: SecretString,
    pub kind: ProviderKind,
    /// The origins from which pictures may be copied, such as `https://github.com`.
    pub origins: BTreeSet<String>,
}

/// The protocol of the provider.
#[derive(Clone, Debug)]
pub enum ProviderKind {
    GitHub { url: Url, api: Url },
    Oidc { issuer: String },
}

const OIDC: &str = "KITH_OIDC_";
const ENDINGS: [&str; 5] = ["_ISSUER", "_CLIENT_ID", "_CLIENT_SECRET", "_LABEL", "_ORIGINS"];

/// Returns true if the name is a setting of an issuer.
pub(super) fn is_setting(name: &str) -> bool {
    named(name).is_some()
}

/// Returns the issuer that a setting belongs to.
fn named(setting: &str) -> Option<Slug> {
    let rest = setting.strip_prefix(OIDC)?;
    let name = ENDINGS.iter().find_map(|ending| rest.strip_suffix(ending))?;
    name.to_ascii_lowercase().parse().ok()
}

/// Returns all providers: GitHub first, then the issuers by name.
pub(super) fn read(source: &Source) -> Result<Vec<Provider>, ConfigError> {
    let issuers: BTreeSet<Slug> = source.values.keys().filter_map(|name| named(name)).collect();
    let mut list = Vec::from_iter(github(source)?);
    for slug in issuers {
        list.push(oidc(source, slug)?);
    }
    let subjects: BTreeSet<_> = list.iter().map(|provider| provider.issuer()).collect();
    if subjects.len() == list.len() {
        Ok(list)
    } else {
        Err(wrong("KITH_OIDC_…_ISSUER", "one issuer can have one name only."))
    }
}

fn github(source: &Source) -> Result<Option<Provider>, ConfigError> {
    let Some(client_id) = source.get("KITH_GITHUB_CLIENT_ID") else { return Ok(None) };
    let reason = "GitHub shows it once, where the app is registered.";
    let secret = source.need("KITH_GITHUB_CLIENT_SECRET", reason)?;
    let own = source.get("KITH_GITHUB_URL");
    let url = address("KITH_GITHUB_URL", own.unwrap_or("https://github.com"))?;
    let api = match (source.get("KITH_GITHUB_API_URL"), own) {
        (Some(api), _) => address("KITH_GITHUB_API_URL", api)?,
        // The default path on every GitHub Enterprise Server.
        (None, Some(_)) => address("KITH_GITHUB_URL", &format!("{}/api/v3", url.as_str().trim_end_matches('/')))?,
        (None, None) => address("KITH_GITHUB_API_URL", "https://api.github.com")?,
    };
    let avatar_origin = own.is_none().then(|| "https://avatars.githubusercontent.com".to_owned());
    Ok(Some(Provider {
        slug: GITHUB,
        label: "GitHub".to_owned(),
        client_id: client_id.to_owned(),
        client_secret: secret.into(),
        origins: avatar_origin.into_iter().chain([origin(&url)]).collect(),
        kind: ProviderKind::GitHub { url, api },
    }))
}

fn oidc(source: &Source, slug: Slug) -> Result<Provider, ConfigError> {
    let name = |ending: &str| format!("{OIDC}{}{ending}", slug.as_str().to_ascii_uppercase());
    let need = |ending: &str, reason: &str| source.need(&name(ending), reason);
    if slug == GITHUB {
        return Err(wrong(&name("_ISSUER"), "GitHub has settings of its own: KITH_GITHUB_CLIENT_ID."));
    }
    let issuer = need("_ISSUER", "It is the issuer's address, such as https://accounts.google.com.")?;
    let url = address(&name("_ISSUER"), issuer)?;
    let extra_origins: Result<Vec<String>, ConfigError> = source
        .get(&name("_ORIGINS"))
        .unwrap_or_default()
        .split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .map(|part| address(&name("_ORIGINS"), part).map(|url| origin(&url)))
        .collect();
    Ok(Provider {
        slug,
        label: label(&name("_LABEL"), source.get(&name("_LABEL")).map_or_else(|| capital(slug), str::to_owned))?,
        client_id: need("_CLIENT_ID", "The issuer gives it to an app that is registered there.")?.to_owned(),
        client_secret: need("_CLIENT_SECRET", "The issuer gives it to an app that is registered there.")?.into(),
        origins: extra_origins?.into_iter().chain([origin(&url)]).collect(),
        // Exactly as written: the issuer's own documents must have the very same text.
        kind: ProviderKind::Oidc { issuer: issuer.to_owned() },
    })
}

/// Checks the text for buttons and for the subject of a mail.
fn label(name: &str, text: String) -> Result<String, ConfigError> {
    if text.chars().count() <= 30 && crate::base::text::clean_line(&text) == text {
        Ok(text)
    } else {
        Err(wrong(name, "must be one line of at most 30 letters."))
    }
}

impl Provider {
    /// Returns the issuer of its subjects: part of every identity's key.
    pub fn issuer(&self) -> String {
        match &self.kind {
            ProviderKind::GitHub { url, .. } => origin(url),
            ProviderKind::Oidc { issuer } => issuer.clone(),
        }
    }
}

/// Returns the slug with a capital: `google` as `Google`.
pub(crate) fn capital(slug: Slug) -> String {
    let text = slug.as_str();
    match slug {
        GITHUB => "GitHub".to_owned(),
        _ => text[..1].to_ascii_uppercase() + &text[1..],
    }
}

/// Returns scheme, host and port.
pub(crate) fn origin(url: &Url) -> String {
    url[..Position::BeforePath].to_owned()
}

/// Returns true if an address is encrypted. A stand-in on this machine is only for development builds.
pub(crate) fn is_secure(url: &Url) -> bool {
    let is_local = cfg!(feature = "dev") && url.scheme() == "http" && url.host_str().is_some_and(is_loopback);
    (url.scheme() == "https" || is_local) && url.has_host()
}

/// Parses an address that may receive secrets.
fn address(name: &str, text: &str) -> Result<Url, ConfigError> {
    let url = Url::parse(text).map_err(|_| wrong(name, "must be an address such as https://github.example."))?;
    let bare =
        url.username().is_empty() && url.password().is_none() && url.query().is_none() && url.fragment().is_none();
    match is_secure(&url) && bare {
        true => Ok(url),
        false => Err(wrong(name, "must be an address that begins with https://.")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<Vec<Provider>, String> {
        let env = pairs.iter().map(|(k, v)| (k.to_string(), v.to_string()));
        Source::read(None, env).and_then(|source| super::read(&source)).map_err(|e| e.to_string())
    }

    const GITHUB_APP: [(&str, &str); 2] =
        [("KITH_GITHUB_CLIENT_ID", "id"), ("KITH_GITHUB_CLIENT_SECRET", "s3cret-of-github")];

    #[test]
    fn has_no_providers_without_settings() {
        assert!(read(&[]).unwrap().is_empty());
    }

    #[test]
    fn reads_github_and_enterprise_server_settings() {
        let list = read(&GITHUB_APP).unwrap();
        let ProviderKind::GitHub { url, api } = &list[0].kind else { panic!() };
        assert_eq!((url.as_str(), api.as_str()), ("https://github.com/", "https://api.github.com/"));
        assert_eq!(list[0].issuer(), "https://github.com");
        assert!(!format!("{list:?}").contains("s3cret"));

        let own = [GITHUB_APP[0], GITHUB_APP[1], ("KITH_GITHUB_URL", "https://git.kith.example")];
        let list = read(&own).unwrap();
        let ProviderKind::GitHub { api, .. } = &list[0].kind else { panic!() };
        assert_eq!(api.as_str(), "https://git.kith.example/api/v3");
    }

    #[test]
    fn reads_any_number_of_oidc_issuers() {
        let mut pairs = GITHUB_APP.to_vec();
        for (name, value) in [
            ("KITH_OIDC_GOOGLE_ISSUER", "https://accounts.google.com"),
            ("KITH_OIDC_GOOGLE_CLIENT_ID", "g"),
            ("KITH_OIDC_GOOGLE_CLIENT_SECRET", "s"),
            ("KITH_OIDC_GOOGLE_ORIGINS", "https://lh3.googleusercontent.com"),
            ("KITH_OIDC_ACME_ISSUER", "https://id.acme.example/realms/staff"),
            ("KITH_OIDC_ACME_CLIENT_ID", "a"),
            ("KITH_OIDC_ACME_CLIENT_SECRET", "s"),
            ("KITH_OIDC_ACME_LABEL", "Acme's own"),
        ] {
            pairs.push((name, value));
        }
        let list = read(&pairs).unwrap();
        let names: Vec<_> = list.iter().map(|p| (p.slug.to_string(), p.label.clone())).collect();
        let expected = [("github", "GitHub"), ("acme", "Acme's own"), ("google", "Google")];
        assert_eq!(names, expected.map(|(slug, label)| (slug.to_owned(), label.to_owned())));
        assert!(list[2].origins.contains("https://lh3.googleusercontent.com"));
    }

    #[test]
    fn reports_invalid_provider_settings_in_one_line() {
        let issuer = [
            ("KITH_OIDC_X_ISSUER", "https://x.example"),
            ("KITH_OIDC_X_CLIENT_ID", "x"),
            ("KITH_OIDC_X_CLIENT_SECRET", "x"),
        ];
        let with = |name, value| {
            let pairs = GITHUB_APP.iter().chain(&issuer).copied().filter(|(known, _)| *known != name);
            pairs.chain([(name, value)]).collect::<Vec<_>>()
        };
        for (name, value) in [
            ("KITH_GITHUB_CLIENT_SECRET", ""),
            ("KITH_GITHUB_URL", "http://github.example"),
            ("KITH_GITHUB_URL", "https://u:p@github.example"),
            ("KITH_GITHUB_API_URL", "api.github.com"),
            ("KITH_OIDC_X_ISSUER", ""),
            ("KITH_OIDC_X_ISSUER", "ftp://x.example"),
            ("KITH_OIDC_X_CLIENT_ID", ""),
            ("KITH_OIDC_X_ORIGINS", "x.example"),
            ("KITH_OIDC_GITHUB_ISSUER", "https://github.com"),
            ("KITH_OIDC_A_B_ISSUER", "https://x.example"),
            ("KITH_OIDC_X_COLOUR", "red"),
            ("KITH_OIDC_X_LABEL", "a name that is far too long for any button"),
        ] {
            let reason = read(&with(name, value)).expect_err(&format!("{name}={value}"));
            assert!(reason.starts_with(name) && !reason.contains('\n'), "{reason}");
        }
        let twice = [
            ("KITH_OIDC_Y_ISSUER", "https://x.example"),
            ("KITH_OIDC_Y_CLIENT_ID", "x"),
            ("KITH_OIDC_Y_CLIENT_SECRET", "x"),
        ];
        assert!(read(&issuer.iter().chain(&twice).copied().collect::<Vec<_>>()).is_err());
    }
}
