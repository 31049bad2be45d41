//! Rate limits. One table of policies; the counts are in Postgres, so they hold across every instance of the server,
//! and an attempt is counted before it is evaluated, so that parallel requests cannot exceed a limit.

mod counted;
mod shares;

use std::time::Duration;

pub use counted::counted;
pub(crate) use counted::{give_back_later, give_back_undone};
pub use shares::{Share, SharedBudget, take_shared};

use sqlx::{PgPool, postgres::types::PgInterval};

use crate::base::{
    error::{Error, Result},
    random,
};

/// At most `most` in each `window`. A window starts with the first attempt.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    pub name: &'static str,
    pub most: i32,
    pub window: Duration,
    /// The description of the counted action.
    pub about: &'static str,
}

const fn policy(name: &'static str, most: i32, minutes: u64, about: &'static str) -> Policy {
    Policy { name, most, window: Duration::from_secs(minutes * 60), about }
}

pub const SIGN_IN_IDENTIFIER: Policy = policy(
    "sign_in.identifier",
    10,
    15,
    "Failed sign-ins for one e-mail address or username, whether it exists or not",
);
pub const SIGN_IN_FIRST: Policy = policy(
    "sign_in.first",
    3,
    15,
    "The first sign-ins for one name from one network: they may count in `sign_in.reserve`",
);
pub const SIGN_IN_RESERVE: Policy = policy(
    "sign_in.reserve",
    10,
    15,
    "Failed sign-ins for one name, when `sign_in.identifier` is used up, from networks within `sign_in.first`",
);
pub const SIGN_IN_ALL: Policy =
    policy("sign_in.all", 60, 15, "All sign-ins for one name, or of one user in known browsers: each one costs a hash");
pub const SIGN_IN_CLIENT: Policy =
    policy("sign_in.client", 30, 15, "Failed sign-ins from one client address, except in known browsers");
pub const SIGN_IN_BROWSER: Policy = policy(
    "sign_in.browser",
    10,
    15,
    "Failed sign-ins to one account in one known browser: failures of other clients do not count against it",
);
pub const ASK_CLIENT: Policy =
    policy("ask.client", 30, 60, "Requests for a code or link from one client address, except in known browsers");
pub const ELEVATE_DEVICE: Policy = policy("elevate.device", 10, 15, "Failed elevations in one session");
pub const ELEVATE_ALL: Policy = policy("elevate.all", 20, 15, "All elevations in one session");
pub const ELEVATE_USER: Policy = policy("elevate.user", 60, 15, "All elevations in all sessions of one user");
pub const NEW_PASSWORD: Policy =
    policy("password.new", 20, 60, "New passwords sent in one session, with one e-mail link, or for one invitation");
pub const SIGN_UP_CLIENT: Policy = policy("sign_up.client", 30, 60, "Sign-ups started from one client address");
pub const OAUTH_CLIENT: Policy =
    policy("oauth.client", 60, 15, "Authorization requests from one client address in unknown browsers");
pub const OAUTH_BROWSER: Policy = policy("oauth.browser", 20, 15, "Authorization requests in one known browser");
pub const OAUTH_CROWD: Policy = policy(
    "oauth.crowd",
    600,
    15,
    "Authorization requests from one client address in browsers that send a known-browser cookie",
);
pub const OAUTH_DEVICE: Policy = policy("oauth.device", 30, 15, "Authorization requests in one session");
pub const OAUTH_USER: Policy = policy("oauth.user", 180, 15, "Authorization requests in all sessions of one user");
pub const CODE_CLIENT: Policy = policy(
    "code.client",
    60,
    15,
    "Codes typed without a pending code or over its attempts, from one client address or by one signed-in user",
);
pub const MAIL_ADDRESS: Policy = policy("mail.address", 5, 60, "Mails to one address requested by unknown clients");
pub const MAIL_FIRST: Policy = policy(
    "mail.first",
    1,
    60,
    "The first mail to one address requested from one network: it may count in `mail.reserve`",
);
pub const MAIL_RESERVE: Policy = policy(
    "mail.reserve",
    5,
    60,
    "Mails to one address, when `mail.address` is used up, for networks within `mail.first`",
);
pub const MAIL_LAST: Policy = policy(
    "mail.last",
    1,
    60,
    "Mails to one address, when all of those are used up, with a link that is valid until the next mail",
);
pub const MAIL_BROWSER: Policy = policy(
    "mail.browser",
    5,
    60,
    "Mails to one account requested in one known browser: other clients cannot use them up",
);
pub const MAIL_DEVICE: Policy = policy("mail.device", 5, 60, "Codes requested in one session");
pub const MAIL_USER: Policy = policy("mail.user", 20, 60, "Codes requested in all sessions of one user");
pub const NOTICE: Policy =
    policy("notice.user", 10, 60, "Mails to one user about sign-ins from new browsers; over the limit no mail is sent");
pub const EXPORT: Policy = policy("export.user", 5, 60, "User exports");
pub const POST: Policy = policy("post.user", 60, 10, "Posts and replies of one user");
pub const LIKE: Policy = policy("like.user", 400, 1, "Likes and unlikes of one user");
pub const FOLLOW: Policy = policy("follow.user", 1_000, 24 * 60, "Follows and unfollows of one user");
pub const USERNAME: Policy =
    policy("username.user", 3, 7 * 24 * 60, "Changes of one user's username: each reserves the old one for 30 days");
pub const PICTURE: Policy = policy("picture.user", 20, 60, "Avatars uploaded by one user");
pub const PROFILE: Policy = policy("profile.user", 60, 60, "Changes of one user's profile");
pub const CSP_REPORT: Policy = policy("csp_report.client", 60, 1, "Reports of blocked content from one client address");

/// Every policy; a test compares `docs/limits.md` with this list.
pub const ALL: [Policy; 34] = [
    SIGN_IN_IDENTIFIER,
    SIGN_IN_FIRST,
    SIGN_IN_RESERVE,
    SIGN_IN_BROWSER,
    SIGN_IN_ALL,
    ASK_CLIENT,
    SIGN_IN_CLIENT,
    ELEVATE_DEVICE,
    ELEVATE_ALL,
    ELEVATE_USER,
    NEW_PASSWORD,
    SIGN_UP_CLIENT,
    OAUTH_CLIENT,
    OAUTH_BROWSER,
    OAUTH_CROWD,
    OAUTH_DEVICE,
    OAUTH_USER,
    CODE_CLIENT,
    MAIL_ADDRESS,
    MAIL_FIRST,
    MAIL_RESERVE,
    MAIL_LAST,
    MAIL_BROWSER,
    MAIL_DEVICE,
    MAIL_USER,
    NOTICE,
    EXPORT,
    POST,
    LIKE,
    FOLLOW,
    USERNAME,
    PICTURE,
    PROFILE,
    CSP_REPORT,
];

/// Counts one attempt for `key`. [`Error::Limited`] over the limit, with the time until the next.
pub async fn take(db: &PgPool, policy: Policy, key: impl ToString) -> Result<()> {
    // Over the limit it only reads: a flood writes nothing.
    let row = sqlx::query!(
        r#"
        with over as (
            select count + 1 as count, window_ends_at from limits
            where policy = $1 and key = $2 and count >= $4 and window_ends_at > now()
        ), counted as (
            insert into limits as l (policy, key, count, window_ends_at)
            select $1, $2, 1, now() + $3 where not exists (select from over)
            on conflict (policy, key) do update set
                count = case when l.window_ends_at <= now() then 1 else l.count + 1 end,
                window_ends_at = case when l.window_ends_at <= now() then excluded.window_ends_at else l.window_ends_at end
            returning count, window_ends_at
        )
        select count as "count!", extract(epoch from window_ends_at - now())::float8 as "seconds!"
        from (select * from over union all select * from counted) as either
        "#,
        policy.name,
        &random::hash(key.to_string().as_bytes())[..],
        interval(policy.window),
        policy.most,
    )
    .fetch_one(db)
    .await?;
    if row.count <= policy.most {
        return Ok(());
    }
    tracing::info!(event = "limited", policy = policy.name, count = row.count, "over a limit");
    Err(Error::Limited(Duration::from_secs_f64(row.seconds.max(1.0))))
}

/// Takes one counted attempt back: it turned out not to be a failure.
pub async fn give_back(db: &PgPool, policy: Policy, key: impl ToString) -> Result<()> {
    sqlx::query!(
        "update limits set count = count - 1 where policy = $1 and key = $2 and count > 0 and window_ends_at > now()",
        policy.name,
        &random::hash(key.to_string().as_bytes())[..],
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Deletes the count: the owner of the key has proved who they are.
pub async fn clear(db: &PgPool, policy: Policy, key: impl ToString) -> Result<()> {
    sqlx::query!(
        "delete from limits where policy = $1 and key = $2",
        policy.name,
        &random::hash(key.to_string().as_bytes())[..],
    )
    .execute(db)
    .await?;
    Ok(())
}

fn interval(window: Duration) -> PgInterval {
    PgInterval { months: 0, days: 0, microseconds: i64::try_from(window.as_micros()).unwrap_or(i64::MAX) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(policy: Policy) -> String {
        match policy.window.as_secs() / 60 {
            minutes if minutes % (24 * 60) == 0 => format!("{} d", minutes / (24 * 60)),
            minutes if minutes % 60 == 0 => format!("{} h", minutes / 60),
            minutes => format!("{minutes} min"),
        }
    }

    #[test]
    fn documentation_lists_every_limit() {
        let written = include_str!("../../docs/limits.md");
        let rows: Vec<String> = ALL
            .iter()
            .map(|policy| format!("| `{}` | {} | {} | {} |", policy.name, policy.about, policy.most, window(*policy)))
            .collect();
        let documented: Vec<&str> = written.lines().filter(|line| line.starts_with("| `")).collect();
        assert_eq!(documented, rows, "docs/limits.md should have these rows:\n{}", rows.join("\n"));
    }

    #[test]
    fn names_are_unique() {
        let names: std::collections::BTreeSet<_> = ALL.iter().map(|policy| policy.name).collect();
        assert_eq!(names.len(), ALL.len());
    }
}
