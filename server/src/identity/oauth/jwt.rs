//! Reads JSON Web Tokens signed by an OpenID Connect issuer (RFC 7515, RFC 7519). `openidconnect` verifies the
//! signatures themselves.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use openidconnect::{
    JsonWebKey, JsonWebKeySet,
    core::{CoreJsonWebKey, CoreJwsSigningAlgorithm as Algorithm},
};
use serde::Deserialize;
use serde_json::Value;

use super::{claims::Claims, outbound::ProviderError};

/// Algorithms with a key that only the issuer has: no `none`, and nothing that our own secret could sign.
const ALGORITHMS: [Algorithm; 9] = [
    Algorithm::RsaSsaPkcs1V15Sha256,
    Algorithm::RsaSsaPkcs1V15Sha384,
    Algorithm::RsaSsaPkcs1V15Sha512,
    Algorithm::RsaSsaPssSha256,
    Algorithm::RsaSsaPssSha384,
    Algorithm::RsaSsaPssSha512,
    Algorithm::EcdsaP256Sha256,
    Algorithm::EcdsaP384Sha384,
    Algorithm::EdDsa,
];

#[derive(Deserialize)]
struct Header {
    alg: Algorithm,
    kid: Option<String>,
    typ: Option<String>,
    cty: Option<Value>,
    crit: Option<Value>,
}

impl Header {
    /// Refuses tokens that are made for another use, nested, or need an unsupported extension.
    fn check(&self) -> Result<(), ProviderError> {
        let typ = self.typ.as_deref().unwrap_or("JWT").to_ascii_lowercase();
        let is_known_type = ["jwt", "jose"].contains(&typ.strip_prefix("application/").unwrap_or(&typ));
        if !is_known_type || self.cty.is_some() || self.crit.is_some() {
            return Err(ProviderError::odd("an id token of a kind that is not supported"));
        }
        if ALGORITHMS.contains(&self.alg) {
            Ok(())
        } else {
            Err(ProviderError::odd("an id token that is not signed with a public key algorithm"))
        }
    }
}

/// Returns the claims of a token signed by one of `keys`; `None` when no key fits: issuers change them.
pub(super) fn verify(keys: &JsonWebKeySet<CoreJsonWebKey>, token: &str) -> Result<Option<Claims>, ProviderError> {
    let malformed = || ProviderError::odd("an id token that is no signed JWT");
    let [head, body, signature] = token.split('.').collect::<Vec<_>>()[..] else { return Err(malformed()) };
    let decode = |part: &str| BASE64_URL_SAFE_NO_PAD.decode(part).map_err(|_| malformed());
    let header: Header = serde_json::from_slice(&decode(head)?).map_err(|_| malformed())?;
    header.check()?;
    let (signed, signature) = (&token.as_bytes()[..=head.len() + body.len()], decode(signature)?);
    let is_named =
        |key: &CoreJsonWebKey| header.kid.is_none() || key.key_id().map(|id| id.as_str()) == header.kid.as_deref();
    let mut named = keys.keys().iter().filter(|key| is_named(key));
    if !named.any(|key| key.verify_signature(&header.alg, signed, &signature).is_ok()) {
        return Ok(None);
    }
    Claims::parse(&decode(body)?).map(Some).ok_or_else(malformed)
}
