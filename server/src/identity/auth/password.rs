//! Passwords: the rules for new ones, storage (argon2id, RFC 9106, at OWASP's minimum), and verification.

use std::sync::LazyLock;

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use secrecy::{ExposeSecret, SecretString};
use unicode_normalization::UnicodeNormalization;
use zxcvbn::{Score, zxcvbn};

use crate::{
    Server,
    base::{
        error::{Error, Invalid, Result},
        fair_queue::QueueKey,
    },
};

/// The message of every failed sign-in, whatever the cause.
pub const WRONG: &str = "That e-mail or username and password don't match. Please check both.";

/// A password of more bytes is refused before any other check.
const BYTES_MAX: usize = 1_024;
/// The most characters of a password that are rated. The work grows with their square and with each character that can
/// stand for a letter: the worst 32 take 0.1 s, the worst 100 take 3 s. A password is at least as strong as its
/// beginning.
const MAX_CHECKED_CHARS: usize = 32;
/// The most memory, in KiB, and passes that a stored hash may require: a hash with more is an attack, not one of ours.
const STORED_MEMORY_MAX: u32 = 128 * 1_024;
const STORED_PASSES_MAX: u32 = 10;

/// Returns argon2id with 19 MiB, 2 passes, 1 lane: the first choice of the OWASP password storage cheat sheet.
fn argon2() -> Argon2<'static> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::DEFAULT)
}

/// A hash of a random text, with the parameters of the real ones. A try for an unknown user is compared with it, so
/// that it takes as long.
static DUMMY: LazyLock<String> =
    LazyLock::new(|| hash_now(crate::base::random::Token::new().text().as_bytes()).unwrap_or_default());

/// Returns a password in the form that is hashed and compared: NFKC, otherwise exactly as typed.
fn normal(password: &SecretString) -> SecretString {
    password.expose_secret().nfkc().collect::<String>().into()
}

fn hash_now(password: &[u8]) -> Result<String> {
    argon2().hash_password(password).map(|hash| hash.to_string()).map_err(|error| Error::internal(error.to_string()))
}

/// Checks a new password for `field` and hashes it. `context` has the first guesses of an attacker: username and
/// address.
///
/// The caller counts the request before: rating and hashing cost a core. [`Error::Invalid`] when it is too short, too
/// long or too easy to guess, with advice; [`Error::Busy`] when a queue is full, or has enough work of `key`.
pub async fn hash_new(
    server: &Server,
    key: QueueKey,
    field: &'static str,
    password: &SecretString,
    context: &[&str],
) -> Result<String> {
    check_length(field, password)?;
    let password = normal(password);
    let context: Vec<String> = context.iter().map(|&c| c.to_owned()).chain(["kith".to_owned()]).collect();
    let candidate = password.clone();
    server.judging().run(key.clone(), move || check_strength(field, candidate.expose_secret(), &context)).await??;
    server.hashing().run(key, move || hash_now(password.expose_secret().as_bytes())).await?
}

fn check_length(field: &'static str, password: &SecretString) -> Result<(), Invalid> {
    let typed = password.expose_secret();
    let characters = typed.chars().take(257).count();
    let message = if typed.is_empty() {
        "Choose a password."
    } else if characters < 8 {
        "Use at least 8 characters."
    } else if characters > 256 || typed.len() > BYTES_MAX {
        "Use at most 256 characters."
    } else {
        return Ok(());
    };
    Err(Invalid::one(field, message))
}

fn check_strength(field: &'static str, password: &str, context: &[String]) -> Result<(), Invalid> {
    // Names and addresses count whole and in their parts: "kith.example" makes "example" easy to guess.
    let parts = context.iter().flat_map(|c| c.split(|c: char| !c.is_alphanumeric())).filter(|part| part.len() > 2);
    let guesses: Vec<&str> = context.iter().map(String::as_str).chain(parts).collect();
    let candidate: String = password.chars().take(MAX_CHECKED_CHARS).collect();
    let estimate = zxcvbn(&candidate, &guesses);
    if estimate.score() >= Score::Three {
        return Ok(());
    }
    let advice = estimate.feedback().map(|feedback| {
        let warning = feedback.warning().map(|w| w.to_string());
        warning
            .into_iter()
            .chain(feedback.suggestions().iter().map(ToString::to_string))
            .take(2)
            .collect::<Vec<_>>()
            .join(" ")
    });
    let advice = advice.filter(|a| !a.is_empty()).unwrap_or_else(|| "Add another word or two.".to_owned());
    Err(Invalid::one(field, format!("That would be easy to guess. {advice}")))
}

/// The result of a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Wrong,
    Right,
    /// Right, but the stored hash has old parameters: replace it.
    RightButOld,
}

/// Compares a try with a stored hash. Without a stored hash it does the same work and returns [`Verdict::Wrong`].
pub async fn verify(
    server: &Server,
    key: QueueKey,
    password: &SecretString,
    stored: Option<String>,
) -> Result<Verdict> {
    if password.expose_secret().len() > BYTES_MAX {
        return Ok(Verdict::Wrong);
    }
    let password = normal(password);
    server
        .hashing()
        .run(key, move || {
            let known = stored.is_some();
            let stored = stored.unwrap_or_else(|| DUMMY.clone());
            let verdict = compare(password.expose_secret().as_bytes(), &stored);
            if known { verdict } else { Verdict::Wrong }
        })
        .await
}

fn compare(password: &[u8], stored: &str) -> Verdict {
    let Ok(hash) = PasswordHash::new(stored) else { return Verdict::Wrong };
    let Ok(params) = Params::try_from(&hash) else { return Verdict::Wrong };
    if params.m_cost() > STORED_MEMORY_MAX || params.t_cost() > STORED_PASSES_MAX {
        tracing::error!("a stored password hash asks for more than any of ours would");
        return Verdict::Wrong;
    }
    if argon2().verify_password(password, &hash).is_err() {
        return Verdict::Wrong;
    }
    let ours = Params::DEFAULT;
    let current = hash.algorithm.as_str() == "argon2id"
        && (params.m_cost(), params.t_cost(), params.p_cost()) == (ours.m_cost(), ours.t_cost(), ours.p_cost());
    if current { Verdict::Right } else { Verdict::RightButOld }
}

/// Computes the dummy hash for unknown users, before the first sign-in.
pub async fn warm_up(server: &Server) -> Result<()> {
    server
        .hashing()
        .run(QueueKey::server(), || {
            LazyLock::force(&DUMMY);
        })
        .await
}

/// Fails if the password changed, or the account was suspended, while we were verifying the password.
pub(crate) async fn still(
    tx: &mut sqlx::PgConnection,
    user: crate::base::id::UserId,
    verified: Option<&str>,
) -> Result<()> {
    // Lock first, in a statement of its own: a statement sees the rows from when it started, so one that had to wait
    // for the row would still compare with the old password.
    sqlx::query!("select id from users where id = $1 for update", user.0).fetch_optional(&mut *tx).await?;
    let holds = sqlx::query_scalar!(
        r#"
        select p.hash = $2 and u.suspended_at is null as "holds!"
        from users u join passwords p on p.user_id = u.id where u.id = $1
        "#,
        user.0,
        verified,
    )
    .fetch_optional(tx)
    .await?;
    if holds == Some(true) { Ok(()) } else { Err(Invalid::one("identifier", WRONG).into()) }
}

/// Replaces a hash by a newer one of the same password, unless the password has changed in the meantime.
pub(crate) async fn replace(
    tx: &mut sqlx::PgConnection,
    user: crate::base::id::UserId,
    (verified, newer): (Option<&str>, &str),
) -> Result<()> {
    still(tx, user, verified).await?;
    set(tx, user, newer).await
}

/// Sets or replaces the password of a user.
pub(crate) async fn set(tx: &mut sqlx::PgConnection, user: crate::base::id::UserId, hash: &str) -> Result<()> {
    sqlx::query!(
        r#"
        insert into passwords (user_id, hash) values ($1, $2)
        on conflict (user_id) do update set hash = excluded.hash, set_at = now()
        "#,
        user.0,
        hash,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Hashes a password without rating it, for the users of the demo data.
#[cfg(feature = "dev")]
pub fn hash_demo(password: &str) -> Result<String> {
    hash_now(password.as_bytes())
}

/// Hashes a password again, to replace an older hash of it.
pub(crate) async fn rehash(server: &Server, key: QueueKey, password: &SecretString) -> Result<String> {
    let password = normal(password);
    server.hashing().run(key, move || hash_now(password.expose_secret().as_bytes())).await?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strength(password: &str) -> Result<(), Invalid> {
        check_strength("password", password, &["ada".into(), "ada@kith.example".into(), "kith".into()])
    }

    // M18.
    #[test]
    fn hashes_with_minimum_argon2id_and_matches_only_that_password() {
        let hash = hash_now("correct horse".as_bytes()).unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert_eq!(compare(b"correct horse", &hash), Verdict::Right);
        for other in ["correct horse ", "Correct horse", "", "correct horse\0"] {
            assert_eq!(compare(other.as_bytes(), &hash), Verdict::Wrong, "{other:?}");
        }
    }

    // M18.
    #[test]
    fn detects_outdated_hashes_and_refuses_hostile_ones() {
        let old = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(8_192, 1, 1, None).unwrap());
        let old = old.hash_password(b"x").unwrap().to_string();
        assert_eq!(compare(b"x", &old), Verdict::RightButOld);
        let hostile = old.replace("m=8192", "m=4194304");
        assert_eq!(compare(b"x", &hostile), Verdict::Wrong);
        assert_eq!(compare(b"x", "not a hash"), Verdict::Wrong);
    }

    #[test]
    fn normalises_compatibility_forms_of_passwords() {
        let forms = ["ﬁne—Café 42", "fine—Cafe\u{301} 42"].map(|p| normal(&p.into()).expose_secret().to_owned());
        assert_eq!(forms[0], forms[1]);
    }

    #[test]
    fn refuses_weak_passwords_with_advice_and_accepts_strong_ones() {
        for easy in ["password", "12345678", "adaadaada", "ada@kith.example", "kith2026", "qwertyuiop", "KithKith1"] {
            let message = strength(easy).unwrap_err();
            assert!(message.get("password").unwrap().len() > 30, "{message:?}");
        }
        for strong in ["a b c d e f g h i j k l", "пламенный мотор в груди", "🐙🦀🐡 tank 🐠 thirteen"]
        {
            assert!(strength(strong).is_ok(), "{strong}");
        }
    }

    #[test]
    fn strength_check_judges_only_the_beginning_in_bounded_time() {
        for costly in ["$5", "69", "4@8({[<369!1|70$5+%2", "4@8({[<369!1|70$5+%2password", "qwertyuiop", "1.1.1.1"] {
            let begun = std::time::Instant::now();
            let (whole, beginning): (String, String) =
                (costly.chars().cycle().take(256).collect(), costly.chars().cycle().take(MAX_CHECKED_CHARS).collect());
            assert_eq!(strength(&whole).is_ok(), strength(&beginning).is_ok(), "{costly}");
            assert!(begun.elapsed() < std::time::Duration::from_secs(3), "{costly}: {:?}", begun.elapsed());
        }
        assert!(strength(&"$5".repeat(17)).is_err());
    }

    // M18.
    #[test]
    fn limits_password_length_in_characters() {
        for (length, fine) in [(7, false), (8, true), (64, true), (256, true), (257, false)] {
            assert_eq!(check_length("password", &"é".repeat(length).into()).is_ok(), fine, "{length}");
        }
        assert!(check_length("password", &"🦀".repeat(257).into()).is_err());
    }
}
