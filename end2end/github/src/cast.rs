//! The accounts here, one for each situation that an app must handle.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::Picture;

/// One verified address, nothing odd.
pub const MONA: u64 = 1_001;
/// Several verified addresses, one that is not, and GitHub's own.
pub const TOVE: u64 = 1_002;
/// One address, not verified.
pub const ULF: u64 = 1_003;
/// No address at all.
pub const NILS: u64 = 1_004;
/// Only the address that GitHub gives to those who hide theirs.
pub const NORA: u64 = 1_005;
/// The verified address of Kith's ada, under another name.
pub const ADA: u64 = 1_006;
/// Was called `robin`, and is called `robin-field` now.
pub const ROBIN: u64 = 1_007;
/// Another person, who took the name `robin` when it was free.
pub const ROBIN_TOO: u64 = 1_008;
/// Lets an app see their profile, not their addresses.
pub const DAN: u64 = 1_009;
/// So many addresses that the API returns them in pages; the primary one is not on the first.
pub const PAT: u64 = 1_010;
/// Claims the address of Kith's grace without having verified it, publicly and in the list.
pub const MALLORY: u64 = 1_011;
/// GitHub itself refuses: the primary address is not verified.
pub const UMA: u64 = 1_012;
/// A login that is taken, reserved or invalid as a username, and a name with markup.
pub const ODD: u64 = 1_013;
/// A login that one of Kith's cast has as username.
pub const ALAN: u64 = 1_014;

/// An account.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Person {
    /// Never changes, and is never reused.
    pub id: u64,
    /// May change, and then be taken by another person.
    pub login: String,
    pub name: Option<String>,
    /// The address on their profile. It need not be theirs.
    pub public_email: Option<String>,
    pub bio: Option<String>,
    pub emails: Vec<Email>,
    pub two_factor: bool,
    /// The scopes they consent to, with commas, if those are not all.
    pub grants: Option<String>,
    /// GitHub refuses to issue a token for them before they verify their primary address.
    pub refused: bool,
    pub picture: Picture,
    /// The page's note about them.
    pub note: String,
}

impl Default for Person {
    fn default() -> Self {
        Self {
            id: 0,
            login: "somebody".to_owned(),
            name: None,
            public_email: None,
            bio: None,
            emails: Vec::new(),
            two_factor: true,
            grants: None,
            refused: false,
            picture: Picture::Usual,
            note: String::new(),
        }
    }
}

/// One of their addresses.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Email {
    pub email: String,
    pub primary: bool,
    pub verified: bool,
    /// `public` or `private` for the primary one.
    #[serde(default)]
    pub visibility: Option<String>,
}

impl Email {
    /// Returns the primary address, verified.
    pub fn primary(email: &str) -> Self {
        Self { email: email.to_owned(), primary: true, verified: true, visibility: Some("private".to_owned()) }
    }

    /// Returns another address, verified.
    pub fn verified(email: &str) -> Self {
        Self { email: email.to_owned(), primary: false, verified: true, visibility: None }
    }

    /// Returns the same address, not verified.
    #[must_use]
    pub fn unverified(self) -> Self {
        Self { verified: false, ..self }
    }
}

/// Returns all people.
pub fn people() -> BTreeMap<u64, Person> {
    plain().into_iter().chain(odd()).map(|person| (person.id, person)).collect()
}

fn someone(id: u64, login: &str, name: &str, note: &str, emails: Vec<Email>) -> Person {
    let name = (!name.is_empty()).then(|| name.to_owned());
    Person { id, login: login.to_owned(), name, emails, note: note.to_owned(), ..Person::default() }
}

fn plain() -> Vec<Person> {
    let (primary, verified) = (Email::primary, Email::verified);
    let tove = vec![
        verified("tove@work.example"),
        primary("tove@example.org"),
        verified("t.berg@school.example"),
        verified("tove@old.example").unverified(),
        verified("1002+tove@users.noreply.github.com"),
    ];
    let robin = "Used to be called robin";
    vec![
        someone(MONA, "mona", "Mona Holm", "One verified address", vec![primary("mona@example.org")]),
        someone(TOVE, "tove", "Tove Berg", "Three verified addresses to choose from", tove),
        someone(ULF, "ulf", "Ulf Stein", "One address, not verified", vec![primary("ulf@example.org").unverified()]),
        someone(NILS, "nils", "", "No name and no address", vec![]),
        someone(NORA, "nora", "Nora Quist", "Hides their address", vec![primary("1005+nora@users.noreply.github.com")]),
        someone(ADA, "ada-at-home", "Ada M.", "Has the address of Kith’s ada", vec![primary("ada@kith.example")]),
        someone(ROBIN, "robin-field", "Robin Field", robin, vec![primary("robin@field.example")]),
        someone(ROBIN_TOO, "robin", "Robin Lake", "Took a name that was freed", vec![primary("robin@lake.example")]),
        someone(ALAN, "alan", "Alan Moss", "Their login is taken at Kith", vec![primary("alan@moss.example")]),
    ]
}

fn odd() -> Vec<Person> {
    let (primary, verified) = (Email::primary, Email::verified);
    let profile_only =
        someone(DAN, "dan", "Dan Ash", "Keeps their addresses to themself", vec![primary("dan@example.org")]);
    let mut many: Vec<_> = (1..=120).map(|n| verified(&format!("pat{n}@example.org"))).collect();
    many[40] = primary("pat@example.org");
    let claimed = vec![primary("grace@kith.example").unverified(), verified("mallory@evil.example").unverified()];
    let mallory = someone(MALLORY, "mallory", "Mallory", "Claims an address they never verified", claimed);
    let uma =
        someone(UMA, "uma", "Uma Reed", "Refused until they verify", vec![primary("uma@example.org").unverified()]);
    let name = "<b>Odd</b> \"quoted\" & \u{202e}turned \u{5e9}\u{5dc}\u{5d5}\u{5dd} 👩\u{200d}💻 \u{0}with a name of more than fifty letters";
    vec![
        Person { grants: Some("read:user".to_owned()), ..profile_only },
        someone(PAT, "pat", "Pat Many", "A hundred and twenty addresses", many),
        Person { public_email: Some("grace@kith.example".to_owned()), ..mallory },
        Person { refused: true, ..uma },
        someone(
            ODD,
            "1-Admin-of-everything-with-a-long-login",
            name,
            "A login and a name that do not fit",
            vec![primary("odd@example.org")],
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cast_has_unique_ids_and_at_most_one_primary_address() {
        let people = people();
        assert_eq!(people.len(), 14);
        for person in people.values() {
            assert!(person.emails.iter().filter(|email| email.primary).count() <= 1, "{}", person.login);
            assert!(person.login.len() <= 39 && !person.note.is_empty(), "{}", person.login);
        }
    }
}
