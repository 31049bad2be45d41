//! Changes of the e-mail address, the username and the password. Each needs elevation and sends a notice by mail. Each
//! revokes the other sessions if an attacker could have used the old credential.

use secrecy::SecretString;
use sqlx::PgConnection;

use super::{Email, Username, decide, reserve, sign_in_methods};
use crate::{
    audit::{self, Actor, Event},
    auth::{
        asking::{self, MailOutcome},
        code::{self, Purpose, Recipient},
        password, reset,
    },
    error::{Error, Invalid, Result, on_constraint},
    fair_queue::QueueKey,
    jobs::{self, Job},
    limits::{self, SharedBudget},
    links::{self, Link},
    mailer::{Mail, messages},
    random::Token,
    request::{Elevated, Request},
    search, sessions,
};

/// The account data that the settings page shows.
pub struct Account {
    pub email: String,
    pub has_password: bool,
}

/// Returns the account data for the user's settings page.
pub async fn account(cx: &Request, me: &crate::request::Member) -> Result<Account> {
    Ok(sqlx::query_as!(
        Account,
        r#"
        select u.email, p.user_id is not null as "has_password!"
        from users u left join passwords p on p.user_id = u.id where u.id = $1
        "#,
        me.id().0,
    )
    .fetch_one(cx.server.db())
    .await?)
}

/// Sets a new password or the first one. Signs out all other devices.
///
/// [`Error::Invalid`] on `new_password`; [`Error::Limited`] for too many of them; [`Error::Busy`].
pub async fn password(cx: &Request, me: &Elevated, new: &SecretString) -> Result<()> {
    let email = account(cx, me).await?.email;
    let (key, context) =
        (QueueKey::new(cx.client(), me.queue_account()), [me.person.username.as_str(), email.as_str()]);
    let work = password::hash_new(&cx.server, key, "new_password", new, &context);
    let hash = limits::counted(&cx.server, (limits::NEW_PASSWORD, me.device), work).await?;
    let mut tx = cx.server.begin().await?;
    sessions::still_elevated(&mut tx, me).await?;
    password::set(&mut tx, me.id(), &hash).await?;
    end_other_ways(&mut tx, me).await?;
    record(&mut tx, cx, me, &Event::PasswordChanged).await?;
    let message = messages::password_changed(&cx.server.config().origin);
    jobs::notify(&mut tx, me.id(), Mail { to: email, message }).await?;
    tx.commit().await?;
    cx.server.wake().ring();
    Ok(())
}

/// Removes the password, for a user who prefers another way to sign in or fears that the password is known to others.
/// Signs out all other devices.
///
/// [`Error::Invalid`] when it is the last way to sign in; [`Error::NotFound`] when there is none.
pub async fn remove_password(cx: &Request, me: &Elevated) -> Result<()> {
    let mut tx = cx.server.begin().await?;
    sessions::still_elevated(&mut tx, me).await?;
    let removed = sqlx::query!("delete from passwords where user_id = $1", me.id().0).execute(&mut *tx).await?;
    if removed.rows_affected() == 0 {
        return Err(Error::NotFound);
    }
    sign_in_methods::require_one((&mut tx, &cx.server), me.id()).await?;
    end_other_ways(&mut tx, me).await?;
    record(&mut tx, cx, me, &Event::PasswordRemoved).await?;
    let to = sqlx::query_scalar!("select email from users where id = $1", me.id().0).fetch_one(&mut *tx).await?;
    let message = messages::password_removed(&cx.server.config().origin);
    jobs::notify(&mut tx, me.id(), Mail { to, message }).await?;
    tx.commit().await?;
    cx.server.wake().ring();
    Ok(())
}

/// Mails a code to the new address. Nothing changes until the user enters the code. If the address already has an
/// account, the mail says so instead and has no code; the response is the same. The returned token is for the browser.
/// If no further mail may be sent to the address, the pending code of this browser is extended.
///
/// [`Error::Invalid`] on `email`; [`Error::Limited`] for too many mails by this user.
pub async fn request_email(cx: &Request, me: &Elevated, wished: &str) -> Result<MailOutcome<Token>> {
    let email = Email::parse(wished)?;
    asking::count_own(cx, me).await?;
    match limits::take_shared(&cx.server, SharedBudget::MAIL, &email.key(), cx.client()).await {
        Ok(_) => {}
        Err(Error::Limited(wait)) => {
            code::extend(cx, Purpose::ChangeEmail, email.as_str()).await?;
            return Ok(MailOutcome::Earlier(wait));
        }
        Err(other) => return Err(other),
    }
    let origin = &cx.server.config().origin;
    let mut tx = cx.server.begin().await?;
    sessions::still_elevated(&mut tx, me).await?;
    let taken =
        sqlx::query_scalar!(r#"select exists (select 1 from users where lower(email) = $1) as "taken!""#, email.key())
            .fetch_one(&mut *tx)
            .await?;
    // One change at a time: the code for another address is deleted.
    sqlx::query!("delete from codes where user_id = $1 and purpose = 'change_email'", me.id().0)
        .execute(&mut *tx)
        .await?;
    let to = Recipient { user: Some(me.id()), email: email.as_str(), shown: email.as_str() };
    let flow = code::issue((&mut *tx, &cx.server), Purpose::ChangeEmail, &to, !taken, |digits| match taken {
        true => messages::address_in_use(origin),
        false => messages::new_email_code(origin, digits),
    })
    .await?;
    tx.commit().await?;
    cx.server.wake().ring();
    Ok(MailOutcome::Sent(flow))
}

/// Sets the address that the correct code was mailed to. Mails a notice to the old address, with an undo link unless
/// this change is itself an undo. Signs out all other devices.
///
/// [`Error::Invalid`] on `code`; [`Error::NotFound`] when this user has no pending change in this browser.
pub async fn email(cx: &Request, me: &Elevated, typed: &str) -> Result<()> {
    let right = code::try_code(cx, Purpose::ChangeEmail, typed).await?;
    if right.user != me.id() {
        return Err(Error::NotFound);
    }
    let mut tx = cx.server.begin().await?;
    sessions::still_elevated(&mut tx, me).await?;
    code::use_up(&mut tx, right.id).await?;
    let old = sqlx::query_scalar!("select email from users where id = $1", me.id().0).fetch_one(&mut *tx).await?;
    let taken = || Invalid::one("code", "That address has an account of its own by now.");
    sqlx::query!("update users set email = $2 where id = $1", me.id().0, right.email)
        .execute(&mut *tx)
        .await
        .map_err(|e| on_constraint(e, "users_email_key", taken()))?;
    // Codes and links mailed to the old address must no longer open the account.
    end_other_ways(&mut tx, me).await?;
    record(&mut tx, cx, me, &Event::EmailChanged).await?;
    let notice = match links::prepare_undo(&mut tx, me.id(), &old, &right.email).await? {
        Some(way_back) => way_back,
        None => Job::Mail(Mail { to: old, message: messages::email_back(&cx.server.config().origin, &right.email) }),
    };
    jobs::enqueue(&mut tx, &notice).await?;
    tx.commit().await?;
    cx.server.wake().ring();
    Ok(())
}

/// Restores the address from before a change, by the undo link mailed there. Revokes all sessions and everything else
/// that is pending for the account, including the undo links of later changes. Mails a notice to both addresses.
///
/// [`Error::NotFound`] when the link is used, expired or unknown; [`Error::Invalid`] when the address has another
/// account.
pub async fn undo_email(cx: &Request, link: &Link) -> Result<()> {
    let old = link.email.as_deref().ok_or(Error::NotFound)?;
    let mut tx = cx.server.begin().await?;
    links::use_undo(&mut tx, link).await?;
    let lost = sqlx::query_scalar!("select email from users where id = $1", link.user.0).fetch_one(&mut *tx).await?;
    let taken =
        || Invalid::one("", "That address has another account by now. Please write to the people who run this site.");
    sqlx::query!("update users set email = $2 where id = $1", link.user.0, old)
        .execute(&mut *tx)
        .await
        .map_err(|e| on_constraint(e, "users_email_key", taken()))?;
    reset::revoke_pending(&mut tx, link.user).await?;
    // An attacker who changed the address may also have set the password or linked an identity. Only the mailbox proves
    // the owner now, and the owner chooses a new password with it.
    sqlx::query!("delete from passwords where user_id = $1", link.user.0).execute(&mut *tx).await?;
    sqlx::query!("delete from identities where user_id = $1", link.user.0).execute(&mut *tx).await?;
    audit::record(&mut tx, link.user, Actor::LinkHolder { client: cx.client() }, &Event::EmailRestored).await?;
    let origin = &cx.server.config().origin;
    for (to, message) in [(lost, messages::email_back(origin, old)), (old.to_owned(), messages::email_restored(origin))]
    {
        jobs::enqueue(&mut tx, &Job::Mail(Mail { to, message })).await?;
    }
    tx.commit().await?;
    cx.server.wake().ring();
    Ok(())
}

/// Changes the username. The old one stays reserved for 30 days and redirects to the new one during that time; the user
/// may also take it back.
///
/// [`Error::Invalid`] on `username` when it is not available.
pub async fn username(cx: &Request, me: &Elevated, wished: &str) -> Result<Username> {
    let username = Username::parse(wished)?;
    let taken = || Invalid::one("username", "That username is taken. Please pick another.");
    // Before the transaction: inside it, this would wait for a second connection while locks are held.
    limits::take(&cx.server, limits::USERNAME, me.id()).await?;
    let changed = change_username(cx, me, username, taken).await;
    if changed.is_err() {
        limits::give_back_later(&cx.server, limits::USERNAME, me.id().to_string()).await;
    }
    changed
}

async fn change_username(
    cx: &Request,
    me: &Elevated,
    username: Username,
    taken: impl Fn() -> Invalid,
) -> Result<Username> {
    let mut tx = cx.server.begin().await?;
    // In alphabetical order, so that two users cannot deadlock.
    let mut names = [me.person.username.as_str(), username.as_str()];
    names.sort_unstable();
    for name in names {
        decide(&mut tx, name).await?;
    }
    let reserved = sqlx::query_scalar!(
        r#"
        select exists (
            select 1 from former_usernames where username = $1 and user_id <> $2 and released_at > now()
        ) as "reserved!"
        "#,
        username.as_str(),
        me.id().0,
    )
    .fetch_one(&mut *tx)
    .await?;
    if reserved {
        return Err(taken().into());
    }
    sessions::still_elevated(&mut tx, me).await?;
    let from = sqlx::query_scalar!("select username from users where id = $1", me.id().0).fetch_one(&mut *tx).await?;
    if from == username.as_str() {
        return Err(Invalid::one("username", "That is your username already.").into());
    }
    sqlx::query!("update users set username = $2 where id = $1", me.id().0, username.as_str())
        .execute(&mut *tx)
        .await
        .map_err(|e| on_constraint(e, "users_username_key", taken()))?;
    search::index_name(&mut tx, me.id()).await?;
    sqlx::query!("delete from former_usernames where username = $1", username.as_str()).execute(&mut *tx).await?;
    reserve(&mut tx, &from, me.id()).await?;
    record(&mut tx, cx, me, &Event::UsernameChanged { from }).await?;
    tx.commit().await?;
    Ok(username)
}

/// Runs after a change of a credential: signs out all other devices and deletes the codes and reset links mailed
/// before. Keeps the link that revokes this very session: if an attacker uses the session, a change must not take that
/// link from the owner.
async fn end_other_ways(tx: &mut PgConnection, me: &Elevated) -> Result<()> {
    sessions::revoke_others_in(tx, me).await?;
    reset::end_codes(tx, me.id()).await?;
    links::revoke_others(tx, me).await
}

async fn record(tx: &mut PgConnection, cx: &Request, me: &Elevated, event: &Event) -> Result<()> {
    let actor = Actor::Person { user: me.id(), device: Some(me.device), client: cx.client() };
    audit::record(tx, me.id(), actor, event).await
}
