//! The data that the two protocols, GitHub and OpenID Connect, share.

use oauth2::{ErrorResponse, RequestTokenError, url::Url};
use secrecy::SecretString;
use time::OffsetDateTime;
use unicode_segmentation::UnicodeSegmentation;

use super::outbound::ProviderError;
use crate::{
    base::{random::Token, text},
    config::providers::{self as settings, Slug},
    identity::users::{DISPLAY_NAME_MAX, Email},
};

/// The most characters of a stored login name.
const LOGIN_MAX: usize = 100;
/// The most bytes of the address of a picture.
const PICTURE_MAX: usize = 1_000;

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
    pub(super) missing: Option<MissingDetail>,
}

/// The reason why the details of an account could not be read.
#[derive(Clone, Debug)]
pub(super) struct MissingDetail {
    pub error: ProviderError,
    /// True if a new user can continue without them, as if the provider had verified no address.
    pub may_join: bool,
}

impl ProviderAccount {
    /// Cleans the texts for display: one short line each, and a picture only with a valid address.
    pub(super) fn tidy(self) -> Self {
        let picture = self.picture.and_then(|text| Url::parse(&text).ok()).filter(settings::is_secure);
        Self {
            login: truncate(&text::clean_line(&self.login), LOGIN_MAX),
            name: truncate(&text::clean_line(&self.name), DISPLAY_NAME_MAX),
            picture: picture.map(String::from).filter(|url| url.len() <= PICTURE_MAX),
            ..self
        }
    }
}

/// Returns the first `max_chars` code points of a line, or a few less: no grapheme is cut.
fn truncate(line: &str, max_chars: usize) -> String {
    let mut remaining = max_chars;
    let fits = |grapheme: &&str| {
        let rest = remaining.checked_sub(grapheme.chars().count());
        remaining = rest.unwrap_or_default();
        rest.is_some()
    };
    line.graphemes(true).take_while(fits).collect::<String>().trim_end().to_owned()
}

/// Returns the usable addresses: GitHub's noreply addresses only forward mail, or do not accept it.
pub(super) fn usable_addresses<'a>(addresses: impl Iterator<Item = &'a str>) -> Vec<Email> {
    let is_placeholder = |email: &Email| {
        let domain = email.as_str().rsplit('@').next().unwrap_or_default();
        domain.split('.').any(|label| label == "noreply")
    };
    let mut list: Vec<Email> = Vec::new();
    for email in addresses.filter_map(Email::exact).filter(|email| !is_placeholder(email)) {
        if list.iter().all(|known| known.key() != email.key()) && list.len() < 10 {
            list.push(email);
        }
    }
    list
}

/// Maps the error of a refused exchange. The errors of the crate can contain the response's body, with a token in it:
/// they are never printed.
pub(super) fn exchange_error<E: ErrorResponse + ErrorCode>(
    error: RequestTokenError<ProviderError, E>,
) -> ProviderError {
    match error {
        RequestTokenError::ServerResponse(account) => ProviderError::of_code(&account.code()),
        RequestTokenError::Request(error) => error,
        RequestTokenError::Parse(..) => ProviderError::odd("a token of another shape"),
        RequestTokenError::Other(_) => ProviderError::odd("no token"),
    }
}

/// The `error` of a response.
pub(super) trait ErrorCode {
    fn code(&self) -> String;
}

impl<T: oauth2::ErrorResponseType + std::fmt::Display + AsRef<str> + 'static> ErrorCode
    for oauth2::StandardErrorResponse<T>
{
    fn code(&self) -> String {
        self.error().as_ref().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ignores_github_noreply_invalid_and_repeated_addresses() {
        let list = usable_addresses(
            [
                "ada@kith.example",
                "1+ada@users.noreply.github.com",
                "ada@noreply.github.com",
                "1+ada@users.noreply.git.kith.example",
                "ADA@kith.example",
                "not an address",
                "noreply@kith.example",
            ]
            .into_iter(),
        );
        let list: Vec<_> = list.iter().map(Email::as_str).collect();
        assert_eq!(list, ["ada@kith.example", "noreply@kith.example"]);
    }

    #[test]
    fn cuts_names_between_graphemes() {
        let (family, flag) = ("👩\u{200d}👩\u{200d}👧\u{200d}👦", "🇳🇴");
        for (line, max_chars, remaining) in [
            ("Ada Marlow".to_owned(), 50, "Ada Marlow".to_owned()),
            ("Ada Marlow".to_owned(), 4, "Ada".to_owned()),
            (format!("{}{family}", "a".repeat(48)), 50, "a".repeat(48)),
            (format!("{}{flag}", "a".repeat(49)), 50, "a".repeat(49)),
            (format!("{}e\u{301}\u{323}", "a".repeat(48)), 50, "a".repeat(48)),
            (format!("{}x", "a".repeat(50)), 50, "a".repeat(50)),
            (format!("e{}", "\u{301}".repeat(60)), 50, String::new()),
        ] {
            assert_eq!(truncate(&line, max_chars), remaining, "{line}");
        }
    }
}
