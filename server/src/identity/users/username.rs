//! Usernames: valid in our URLs and hard to confuse with one another.

use sqlx::PgConnection;

use crate::base::{
    error::{Invalid, Result},
    id::UserId,
    input,
};

/// A username: 3 to 24 of `a-z 0-9 _`, starting with a letter, in lower case, and not reserved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Username(String);

/// Names that are, or may become, addresses of the site or that seem to speak for it.
const RESERVED: &[&str] = &[
    "about",
    "abuse",
    "account",
    "accounts",
    "admin",
    "administrator",
    "anonymous",
    "api",
    "app",
    "assets",
    "auth",
    "avatar",
    "avatars",
    "billing",
    "blog",
    "bot",
    "contact",
    "csp_report",
    "dev",
    "devices",
    "docs",
    "elevate",
    "email",
    "everyone",
    "favicon",
    "feed",
    "feeds",
    "follow",
    "followers",
    "following",
    "forgot_password",
    "ftp",
    "guest",
    "healthz",
    "help",
    "home",
    "host",
    "info",
    "invite",
    "kith",
    "legal",
    "like",
    "login",
    "logout",
    "mail",
    "me",
    "media",
    "metrics",
    "mod",
    "moderator",
    "moderators",
    "new",
    "news",
    "nobody",
    "noreply",
    "notifications",
    "null",
    "oauth",
    "official",
    "owner",
    "page",
    "password",
    "pkg",
    "post",
    "postmaster",
    "posts",
    "press",
    "privacy",
    "profile",
    "readyz",
    "register",
    "report",
    "reset_password",
    "robots",
    "root",
    "rss",
    "search",
    "security",
    "session",
    "sessions",
    "settings",
    "share",
    "sign_in",
    "sign_out",
    "sign_up",
    "signin",
    "signout",
    "signup",
    "sitemap",
    "site",
    "staff",
    "static",
    "status",
    "support",
    "sysadmin",
    "system",
    "tag",
    "tags",
    "team",
    "terms",
    "test",
    "theme",
    "undefined",
    "user",
    "username",
    "users",
    "verify",
    "webmaster",
    "welcome",
    "well_known",
    "www",
];

impl Username {
    /// Parses what a user typed and ignores case, a leading `@`, invisible characters and full-width forms.
    pub fn parse(typed: &str) -> Result<Self, Invalid> {
        let typed = input::identifier(typed);
        let name = typed.strip_prefix('@').unwrap_or(&typed).to_ascii_lowercase();
        let message = if !(3..=24).contains(&name.chars().count()) {
            "Usernames have 3 to 24 characters."
        } else if !name.starts_with(|c: char| c.is_ascii_lowercase()) {
            "Usernames begin with a letter from a to z."
        } else if !name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_') {
            "Usernames can have the letters a to z, digits and _."
        } else if RESERVED.contains(&name.as_str()) {
            "That name is kept for the site. Please pick another."
        } else {
            return Ok(Self(name));
        };
        Err(Invalid::one("username", message))
    }

    /// Returns the username as it is stored.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Locks a name until the transaction ends, so that no other user can take it between its release and its reservation.
/// Take this lock before any row lock (docs/decisions/0003).
pub(crate) async fn lock_username(tx: &mut PgConnection, name: &str) -> Result<(), sqlx::Error> {
    sqlx::query!("select pg_advisory_xact_lock(hashtext('username'), hashtext($1))", name).execute(tx).await?;
    Ok(())
}

/// Reserves a released name for its owner for 30 days. During that time it redirects to the owner, if the account still
/// exists.
pub(crate) async fn reserve_username(tx: &mut PgConnection, name: &str, owner: UserId) -> Result<(), sqlx::Error> {
    sqlx::query!(
        r#"
        insert into former_usernames (username, user_id) values ($1, $2)
        on conflict (username) do update set user_id = excluded.user_id, reserved_until = excluded.reserved_until
        "#,
        name,
        owner.0,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Returns up to three free names that resemble a taken one.
pub async fn alternatives(db: &mut PgConnection, username: &Username) -> Result<Vec<String>> {
    let stem: String = username.as_str().trim_end_matches(|c: char| c.is_ascii_digit()).chars().take(19).collect();
    let endings = ["_", "2", "3", "7", "22", "42", "77", "101", "365", "808", "1001", "_here", "_too"];
    let candidates: Vec<String> =
        endings.iter().map(|ending| format!("{stem}{ending}")).filter(|name| Username::parse(name).is_ok()).collect();
    let available = sqlx::query_scalar!(
        r#"
        select c.name as "name!" from unnest($1::text[]) with ordinality as c (name, place)
        where not exists (select 1 from users u where u.username = c.name)
            and not exists (select 1 from former_usernames f where f.username = c.name and f.reserved_until > now())
        order by c.place limit 3
        "#,
        &candidates,
    )
    .fetch_all(db)
    .await?;
    Ok(available)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normalises_usernames_to_one_spelling() {
        for (typed, stored) in [
            ("ada", "ada"),
            (" @Ada_99 ", "ada_99"),
            ("abcdefghijklmnopqrstuvwx", "abcdefghijklmnopqrstuvwx"),
            ("\u{200b}ada\u{ad}_9\u{202c}", "ada_9"),
            ("＠ＡＤＡ＿９９", "ada_99"),
            ("ada_٩٩", "ada_99"),
        ] {
            assert_eq!(Username::parse(typed).unwrap().as_str(), stored);
        }
    }

    #[test]
    fn refuses_malformed_confusable_and_reserved_usernames() {
        for bad in [
            "",
            "ab",
            "abcdefghijklmnopqrstuvwxy",
            "1ada",
            "_ada",
            "аdmin",
            "ada–x",
            "ada x",
            "ada-x",
            "ada.x",
            "Admin",
            "api",
            "settings",
            "victim@x",
            ".",
            "..",
            "a/b",
            "ada\0",
            "ᴀda",
            "me",
        ] {
            assert!(Username::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn every_first_segment_of_our_addresses_is_reserved() {
        for segment in [
            "assets",
            "avatars",
            "posts",
            "tags",
            "search",
            "notifications",
            "settings",
            "admin",
            "auth",
            "api",
            "dev",
            "elevate",
            "theme",
            "healthz",
            "readyz",
            "metrics",
            "following",
        ] {
            assert!(Username::parse(segment).is_err(), "{segment}");
        }
    }
}
