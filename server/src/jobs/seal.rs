//! Seals queued mails that contain a secret. The key never leaves the memory of this process, so neither a copy of the
//! database nor a reader of the live one reveals a code.

use base64::{Engine, prelude::BASE64_STANDARD_NO_PAD};
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use uuid::Uuid;

use crate::{
    base::{
        error::{Error, Result},
        random,
    },
    mailer::{Mail, Message},
};

/// The key of this process, and its id in the rows it sealed. ChaCha20-Poly1305 (RFC 8439) with random nonces: one key
/// seals far fewer than the 2³² mails at which two equal nonces become likely.
pub struct Seal {
    by: Uuid,
    key: LessSafeKey,
}

impl Seal {
    /// Creates a new key.
    #[expect(clippy::expect_used, reason = "the key has the algorithm's length")]
    pub(crate) fn new() -> Self {
        let key = UnboundKey::new(&CHACHA20_POLY1305, &random::bytes::<32>()).expect("a key of 256 bits");
        Self { by: uuid::Builder::from_random_bytes(random::bytes()).into_uuid(), key: LessSafeKey::new(key) }
    }

    /// Returns the id of this process in the rows. Not a secret.
    pub(crate) fn by(&self) -> Uuid {
        self.by
    }

    /// Seals the message of a mail; it opens only for the same recipient.
    pub(crate) fn close(&self, mail: &Mail) -> Result<String> {
        let mut text = serde_json::to_vec(&mail.message).map_err(Error::internal)?;
        let nonce: [u8; NONCE_LEN] = random::bytes();
        self.key
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(&mail.to), &mut text)
            .map_err(|_| Error::internal("a mail could not be sealed"))?;
        Ok(BASE64_STANDARD_NO_PAD.encode([&nonce[..], &text].concat()))
    }

    /// Opens a sealed mail to `to`; `None` when another process sealed it, or the row was changed.
    pub(crate) fn open(&self, to: String, sealed: &str) -> Option<Mail> {
        let bytes = BASE64_STANDARD_NO_PAD.decode(sealed).ok()?;
        let (nonce, text) = bytes.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut text = text.to_vec();
        let text = self.key.open_in_place(nonce, Aad::from(&to), &mut text).ok()?;
        let message: Message = serde_json::from_slice(text).ok()?;
        Some(Mail { to, message })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail() -> Mail {
        let message =
            Message { subject: "042137".into(), text: "042137".into(), html: "042137".into(), unsubscribe: None };
        Mail { to: "ada@kith.example".into(), message }
    }

    #[test]
    fn only_the_sealing_process_opens_mail_for_its_recipient() {
        let seal = Seal::new();
        let sealed = seal.close(&mail()).unwrap();
        assert_eq!(seal.open(mail().to, &sealed).unwrap().message.text, "042137");
        assert!(Seal::new().open(mail().to, &sealed).is_none());
        assert!(seal.open("eve@kith.example".into(), &sealed).is_none());
        for changed in ["", "AAAA", &sealed[1..], &sealed[..sealed.len() - 4]] {
            assert!(seal.open(mail().to, changed).is_none(), "{changed}");
        }
    }

    #[test]
    fn sealed_mail_differs_each_time_and_hides_its_content() {
        let seal = Seal::new();
        let (one, other) = (seal.close(&mail()).unwrap(), seal.close(&mail()).unwrap());
        assert_ne!(one, other);
        let bytes = BASE64_STANDARD_NO_PAD.decode(&one).unwrap();
        assert!(!bytes.windows(6).any(|six| six == b"042137"));
    }
}
