//! Reads claims of OpenID Connect. Only the claims about the token's audience and its subject are required; any other
//! claim of an unexpected type counts as absent.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde_json::{Number, value::RawValue};
use time::OffsetDateTime;

use super::outbound::ProviderError;

/// The longest stored subject, in bytes; OpenID Connect allows 255.
const MAX_SUBJECT: usize = 1_000;

/// A set of claims. Each value is parsed only when it is read, so that an invalid one harms no other.
pub(super) struct Claims(BTreeMap<String, Box<RawValue>>);

impl Claims {
    /// Parses a JSON object. `None` when it is none.
    pub fn parse(json: &[u8]) -> Option<Self> {
        serde_json::from_slice(json).ok().map(Self)
    }

    /// Returns the value of a claim, if it is present and of this type.
    fn get<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        serde_json::from_str(self.0.get(name)?.get()).ok()
    }

    /// Returns a claim that is text. Empty text counts as absent.
    pub fn text(&self, name: &str) -> Option<String> {
        self.get(name).filter(|text: &String| !text.is_empty())
    }

    /// Returns a claim that is a list of text, or one text alone.
    pub fn texts(&self, name: &str) -> Option<Vec<String>> {
        self.get(name).or_else(|| self.get(name).map(|text| vec![text]))
    }

    /// Returns true if a claim is true; also as text, as some issuers write it.
    pub fn is_true(&self, name: &str) -> bool {
        self.get(name) == Some(true) || self.text(name).as_deref() == Some("true")
    }

    /// Returns a claim that is a time, in whole seconds since 1970.
    pub fn seconds(&self, name: &str) -> Option<i64> {
        let number = self.get::<Number>(name)?;
        number.as_i64().or_else(|| number.to_string().split('.').next()?.parse().ok())
    }
}

/// The values that an id token must have.
pub(super) struct Expected<'a> {
    pub issuer: &'a str,
    pub client_id: &'a str,
    pub nonce: &'a str,
}

/// Checks the claims of an id token (OpenID Connect Core § 3.1.3.7) and returns its subject. An error names the claim.
pub(super) fn check(claims: &Claims, expected: &Expected<'_>, now: OffsetDateTime) -> Result<String, ProviderError> {
    let claim_error = |claim: &str, why: &str| ProviderError::odd(format!("claim `{claim}` of the id token {why}"));
    let text = |claim: &str| claims.text(claim).ok_or_else(|| claim_error(claim, "is missing or not text"));
    let time = |claim: &str| claims.seconds(claim).ok_or_else(|| claim_error(claim, "is missing or not a number"));
    if text("iss")? != expected.issuer {
        return Err(claim_error("iss", "is another issuer"));
    }
    let audience = claims.texts("aud").ok_or_else(|| claim_error("aud", "is missing or not text"))?;
    if audience.is_empty() || audience.iter().any(|one| one != expected.client_id) {
        return Err(claim_error("aud", "is not this client alone"));
    }
    if time("exp")? <= now.unix_timestamp() {
        return Err(claim_error("exp", "is in the past"));
    }
    time("iat")?;
    if text("nonce")? != expected.nonce {
        return Err(claim_error("nonce", "is not the one of this sign-in"));
    }
    let subject = text("sub")?;
    if subject.len() > MAX_SUBJECT || subject.chars().any(char::is_control) {
        Err(claim_error("sub", "is too long or has control characters"))
    } else {
        Ok(subject)
    }
}

/// The claims that describe a person. All are optional.
#[derive(Default)]
pub(super) struct Person {
    pub login: Option<String>,
    pub name: Option<String>,
    pub picture: Option<String>,
    pub email: Option<String>,
    /// True if the issuer says that it verified the address. Never read without [`Person::email`].
    pub email_verified: bool,
}

impl Person {
    /// Reads them from an id token, or from the response of the user info endpoint.
    pub fn read(claims: &Claims) -> Self {
        Self {
            login: claims.text("preferred_username"),
            name: claims.text("name"),
            picture: claims.text("picture"),
            email: claims.text("email"),
            email_verified: claims.is_true("email_verified"),
        }
    }

    /// Returns these claims, with absent ones taken from `other`. An address and its verification always come from the
    /// same source.
    pub fn or(self, other: Self) -> Self {
        let (email, email_verified) = match self.email {
            Some(email) => (Some(email), self.email_verified),
            None => (other.email, other.email_verified),
        };
        Self {
            login: self.login.or(other.login),
            name: self.name.or(other.name),
            picture: self.picture.or(other.picture),
            email,
            email_verified,
        }
    }

    /// Returns the address that the issuer itself verified (OpenID Connect Core § 5.1); a missing claim means no.
    pub fn verified_email(&self) -> Option<&str> {
        self.email.as_deref().filter(|_| self.email_verified)
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const GOOD: [(&str, &str); 6] = [
        ("iss", r#""https://id.example""#),
        ("aud", r#""kith""#),
        ("exp", "1767225900"),
        ("iat", "1767225600"),
        ("nonce", r#""n1""#),
        ("sub", r#""s1""#),
    ];

    fn claims(pairs: &[(&str, &str)]) -> Claims {
        let fields: Vec<String> = pairs.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
        Claims::parse(format!("{{{}}}", fields.join(",")).as_bytes()).unwrap()
    }

    fn checked(name: &str, value: Option<&str>) -> Result<String, String> {
        let mut pairs: Vec<_> = GOOD.into_iter().filter(|(known, _)| *known != name).collect();
        pairs.extend(value.map(|value| (name, value)));
        let expected = Expected { issuer: "https://id.example", client_id: "kith", nonce: "n1" };
        check(&claims(&pairs), &expected, datetime!(2026-01-01 00:00 UTC)).map_err(|why| why.to_string())
    }

    #[test]
    fn id_tokens_require_six_valid_claims() {
        for (name, value) in [
            ("aud", r#"["kith"]"#),
            ("exp", "1767225900.5"),
            ("exp", "1.7672259e9"),
            ("iat", "1767225600.0"),
            ("name", "42"),
        ] {
            assert_eq!(checked(name, Some(value)).as_deref(), Ok("s1"), "{name}: {value}");
        }
        for (name, value) in [
            ("iss", r#""https://id.example/""#),
            ("iss", "42"),
            ("aud", r#""other""#),
            ("aud", r#"["kith","other"]"#),
            ("aud", r#"["kith",1]"#),
            ("aud", "[]"),
            ("exp", "1767225600"),
            ("exp", r#""1767225900""#),
            ("exp", "1e999"),
            ("iat", r#""2026-01-01T00:00:00Z""#),
            ("nonce", r#""n2""#),
            ("nonce", "[\"n1\"]"),
            ("sub", "42"),
            ("sub", r#""""#),
            ("sub", r#""a\u0000b""#),
        ] {
            for value in [Some(value), None] {
                let why = checked(name, value).expect_err(name);
                assert!(why.contains(&format!("`{name}`")) && !why.contains("n1"), "{name}: {why}");
            }
        }
    }

    #[test]
    fn ignores_claims_of_unexpected_types() {
        for odd in ["42", "null", "true", "[]", r#"["x"]"#, "{}", r#""""#, r#""\ud800""#, "1e999"] {
            let all = ["preferred_username", "name", "picture", "email"].map(|name| (name, odd));
            let person = Person::read(&claims(&all));
            assert!([person.login, person.name, person.picture, person.email].iter().all(Option::is_none), "{odd}");
        }
    }

    #[test]
    fn only_true_verifies_an_email() {
        let verified = |value: &str| {
            let person = Person::read(&claims(&[("email", r#""ada@kith.example""#), ("email_verified", value)]));
            person.verified_email().is_some()
        };
        assert!(verified("true") && verified(r#""true""#));
        for other in ["false", "null", "1", r#""false""#, r#""True""#, r#""1""#, r#"["true"]"#, "{}", r#""yes""#] {
            assert!(!verified(other), "{other}");
        }
    }

    #[test]
    fn verifies_an_email_only_by_its_own_source() {
        let token = || Person::read(&claims(&[("email_verified", "true"), ("name", r#""Ada""#)]));
        let info = Person::read(&claims(&[("email", r#""ada@kith.example""#), ("preferred_username", r#""ada""#)]));
        let both = info.or(token());
        assert_eq!((both.name.as_deref(), both.login.as_deref()), (Some("Ada"), Some("ada")));
        assert_eq!((both.email.is_some(), both.verified_email()), (true, None));
    }
}
