//! Everything unguessable, from the operating system's generator.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use rand::{Rng, TryRngCore, rngs::OsRng};
use sha2::{Digest, Sha256};

/// Bytes of a hash that name what is stored under it.
const NAME_BYTES: usize = 12;

/// 256 random bits, as a browser or a mail carries them. What is stored is their [`hash`].
#[derive(Clone, PartialEq, Eq)]
pub struct Token([u8; 32]);

impl Token {
    /// A new one.
    pub fn new() -> Self {
        Self(bytes())
    }

    /// The one a browser or a link brought, if it has the shape of one.
    pub fn parse(text: &str) -> Option<Self> {
        BASE64_URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok().map(Self)
    }

    /// How it travels: 43 characters that need no escaping anywhere.
    pub fn text(&self) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(self.0)
    }

    /// How it is stored.
    pub fn hash(&self) -> [u8; 32] {
        hash(&self.0)
    }

    /// Its public name: it tells this token from others and opens nothing.
    pub fn name(&self) -> String {
        name(&self.hash())
    }

    /// The key for what only its holder may check.
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

/// So many random bytes.
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    OsRng.unwrap_err().fill(&mut bytes[..]);
    bytes
}

/// SHA-256.
pub fn hash(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// The public name of what is stored under a hash: its first bytes.
pub fn name(hash: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(hash.get(..NAME_BYTES).unwrap_or(hash))
}

/// Six digits, all equally likely.
pub fn digits() -> String {
    format!("{:06}", OsRng.unwrap_err().random_range(0..1_000_000))
}

/// A short name for one request, to find its lines in the log. Not a secret.
pub fn request_id() -> String {
    format!("{:016x}", OsRng.unwrap_err().random::<u64>())
}
