//! The start of a sign-up: checks and stores the form and mails a code.

use secrecy::SecretString;
use sqlx::PgConnection;

use super::flow;
use crate::{
    base::{
        error::{Error, Invalid, Result},
        fair_queue::QueueKey,
        random::{self, Token},
    },
    identity::{
        auth::{
            asking::{self, MailOutcome},
            code, password,
        },
        mails,
        sessions::request::Request,
        users::{self, Email, Username, alternatives},
    },
    jobs,
    limits::{self, Share},
    mailer::Mail,
};

/// The input of the sign-up form.
pub struct SignUpRequest {
    pub email: String,
    pub username: String,
    pub display_name: String,
    pub password: SecretString,
}

/// Stores a registration and mails a code to its address; to an address that has an account, a mail that says so. The
/// response is the same for both. The returned token is for the browser.
///
/// [`Error::Invalid`] with every field that is refused; [`Error::Limited`] for too many mails or registrations.
pub async fn begin(cx: &Request, request: &SignUpRequest) -> Result<MailOutcome<Token>> {
    let mut invalid = Invalid::default();
    let email = invalid.note(Email::parse(&request.email));
    let username = invalid.note(Username::parse(&request.username));
    let display_name = invalid.note(users::display_name(&request.display_name));
    if let Some(username) = &username {
        let mut conn = cx.server.db().acquire().await?;
        invalid.note(check_free(&mut conn, username).await?);
    }
    let typed: String = request.email.chars().take(254).collect();
    let key = QueueKey::new(cx.client(), format!("sign-up {}", typed.trim().to_lowercase()));
    let context = [request.username.as_str(), request.email.as_str()];
    let work = password::hash_new(&cx.server, key, "password", &request.password, &context);
    let hash = match limits::counted(cx.server.db(), (limits::SIGN_UP_CLIENT, cx.client().limit_key()), work).await {
        Err(Error::Invalid(errors)) => invalid.note(Err(errors)),
        other => Some(other?),
    };
    let (Some(email), Some(username), Some(display_name), Some(hash)) = (email, username, display_name, hash) else {
        return Err(invalid.into());
    };
    invalid.check()?;
    let chosen = (username.as_str(), &*display_name, &*hash);
    match asking::count_address(cx, &email).await? {
        MailOutcome::Sent(share) => {
            create_registration(cx, (&email, share == Share::Reserve), chosen).await.map(MailOutcome::Sent)
        }
        MailOutcome::Earlier(wait) => {
            let updated = extend_registration(cx, email.as_str(), Some(chosen)).await?;
            Ok(updated.map_or(MailOutcome::Earlier(wait), MailOutcome::Sent))
        }
    }
}

/// Writes the registration and queues its mail.
async fn create_registration(
    cx: &Request,
    (email, others): (&Email, bool),
    (username, display_name, hash): (&str, &str, &str),
) -> Result<Token> {
    let flow = Token::new();
    let mut tx = cx.server.begin().await?;
    let id = sqlx::query_scalar!(
        r#"
        insert into registrations (flow_hash, email, username, display_name, password_hash)
        values ($1, $2, $3, $4, $5) returning id
        "#,
        &flow.hash()[..],
        email.as_str(),
        username,
        display_name,
        hash,
    )
    .fetch_one(&mut *tx)
    .await?;
    mail_code(&mut tx, cx, (id, &flow), (email.as_str(), others)).await?;
    tx.commit().await?;
    cx.server.wake().ring();
    Ok(flow)
}

/// Mails another code to the same address and deletes the previous one. When no other mail may be sent, the previous
/// one is extended. [`Error::NotFound`] when there is no registration or its address is already verified.
pub async fn resend(cx: &Request) -> Result<MailOutcome> {
    let flow = flow(cx)?;
    let pending = sqlx::query!(
        "select id, email from registrations where flow_hash = $1 and expires_at > now() and verified_at is null",
        &flow.hash()[..],
    )
    .fetch_optional(cx.server.db())
    .await?
    .ok_or(Error::NotFound)?;
    let others = match asking::count_address(cx, &Email::parse(&pending.email)?).await? {
        MailOutcome::Sent(share) => share == Share::Reserve,
        MailOutcome::Earlier(wait) => {
            extend_registration(cx, &pending.email, None).await?;
            return Ok(MailOutcome::Earlier(wait));
        }
    };
    let mut tx = cx.server.begin().await?;
    mail_code(&mut tx, cx, (pending.id, flow), (&pending.email, others)).await?;
    tx.commit().await?;
    cx.server.wake().ring();
    Ok(MailOutcome::Sent(()))
}

/// Extends the pending code of this browser for `email` to the lifetime of a new one, when no other can be mailed; with
/// `request`, stores another username, name and password. Its used tries stay counted. `None` when there is no pending
/// code.
async fn extend_registration(cx: &Request, email: &str, request: Option<(&str, &str, &str)>) -> Result<Option<Token>> {
    let Some(flow) = cx.flow() else { return Ok(None) };
    let (username, display_name, hash) = request.map_or((None, None, None), |(u, d, h)| (Some(u), Some(d), Some(h)));
    let updated = sqlx::query!(
        r#"
        update registrations set
            code_expires_at = greatest(code_expires_at, now() + make_interval(mins => $3)),
            username = coalesce($4, username), display_name = coalesce($5, display_name),
            password_hash = coalesce($6, password_hash)
        where flow_hash = $1 and lower(email) = lower($2) and expires_at > now() and verified_at is null
            and code_expires_at is not null
        "#,
        &flow.hash()[..],
        email,
        code::MINUTES,
        username,
        display_name,
        hash,
    )
    .execute(cx.server.db())
    .await?;
    Ok((updated.rows_affected() == 1).then(|| flow.clone()))
}

/// Gives the registration a new code and queues its mail. For an address that has an account no code is stored, and the
/// mail says so: the same statements, the same time, the same response.
async fn mail_code(
    tx: &mut PgConnection,
    cx: &Request,
    (id, flow): (i64, &Token),
    (email, others): (&str, bool),
) -> Result<()> {
    let digits = random::digits();
    let known = sqlx::query_scalar!(
        r#"
        with known as (select (select u.email from users u where lower(u.email) = lower($2)) as email)
        update registrations r set
            code_hash = case when known.email is null then $3::bytea end,
            code_expires_at = now() + make_interval(mins => $4), code_attempts = 0
        from known where r.id = $1
        returning known.email
        "#,
        id,
        email,
        code::hash(flow, &digits),
        code::MINUTES,
    )
    .fetch_one(&mut *tx)
    .await?;
    let origin = &cx.server.config().origin;
    // Mail is sent to the address of the account, never to another spelling of it.
    let (to, message) = match known {
        Some(known) => (known, mails::have_account(origin)),
        None => (email.to_owned(), mails::sign_up_code(origin, &digits, others)),
    };
    jobs::enqueue_secret(tx, cx.server.seal(), &Mail { to, message }, code::MINUTES).await
}

/// Returns an error with free alternatives when a username is taken. Usernames are public: this reveals nothing.
pub(crate) async fn check_free(db: &mut PgConnection, username: &Username) -> Result<Result<(), Invalid>> {
    let taken = sqlx::query_scalar!(
        r#"
        select exists (select 1 from users where username = $1)
            or exists (select 1 from former_usernames where username = $1 and reserved_until > now()) as "taken!"
        "#,
        username.as_str()
    )
    .fetch_one(&mut *db)
    .await?;
    if !taken {
        return Ok(Ok(()));
    }
    let available = alternatives(db, username).await?;
    let message = if available.is_empty() {
        "That username is taken. Please pick another.".to_owned()
    } else {
        format!("That username is taken. Free ones like it: {}.", available.join(", "))
    };
    Ok(Err(Invalid::one("username", message)))
}
