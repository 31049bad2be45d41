//! The end of a sign-up: everything in one transaction, or nothing.

use secrecy::SecretString;
use sqlx::PgConnection;

use super::{Step, begin::check_free, current, flow};
use crate::{
    base::{
        error::{Error, Invalid, Result},
        fair_queue::QueueKey,
        id::UserId,
    },
    identity::{
        audit::{self, Actor, Event},
        auth::password,
        sessions::{self, SignInMethod, request::Request},
        users::{self, Role, Username},
    },
    limits,
};

/// The fields that a verified registration still lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outstanding {
    /// The chosen username; `username_taken` says that another user has it.
    pub username: String,
    pub username_taken: bool,
    pub password: bool,
}

/// The values for the missing fields.
pub struct Missing {
    pub username: Option<String>,
    pub password: Option<SecretString>,
}

/// Returns the fields that the browser's verified registration still lacks. [`Error::NotFound`] when there is no such
/// registration.
pub async fn outstanding(cx: &Request) -> Result<Outstanding> {
    let registration = current(cx).await?;
    if !registration.verified {
        return Err(Error::NotFound);
    }
    let username = Username::parse(&registration.username)?;
    let availability = check_free(&mut *cx.server.db().acquire().await?, &username).await?;
    Ok(Outstanding {
        username: registration.username,
        username_taken: availability.is_err(),
        password: !registration.has_password,
    })
}

/// Stores the missing fields and creates the account.
///
/// [`Error::Invalid`] on a refused field; [`Error::NotFound`] without a verified registration.
pub async fn finish(cx: &Request, chosen: Missing) -> Result<Step> {
    let registration = current(cx).await?;
    if !registration.verified {
        return Err(Error::NotFound);
    }
    let mut invalid = Invalid::default();
    let typed_username = chosen.username.as_deref().unwrap_or(&registration.username);
    let username = invalid.note(Username::parse(typed_username));
    if let Some(username) = &username {
        invalid.note(check_free(&mut *cx.server.db().acquire().await?, username).await?);
    }
    let mut hash = None;
    if !registration.has_password {
        let typed = chosen.password.unwrap_or_default();
        let counted = format!("invitation {}", registration.email);
        let (key, context) = (QueueKey::new(cx.client(), &*counted), [typed_username, registration.email.as_str()]);
        let work = password::hash_new(&cx.server, key, "password", &typed, &context);
        match limits::counted(cx.server.db(), (limits::NEW_PASSWORD, &counted), work).await {
            Err(Error::Invalid(errors)) => drop(invalid.note::<()>(Err(errors))),
            other => hash = Some(other?),
        }
    }
    invalid.check()?;
    let id = sqlx::query_scalar!(
        r#"
        update registrations set username = coalesce($2, username), password_hash = coalesce(password_hash, $3)
        where flow_hash = $1 and verified_at is not null and expires_at > now() returning id
        "#,
        &flow(cx)?.hash()[..],
        username.as_ref().map(Username::as_str),
        hash,
    )
    .fetch_optional(cx.server.db())
    .await?
    .ok_or(Error::NotFound)?;
    let how = if registration.has_password { SignInMethod::SignUp } else { SignInMethod::Invitation };
    create(cx, id, how).await
}

/// Creates user, password and session from a registration with a verified address. Of several concurrent requests one
/// wins.
pub(super) async fn create(cx: &Request, registration: i64, how: SignInMethod) -> Result<Step> {
    let session = sessions::open(cx, true).await?;
    let mut tx = cx.server.begin().await?;
    // Deleting the row uses it up: a second request finds nothing.
    let pending = sqlx::query!(
        r#"
        delete from registrations where id = $1 and expires_at > now() and password_hash is not null
        returning email, username, display_name, password_hash as "password_hash!", role
        "#,
        registration,
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or(Error::NotFound)?;
    let new = NewUser {
        username: Username::parse(&pending.username)?,
        display_name: pending.display_name,
        email: pending.email,
        role: pending.role,
    };
    let Some(user) = insert_user(&mut tx, &new).await? else {
        return explain_conflict(cx, tx, registration, &new.email).await;
    };
    sqlx::query!("insert into passwords (user_id, hash) values ($1, $2)", user.0, pending.password_hash)
        .execute(&mut *tx)
        .await?;
    let device = sessions::claim(&mut tx, cx, &session, user, (how, true)).await?;
    // Only an operator's invitation gives another role.
    let role = Role::parse(&new.role);
    if role != Role::Member {
        audit::record(&mut tx, user, Actor::System, &Event::RoleChanged { role: role.name() }).await?;
    }
    welcome(&mut tx, cx, user, (device, how)).await?;
    tx.commit().await?;
    Ok(Step::Done)
}

/// The row of a user with a verified address.
pub(crate) struct NewUser {
    pub username: Username,
    pub display_name: String,
    pub email: String,
    /// The value for the table.
    pub role: String,
}

/// Inserts the user's row. `None` when another user has the name or the address, or the name is reserved for its former
/// owner.
pub(crate) async fn insert_user(tx: &mut PgConnection, new: &NewUser) -> Result<Option<UserId>> {
    users::lock_username(tx, new.username.as_str()).await?;
    let user = sqlx::query_scalar!(
        r#"
        insert into users (username, display_name, email, role)
        select $1, $2, $3, $4
        where not exists (select 1 from former_usernames where username = $1 and reserved_until > now())
        on conflict do nothing returning id
        "#,
        new.username.as_str(),
        new.display_name,
        new.email,
        new.role,
    )
    .fetch_optional(&mut *tx)
    .await?
    .map(UserId);
    if let Some(user) = user {
        users::index_name(tx, user).await?;
    }
    Ok(user)
}

/// Completes a new account: records its first audit events and its first known browser.
pub(crate) async fn welcome(
    tx: &mut PgConnection,
    cx: &Request,
    user: UserId,
    (device, how): (crate::base::id::DeviceId, SignInMethod),
) -> Result<()> {
    for event in [Event::SignedUp, Event::SignedIn { how: how.name() }] {
        let actor = Actor::Person { user, device: Some(device), client: cx.client() };
        audit::record(tx, user, actor, &event).await?;
    }
    sessions::note_browser(tx, cx, user).await?;
    Ok(())
}

/// Another request was faster. If it took the address, this registration is over; if it took the username, the address
/// stays verified.
async fn explain_conflict(
    cx: &Request,
    mut tx: sqlx::Transaction<'static, sqlx::Postgres>,
    registration: i64,
    email: &str,
) -> Result<Step> {
    let have_account =
        sqlx::query_scalar!(r#"select exists (select 1 from users where lower(email) = lower($1)) as "known!""#, email)
            .fetch_one(&mut *tx)
            .await?;
    if have_account {
        tx.commit().await?;
        return Ok(Step::HaveAccount);
    }
    tx.rollback().await?;
    sqlx::query!(
        "update registrations set verified_at = coalesce(verified_at, now()), code_hash = null where id = $1",
        registration
    )
    .execute(cx.server.db())
    .await?;
    Ok(Step::Choose)
}
