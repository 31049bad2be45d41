//! Unguessable values, from the operating system's generator.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use rand::{Rng, TryRngCore, rngs::OsRng};
use sha2::{Digest, Sha256};

/// The number of bytes of a hash that form a public name.
const NAME_BYTES: usize = 12;

/// 256 random bits, for a cookie or an e-mail link. The database stores their [`hash`].
#[derive(Clone, PartialEq, Eq)]
pub struct Token([u8; 32]);

impl Token {
    /// Creates a new one.
    pub fn new() -> Self {
        Self(bytes())
    }

    /// Parses a token from a cookie or a link, if it is well-formed.
    pub fn parse(text: &str) -> Option<Self> {
        BASE64_URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok().map(Self)
    }

    /// Returns the token as text: 43 characters that need no escaping anywhere.
    pub fn text(&self) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(self.0)
    }

    /// Returns the hash for storage.
    pub fn hash(&self) -> [u8; 32] {
        hash(&self.0)
    }

    /// Returns its public name: it distinguishes tokens and grants no access.
    pub fn name(&self) -> String {
        name(&self.hash())
    }

    /// Returns the token as a key, for values that only its holder can verify.
    pub fn key(&self) -> &[u8] {
        &self.0
    }
}

impl Default for Token {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(…)")
    }
}

/// Returns so many random bytes.
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    OsRng.unwrap_err().fill(&mut bytes[..]);
    bytes
}

/// SHA-256.
pub fn hash(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// Returns the public name of a hash: its first bytes.
pub fn name(hash: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(hash.get(..NAME_BYTES).unwrap_or(hash))
}

/// Returns six digits, all equally likely.
pub fn digits() -> String {
    format!("{:06}", OsRng.unwrap_err().random_range(0..1_000_000))
}

/// Returns a short id for one request, to find its lines in the log. Not a secret.
pub fn request_id() -> String {
    format!("{:016x}", OsRng.unwrap_err().random::<u64>())
}
