//! Short fingerprints of content.

use sha2::{Digest, Sha256};

/// Ten hexadecimal digits of SHA-256: 40 bits, plenty to distinguish versions of one file.
pub fn short(content: &[u8]) -> String {
    Sha256::digest(content).iter().take(5).map(|byte| format!("{byte:02x}")).collect()
}
