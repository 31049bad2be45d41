//! Pending OAuth sign-ups: a provider has identified a user who has no account yet. A pending sign-up owns and reserves
//! nothing: no name, no address, not even the identity. It belongs to the browser of the callback, and expires after
//! half an hour.

use sqlx::PgConnection;

use super::{
    authorization_requests::Flow,
    decide::{self, Addresses, Step},
    identities,
    protocol::ProviderAccount,
};
use crate::{
    base::{
        error::{Error, Invalid, Result},
        id::UserId,
    },
    config::providers::Slug,
    identity::{
        audit::Actor,
        auth::sign_up,
        sessions::request::Request,
        users::{self, Email, Username},
    },
};

/// The data for the page of a pending sign-up.
#[derive(Clone, Debug)]
pub struct PendingSignUp {
    pub provider: String,
    pub label: String,
    pub login: String,
    /// A suggested display name.
    pub name: String,
    pub stage: Stage,
}

/// The next step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stage {
    Choose(Choice),
    /// Verify the account with this address; or, when there are other addresses, create a new one with one of those.
    Prove {
        address: String,
        free: Vec<String>,
    },
    /// Enter an address and verify it.
    AskAddress,
}

/// The suggested values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// A free username, or empty when none can be made of the login name.
    pub username: String,
    /// Other free usernames, when the login name is not free.
    pub others: Vec<String>,
    /// All are verified and have no account; the first is the likeliest.
    pub addresses: Vec<String>,
}

/// A pending sign-up as it is stored.
pub(super) struct Row {
    pub provider: String,
    pub issuer: String,
    pub subject: String,
    pub login: String,
    pub name: String,
    picture: Option<String>,
    pub addresses: Vec<String>,
    pub next: String,
}

impl Row {
    /// Returns the provider's data, without the addresses.
    pub fn account(&self) -> Result<ProviderAccount> {
        Ok(ProviderAccount {
            provider: self.provider.parse::<Slug>().map_err(|()| Error::NotFound)?,
            issuer: self.issuer.clone(),
            subject: self.subject.clone(),
            login: self.login.clone(),
            name: self.name.clone(),
            addresses: Vec::new(),
            picture: self.picture.clone(),
            missing: None,
        })
    }
}

/// Stores the provider's data for the browser of the callback and replaces an earlier pending sign-up there.
pub(super) async fn keep(cx: &Request, flow: &Flow, account: &ProviderAccount) -> Result<()> {
    let addresses: Vec<String> = account.addresses.iter().map(|email| email.as_str().to_owned()).collect();
    sqlx::query!(
        r#"
        insert into pending_oauth_sign_ups (browser_hash, provider, issuer, subject, login, name, picture, addresses, next)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        on conflict (browser_hash) do update set
            provider = excluded.provider, issuer = excluded.issuer, subject = excluded.subject, login = excluded.login,
            name = excluded.name, picture = excluded.picture, addresses = excluded.addresses, verified = null,
            avatar_requested = false, avatar = null, avatar_type = null, next = excluded.next, created_at = excluded.created_at, expires_at = excluded.expires_at
        "#,
        &flow.browser.hash()[..],
        account.provider.as_str(),
        account.issuer,
        account.subject,
        account.login,
        account.name,
        account.picture,
        &addresses,
        flow.next,
    )
    .execute(cx.server.db())
    .await?;
    Ok(())
}

pub(super) fn browser_hash(cx: &Request) -> Result<[u8; 32]> {
    cx.oauth().map(crate::base::random::Token::hash).ok_or(Error::NotFound)
}

/// Returns the pending sign-up of this browser. [`Error::NotFound`] when there is none. An address that was verified
/// here comes first.
pub(super) async fn row(db: &mut PgConnection, cx: &Request) -> Result<Row> {
    sqlx::query_as!(
        Row,
        r#"
        select provider, issuer, subject, login, name, picture, next,
               case when verified is null then addresses else verified || addresses end as "addresses!"
        from pending_oauth_sign_ups where browser_hash = $1 and expires_at > now()
        "#,
        &browser_hash(cx)?[..],
    )
    .fetch_optional(db)
    .await?
    .ok_or(Error::NotFound)
}

/// Deletes and returns it: no other transaction finds it unless this one rolls back.
pub(super) async fn take(tx: &mut PgConnection, cx: &Request) -> Result<Row> {
    sqlx::query_as!(
        Row,
        r#"
        delete from pending_oauth_sign_ups where browser_hash = $1 and expires_at > now()
        returning provider, issuer, subject, login, name, picture, next,
            case when verified is null then addresses else verified || addresses end as "addresses!"
        "#,
        &browser_hash(cx)?[..],
    )
    .fetch_optional(tx)
    .await?
    .ok_or(Error::NotFound)
}

/// Returns the page to continue at.
pub(super) async fn next(cx: &Request) -> Result<String> {
    Ok(row(&mut *cx.server.db().acquire().await?, cx).await?.next)
}

/// Returns each address with the account that has it, in the same order.
pub(super) async fn owners(
    db: &mut PgConnection,
    addresses: Vec<String>,
) -> Result<impl Iterator<Item = (String, Option<UserId>)> + use<>> {
    let rows = sqlx::query!(
        r#"
        select a.address as "address!", u.id as "owner?"
        from unnest($1::text[]) with ordinality as a (address, place)
        left join users u on lower(u.email) = lower(a.address) order by a.place
        "#,
        &addresses,
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (row.address, row.owner.map(UserId))))
}

/// Returns the account that the pending sign-up of this browser has to verify, if any.
pub(super) async fn waiting_for(db: &mut PgConnection, cx: &Request) -> Result<Option<UserId>> {
    let addresses = match row(db, cx).await {
        Ok(row) => row.addresses,
        Err(Error::NotFound) => return Ok(None),
        Err(other) => return Err(other),
    };
    let owner = owners(db, addresses).await?.find_map(|(_, owner)| owner);
    Ok(owner)
}

/// Returns the pending sign-up of this browser. [`Error::NotFound`] when there is none. With the flag the user prefers
/// a new account over verifying the existing one.
pub async fn current(cx: &Request, restarted: bool) -> Result<PendingSignUp> {
    let mut db = cx.server.db().acquire().await?;
    let row = row(&mut db, cx).await?;
    let stage = stage(&mut db, &row, restarted).await?;
    let label = row.provider.parse().map_or_else(|()| row.provider.clone(), |slug| cx.server.providers().label(slug));
    Ok(PendingSignUp { label, provider: row.provider, login: row.login, name: row.name, stage })
}

async fn stage(db: &mut PgConnection, row: &Row, restarted: bool) -> Result<Stage> {
    let known: Vec<_> = owners(db, row.addresses.clone()).await?.collect();
    let free: Vec<String> = known.iter().filter(|(_, owner)| owner.is_none()).map(|(a, _)| a.clone()).collect();
    let owned = known.into_iter().find_map(|(address, owner)| owner.map(|owner| (address, owner)));
    let addresses = match &owned {
        Some((_, owner)) if !restarted || free.is_empty() => Addresses::Of(*owner),
        _ if free.is_empty() => Addresses::None,
        _ => Addresses::Free,
    };
    Ok(match (decide::next(addresses), owned) {
        (Step::Prove(_), Some((address, _))) => Stage::Prove { address, free },
        (Step::Choose, _) => {
            let (username, others) = suggestion(db, &row.login).await?;
            Stage::Choose(Choice { username, others, addresses: free })
        }
        _ => Stage::AskAddress,
    })
}

/// Returns a free username like the login name, or a few others when that one is taken.
async fn suggestion(db: &mut PgConnection, login: &str) -> Result<(String, Vec<String>)> {
    let Some(wished) = username_like(login) else { return Ok((String::new(), Vec::new())) };
    if sign_up::check_free(db, &wished).await?.is_ok() {
        return Ok((wished.as_str().to_owned(), Vec::new()));
    }
    let mut others = users::alternatives(db, &wished).await?.into_iter();
    Ok((others.next().unwrap_or_default(), others.collect()))
}

/// Converts a login name to one of our usernames, if possible.
fn username_like(login: &str) -> Option<Username> {
    let name = login.split('@').next().unwrap_or_default().to_ascii_lowercase();
    let name: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    let name = name.trim_start_matches(|c: char| !c.is_ascii_lowercase());
    let name: String = name.chars().take(24).collect();
    Username::parse(&name).or_else(|_| Username::parse(&format!("{name}_here"))).ok()
}

/// Links the pending identity of this browser to an account whose owner has just proved themselves, inside the
/// transaction of that sign-in. The account must still have one of the addresses: one the provider verified, or
/// `proved`, to which a code was mailed.
///
/// [`Error::NotFound`] when nothing is pending, or not for this user; [`Error::Invalid`] when it cannot be linked.
pub(super) async fn link(tx: &mut PgConnection, cx: &Request, (user, proved): (UserId, Option<&str>)) -> Result<()> {
    let row = take(tx, cx).await?;
    let email =
        sqlx::query_scalar!("select email from users where id = $1 and suspended_at is null for update", user.0)
            .fetch_optional(&mut *tx)
            .await?
            .ok_or(Error::NotFound)?;
    let matches_email = |address: &str| address.eq_ignore_ascii_case(&email);
    if !row.addresses.iter().any(|address| matches_email(address)) && !proved.is_some_and(matches_email) {
        return Err(Error::NotFound);
    }
    let account = row.account()?;
    if let Err(why) = identities::insert(tx, user, &account).await? {
        return Err(Invalid::one("", why.words(&cx.server.providers().label(account.provider))).into());
    }
    let actor = Actor::Person { user, device: None, client: cx.client() };
    identities::record_linked(tx, cx, (user, &account), actor).await
}

/// Stores an address that was verified by a mailed code: from now on the first to choose from.
pub(super) async fn set_verified(tx: &mut PgConnection, cx: &Request, address: &str) -> Result<()> {
    let address = Email::parse(address)?;
    let updated = sqlx::query!(
        "update pending_oauth_sign_ups set verified = $2 where browser_hash = $1 and expires_at > now()",
        &browser_hash(cx)?[..],
        address.as_str(),
    )
    .execute(tx)
    .await?;
    if updated.rows_affected() == 1 { Ok(()) } else { Err(Error::NotFound) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suggests_usernames_from_provider_logins() {
        for (login, username) in [
            ("octocat", Some("octocat")),
            ("Mona-Lisa", Some("mona_lisa")),
            ("42nd-street", Some("nd_street")),
            ("ada.lovelace@kith.example", Some("ada_lovelace")),
            ("x", Some("x_here")),
            ("admin", Some("admin_here")),
            ("a-very-long-login-name-with-thirty-nine-chars", Some("a_very_long_login_name_w")),
            ("用户", None),
            ("", None),
        ] {
            assert_eq!(username_like(login).as_ref().map(Username::as_str), username, "{login}");
        }
    }
}
