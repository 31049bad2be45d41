//! E-mail addresses: one spelling each, and none that two programs could read as two addresses.

use crate::base::{error::Invalid, input};

/// A normalized address that we can mail to and compare: trimmed, ASCII before the `@`, the domain in lower case and
/// IDNA form, at most 254 bytes. Dots and plus signs are kept: the user means what they typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Email(String);

const MESSAGE: &str = "That doesn't look like an e-mail address. Please check it.";

impl Email {
    /// Parses what a user typed and ignores invisible characters, full-width forms, and other digits and dashes. Only
    /// for addresses that are verified by mail before they count: the reader of that mail has the address as it is
    /// stored.
    pub fn parse(typed: &str) -> Result<Self, Invalid> {
        // Compatibility forms hide a second `@` (the full-width one) until a later program normalises them.
        Self::exact(&input::address(typed)).ok_or_else(|| Invalid::one("email", MESSAGE))
    }

    /// Parses an address from a system that has verified exactly this address: a lookalike may be another mailbox.
    pub fn exact(address: &str) -> Option<Self> {
        let (local, domain) = address.split_once('@')?;
        if domain.contains('@') || local.is_empty() || !local.bytes().all(is_local) {
            return None;
        }
        let domain = idna::domain_to_ascii_strict(domain).ok()?.to_ascii_lowercase();
        if !domain.contains('.') || domain.starts_with('.') || domain.ends_with('.') {
            return None;
        }
        let email = format!("{local}@{domain}");
        // The mailer must parse it as the same address; otherwise it is refused.
        let mailed: lettre::Address = email.parse().ok()?;
        (email.len() <= 254 && mailed.to_string() == email).then_some(Self(email))
    }

    /// Returns the address as it is stored and mailed to.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the key for comparison: two addresses that differ only in case are the same.
    pub fn key(&self) -> String {
        self.0.to_ascii_lowercase()
    }
}

/// Returns true for the characters that RFC 5321 calls atext, and for the dot: nothing that needs quotes.
fn is_local(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b".!#$%&'*+/=?^_`{|}~-".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    // M14.
    #[test]
    fn normalises_addresses_to_one_spelling() {
        for (typed, stored) in [
            ("ada@kith.example", "ada@kith.example"),
            ("  Ada.M+x@KITH.example\n", "Ada.M+x@kith.example"),
            ("ada@bücher.example", "ada@xn--bcher-kva.example"),
            ("\u{202a}ada@kith.example\u{202c}", "ada@kith.example"),
            ("\u{200e}a\u{ad}da\u{200b}@kith\u{2060}.example\u{feff}", "ada@kith.example"),
            ("ａｄａ＠ｋｉｔｈ．ｅｘａｍｐｌｅ", "ada@kith.example"),
            ("ada٢۳४@kith.example", "ada234@kith.example"),
            ("ada–x@kith\u{2011}y.example", "ada-x@kith-y.example"),
        ] {
            assert_eq!(Email::parse(typed).unwrap().as_str(), stored, "{typed:?}");
        }
    }

    #[test]
    fn refuses_verified_addresses_that_need_reinterpretation() {
        for (claimed, stored) in [
            ("Ada.M+x@KITH.example", Some("Ada.M+x@kith.example")),
            ("ada@bücher.example", Some("ada@xn--bcher-kva.example")),
            (" ada@kith.example", None),
            ("ad\u{200b}a@kith.example", None),
            ("ａda@kith.example", None),
            ("ada٢@kith.example", None),
            ("ada–x@kith.example", None),
            ("ada＠kith.example", None),
        ] {
            assert_eq!(Email::exact(claimed).as_ref().map(Email::as_str), stored, "{claimed:?}");
        }
    }

    // M14.
    #[test]
    fn refuses_ambiguous_and_malformed_addresses() {
        for bad in [
            "",
            "ada",
            "@x.example",
            "ada@",
            "ada@x",
            "a@b@c.example",
            "\"e@evil.example\"@x.example",
            "mıke@x.example",
            "mike＠x@evil.example",
            "mike＠evil.example＠x.example",
            "a b@x.example",
            "a@x.example, b@x.example",
            "<a@x.example>",
            "a@x.example\r\nBcc: b@x.example",
            "a\0@x.example",
            "a..b@x.example",
            ".a@x.example",
            "a@-x.example",
            "a@x..example",
            "a(comment)@x.example",
            "a@[127.0.0.1]",
        ] {
            assert!(Email::parse(bad).is_err(), "{bad:?}");
        }
        assert!(Email::parse(&format!("{}@x.example", "a".repeat(250))).is_err());
    }
}
