//! Six-digit codes by mail. Ten minutes, five tries, one use, and only in the browser that requested it: the stored
//! hash is keyed with a token that only that browser has.

use hmac::{Hmac, Mac};
use sha2::Sha256;
use sqlx::PgConnection;

use crate::{
    Server,
    base::{
        error::{Error, Invalid, Result},
        id::UserId,
        input,
        random::{self, Token},
    },
    identity::sessions::request::Request,
    jobs, limits,
    mailer::{Mail, Message},
};

/// The lifetime of a code, in minutes.
pub const MINUTES: i32 = 10;
/// The number of tries for one mailed code.
pub const TRIES: i16 = 5;

/// The purpose of a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodePurpose {
    SignIn,
    Elevate,
    ChangeEmail,
    /// Verifies an address, or the account that has it, during a sign-in with a provider.
    OAuthSignUp,
}

impl CodePurpose {
    fn name(self) -> &'static str {
        match self {
            Self::SignIn => "sign_in",
            Self::Elevate => "elevate",
            Self::ChangeEmail => "change_email",
            Self::OAuthSignUp => "oauth_sign_up",
        }
    }

    /// Returns true if the code is for the signed-in user: another user of the same browser cannot use it.
    fn is_for_members(self) -> bool {
        matches!(self, Self::Elevate | Self::ChangeEmail)
    }
}

/// Returns the hash of a code for storage.
pub(super) fn hash(flow: &Token, code: &str) -> Vec<u8> {
    mac(flow, code).finalize().into_bytes().to_vec()
}

/// Compares a typed code with the stored hash, in constant time.
pub(super) fn matches_hash(flow: &Token, code: &str, stored: &[u8]) -> bool {
    mac(flow, code).verify_slice(stored).is_ok()
}

fn mac(flow: &Token, code: &str) -> Hmac<Sha256> {
    #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
    let mut mac = Hmac::<Sha256>::new_from_slice(flow.key()).expect("a key of any length");
    mac.update(code.as_bytes());
    mac
}

/// Returns the six digits of a typed code, in any script and with anything but letters between them.
pub(super) fn typed(code: &str) -> Result<String, Invalid> {
    let digits = input::digits(code).filter(|digits| digits.len() == 6);
    digits.ok_or_else(|| Invalid::one("code", "The code is six digits. Please check the mail."))
}

/// The state of a try after it was counted.
pub(super) struct Tried<'a> {
    pub in_time: bool,
    /// The number of tries so far, this one included.
    pub attempts: i16,
    pub stored: Option<&'a [u8]>,
}

impl Tried<'_> {
    /// Counts the try against the client if the code has expired or has no tries left. A working code has its own
    /// tries, and neighbours cannot use those up.
    pub(super) async fn count(&self, cx: &Request) -> Result<()> {
        if self.in_time && self.attempts <= TRIES { Ok(()) } else { count_stray(cx).await }
    }
}

/// Counts a code that does not match a pending one: per user when signed in, else per client address.
/// [`Error::Limited`].
async fn count_stray(cx: &Request) -> Result<()> {
    let key = cx.me().map_or_else(|| cx.client().limit_key(), |me| format!("user {}", me.id()));
    limits::take(cx.server.db(), limits::CODE_CLIENT, key).await
}

/// Returns the error for a browser with no pending code: [`Error::NotFound`], or [`Error::Limited`].
pub(super) async fn lost<T>(cx: &Request) -> Result<T> {
    count_stray(cx).await?;
    Err(Error::NotFound)
}

/// Returns the token of the pending code in this browser. Elevation has its own token, because it can interrupt another
/// action, such as an address change with its own code.
fn flow(cx: &Request, purpose: CodePurpose) -> Option<&Token> {
    match purpose {
        CodePurpose::Elevate => cx.proof(),
        CodePurpose::SignIn | CodePurpose::ChangeEmail | CodePurpose::OAuthSignUp => cx.flow(),
    }
}

/// Returns the reason why a counted try fails, if it does.
pub(super) fn judge(flow: &Token, code: &str, tried: &Tried<'_>) -> Result<(), Invalid> {
    let left = TRIES - tried.attempts;
    let message = if !tried.in_time {
        "That code has expired. We can send a new one.".to_owned()
    } else if left < 0 {
        "Too many tries for this code. We can send a new one.".to_owned()
    } else if !tried.stored.is_some_and(|stored| matches_hash(flow, code, stored)) {
        match left {
            0 => "That code isn't right, and it was the last try. We can send a new one.".to_owned(),
            1 => "That code isn't right. You have 1 try left.".to_owned(),
            n => format!("That code isn't right. You have {n} tries left."),
        }
    } else {
        return Ok(());
    };
    Err(Invalid::one("code", message))
}

/// The recipient of a code.
pub(crate) struct Recipient<'a> {
    pub user: Option<UserId>,
    /// The address the mail is sent to: the one we have, never another spelling of it.
    pub email: &'a str,
    /// The address for the page: as it was typed, the same for known and unknown ones.
    pub shown: &'a str,
}

/// Stores a new code and queues the mail that `write` makes of it, sealed. With `opens` false the same happens, but the
/// code never works. The returned token is for the browser.
pub(crate) async fn issue(
    (tx, server): (&mut PgConnection, &Server),
    purpose: CodePurpose,
    to: &Recipient<'_>,
    opens: bool,
    write: impl FnOnce(&str) -> Message,
) -> Result<Token> {
    let (flow, code) = (Token::new(), random::digits());
    let stored = opens.then(|| hash(&flow, &code));
    sqlx::query!(
        r#"
        insert into email_codes (flow_hash, purpose, user_id, email, code_hash, expires_at)
        values ($1, $2, $3, $4, $5, now() + make_interval(mins => $6))
        "#,
        &flow.hash()[..],
        purpose.name(),
        to.user.map(|user| user.0),
        to.shown,
        stored,
        MINUTES,
    )
    .execute(&mut *tx)
    .await?;
    jobs::enqueue_secret(tx, server.seal(), &Mail { to: to.email.to_owned(), message: write(&code) }, MINUTES).await?;
    Ok(flow)
}

/// Returns the address of the pending code of this browser. [`Error::NotFound`] when there is none.
pub async fn waiting(cx: &Request, purpose: CodePurpose) -> Result<String> {
    let flow = flow(cx, purpose).ok_or(Error::NotFound)?;
    sqlx::query_scalar!(
        r#"
        select email from email_codes where flow_hash = $1 and purpose = $2 and expires_at > now() - interval '20 minutes'
            and ($3 or user_id = $4)
        "#,
        &flow.hash()[..],
        purpose.name(),
        !purpose.is_for_members(),
        cx.viewer().map(|me| me.0),
    )
    .fetch_optional(cx.server.db())
    .await?
    .ok_or(Error::NotFound)
}

/// Extends the pending code of this browser to the lifetime of a new one, when no other can be mailed to `email`. Only
/// a code from the last hour; its used tries stay counted.
pub(crate) async fn extend(cx: &Request, purpose: CodePurpose, email: &str) -> Result<()> {
    let Some(flow) = flow(cx, purpose) else { return Ok(()) };
    sqlx::query!(
        r#"
        update email_codes set expires_at = now() + make_interval(mins => $4)
        where flow_hash = $1 and purpose = $2 and lower(email) = lower($3) and created_at > now() - interval '1 hour'
            and expires_at < now() + make_interval(mins => $4 / 2)
        "#,
        &flow.hash()[..],
        purpose.name(),
        email,
        MINUTES,
    )
    .execute(cx.server.db())
    .await?;
    Ok(())
}

/// A correct code, not yet used up.
pub(crate) struct VerifiedCode {
    pub id: i64,
    pub user: UserId,
    pub email: String,
}

/// A correct code for an address that may have no account yet.
pub(crate) struct VerifiedAddress {
    pub id: i64,
    user: Option<UserId>,
    pub email: String,
}

/// Checks a code. [`Error::Invalid`] on `code`; [`Error::NotFound`] when this browser has no pending code of this
/// purpose.
pub(crate) async fn try_code(cx: &Request, purpose: CodePurpose, code: &str) -> Result<VerifiedCode> {
    let right = try_address(cx, purpose, code).await?;
    Ok(VerifiedCode { id: right.id, user: right.user.ok_or(Error::NotFound)?, email: right.email })
}

/// Like [`try_code`], but accepts an address that has no account.
pub(crate) async fn try_address(cx: &Request, purpose: CodePurpose, code: &str) -> Result<VerifiedAddress> {
    let Some(flow) = flow(cx, purpose) else { return lost(cx).await };
    let code = typed(code)?;
    // Counted before the comparison, so that parallel requests do not get more tries than allowed.
    let row = sqlx::query!(
        r#"
        update email_codes set attempts = least(attempts + 1, $3 + 1)
        where flow_hash = $1 and purpose = $2 and ($4 or user_id = $5)
        returning id, user_id, email, code_hash, attempts, expires_at > now() as "in_time!"
        "#,
        &flow.hash()[..],
        purpose.name(),
        i32::from(TRIES),
        !purpose.is_for_members(),
        cx.viewer().map(|me| me.0),
    )
    .fetch_optional(cx.server.db())
    .await?;
    let Some(row) = row else { return lost(cx).await };
    let tried = Tried { in_time: row.in_time, attempts: row.attempts, stored: row.code_hash.as_deref() };
    tried.count(cx).await?;
    judge(flow, &code, &tried)?;
    Ok(VerifiedAddress { id: row.id, user: row.user_id.map(UserId), email: row.email })
}

/// Deletes a correct code, inside the transaction of what it allows. Of several concurrent requests one succeeds; the
/// others get [`Error::NotFound`].
pub(crate) async fn use_up(tx: &mut PgConnection, right: i64) -> Result<()> {
    // A code that identifies the user works only for their current address, even if it was changed this moment.
    let used = sqlx::query!(
        r#"
        delete from email_codes c where c.id = $1 and c.expires_at > now() and (
            c.purpose = 'change_email' or (c.purpose = 'oauth_sign_up' and c.user_id is null)
            or exists (select 1 from users u where u.id = c.user_id and lower(u.email) = lower(c.email))
        )
        "#,
        right,
    )
    .execute(tx)
    .await?;
    if used.rows_affected() == 1 { Ok(()) } else { Err(Error::NotFound) }
}
