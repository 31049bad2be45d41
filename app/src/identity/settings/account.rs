//! The address and username of the signed-in user.

use axum::{
    body::Body,
    response::{IntoResponse, Redirect, Response},
};
use http::{
    HeaderValue,
    header::{CONTENT_DISPOSITION, CONTENT_TYPE},
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use server::{
    Error, Invalid, Result,
    accounts::{deletion, export},
    identity::{
        auth::{
            MailOutcome,
            code::{self, CodePurpose},
        },
        credentials,
        sessions::request::{Elevated, Member},
        users::{self, Account},
    },
};

use super::page;
use crate::{
    identity::auth::{
        CODE_WORKS, CODE_WORKS_THERE, Nothing, drop_flow, keep_flow, sign_in::signed_out, sign_up::username_field,
        verify::code_field, waiting_for,
    },
    page::{FormError, flash::Flash, forms::Form, resume_form, visit::Visit},
    paths,
    ui::{Field, Weight, button, error_summary, submit},
};

/// The fields of the form that changes the address.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct EmailForm {
    email: String,
}

/// The fields of the form that changes the username.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct UsernameForm {
    username: String,
}

/// The fields of the form that deletes the account.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Confirmed {
    username_again: String,
}

/// The fields of the form with the code.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EmailCodeForm {
    code: String,
}

const VERIFY: &str = "Check your mail";

/// `GET /settings/account`
pub async fn show(mut visit: Visit, me: Member) -> Result<Response> {
    let account = users::account(visit.cx.server.db(), me.id()).await?;
    let email = resume_form::read::<EmailForm>(&visit).map(|wished| wished.email).unwrap_or_default();
    let username = resume_form::read::<UsernameForm>(&visit).map(|wished| wished.username).unwrap_or_default();
    let kept = !(email.is_empty() && username.is_empty());
    if kept {
        visit.flash = Some(Flash::StillTyped);
    }
    let shown = AccountValues { email: &email, username: &username, invalid: &Invalid::default() };
    let page = page(&visit, paths::ACCOUNT, &FormError::none(), view(&account, &me, &shown));
    Ok(if kept { resume_form::drop(page, &visit.cx.server.config().origin) } else { page })
}

/// `POST /settings/account/email`
pub async fn request_email(visit: Visit, me: Member, form: Result<Form<EmailForm>, Response>) -> Result<Response> {
    let (me, wished) = match resume_form::proved(&visit, me, form) {
        Ok(both) => both,
        Err(answer) => return Ok(*answer),
    };
    match credentials::request_email(&visit.cx, &me, &wished.email).await {
        Ok(MailOutcome::Sent(flow)) => {
            let onward = Redirect::to(paths::ACCOUNT_EMAIL_VERIFY).into_response();
            Ok(keep_flow(onward, &visit.cx.server.config().origin, &flow))
        }
        Ok(MailOutcome::Earlier(wait)) => match waiting_for(&visit, CodePurpose::ChangeEmail, &wished.email).await? {
            Some(_) => ask_code(&visit, FormError::mail_limit(wait, CODE_WORKS)).await,
            None => {
                show_refused(&visit, &me, FormError::mail_limit(wait, CODE_WORKS_THERE), ("email", &wished.email)).await
            }
        },
        Err(error) => refused(&visit, &me, error, ("email", &wished.email)).await,
    }
}

/// `GET /settings/account/email/verify`
pub async fn show_verify(visit: Visit, _: Member) -> Result<Response> {
    ask_code(&visit, FormError::none()).await
}

/// `POST /settings/account/email/verify`
pub async fn verify_email(visit: Visit, me: Elevated, Form(typed): Form<EmailCodeForm>) -> Result<Response> {
    let server = &visit.cx.server;
    match credentials::change_email(&visit.cx, &me, &typed.code).await {
        Ok(()) => Ok(drop_flow(Flash::EmailChanged.redirect(server, paths::ACCOUNT), &server.config().origin)),
        Err(Error::NotFound) => Ok(Flash::CodeGone.redirect(server, paths::ACCOUNT)),
        Err(error) => ask_code(&visit, FormError::of(error)?).await,
    }
}

/// `POST /settings/account/username`
pub async fn username(visit: Visit, me: Member, form: Result<Form<UsernameForm>, Response>) -> Result<Response> {
    let (me, wished) = match resume_form::proved(&visit, me, form) {
        Ok(both) => both,
        Err(answer) => return Ok(*answer),
    };
    match credentials::change_username(&visit.cx, &me, &wished.username).await {
        Ok(_) => Ok(Flash::UsernameChanged.redirect(&visit.cx.server, paths::ACCOUNT)),
        Err(error) => refused(&visit, &me, error, ("username", &wished.username)).await,
    }
}

/// `POST /settings/account/export`
pub async fn export(visit: Visit, me: Elevated, Form(Nothing {}): Form<Nothing>) -> Result<Response> {
    let zip = Body::from_stream(export::start(&visit.cx, &me).await?);
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("application/zip")),
        (CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"kith.zip\"")),
    ];
    Ok((headers, zip).into_response())
}

/// `POST /settings/account/delete`
pub async fn delete(visit: Visit, me: Elevated, Form(typed): Form<Confirmed>) -> Result<Response> {
    match deletion::delete(&visit.cx, &me, &typed.username_again).await {
        Ok(()) => Ok(signed_out(&visit.cx, Flash::AccountDeleted)),
        Err(error) => refused(&visit, &me, error, ("username_again", &typed.username_again)).await,
    }
}

async fn refused(visit: &Visit, me: &Member, error: Error, typed: (&str, &str)) -> Result<Response> {
    show_refused(visit, me, FormError::of(error)?, typed).await
}

async fn show_refused(visit: &Visit, me: &Member, error: FormError, (field, typed): (&str, &str)) -> Result<Response> {
    let account = users::account(visit.cx.server.db(), me.id()).await?;
    let pick = |name: &str| if field == name { typed } else { "" };
    let shown = AccountValues { email: pick("email"), username: pick("username"), invalid: &error.invalid };
    Ok(page(visit, paths::ACCOUNT, &error, view(&account, me, &shown)))
}

async fn ask_code(visit: &Visit, error: FormError) -> Result<Response> {
    match code::waiting(&visit.cx, CodePurpose::ChangeEmail).await {
        Ok(email) => Ok(error.card(visit, VERIFY, code_view(&email, &error.invalid))),
        Err(Error::NotFound) => error.gone_unless_limited(Flash::CodeGone.redirect(&visit.cx.server, paths::ACCOUNT)),
        Err(other) => Err(other),
    }
}

struct AccountValues<'a> {
    email: &'a str,
    username: &'a str,
    invalid: &'a Invalid,
}

fn view(account: &Account, me: &Member, shown: &AccountValues<'_>) -> impl IntoView + use<> {
    let email = account.email.clone();
    let username = format!("@{}", me.person.username);
    view! {
        {error_summary(shown.invalid)}
        <section aria-labelledby="email-heading">
            <h2 id="email-heading">"E-mail"</h2>
            <p>"Your address is " <strong class="address">{email}</strong> ". Only you see it."</p>
            <form method="post" action=paths::ACCOUNT_EMAIL class="stack">
                {Field::new("email", "New address")
                    .inputmode("email")
                    .value(shown.email)
                    .autocomplete("email")
                    .autocapitalize("none")
                    .spellcheck(false)
                    .maxlength(254)
                    .hint("We send a code there. Until you type it, nothing changes.")
                    .required()
                    .errors(shown.invalid)
                    .view()}
                {button("Send me a code", Weight::Quiet)}
            </form>
        </section>
        <section aria-labelledby="username-heading">
            <h2 id="username-heading">"Username"</h2>
            <p>"You are " <strong>{username}</strong> " here. Your old username redirects here for 30 days; then others may take it."</p>
            <form method="post" action=paths::ACCOUNT_USERNAME class="stack">
                {username_field(shown.username, shown.invalid).view()}
                {button("Change my username", Weight::Quiet)}
            </form>
        </section>
        <section aria-labelledby="export-heading">
            <h2 id="export-heading">"Your data"</h2>
            <p>"Everything we hold about you, in one file: what you wrote, whom you follow, your devices and activity."</p>
            <form method="post" action=paths::ACCOUNT_EXPORT>{button("Download my data", Weight::Quiet)}</form>
        </section>
        <section aria-labelledby="delete-heading">
            <h2 id="delete-heading">"Leave"</h2>
            <p>"Deletes your account and everything you posted, at once and for good. There is no way back."</p>
            <form method="post" action=paths::ACCOUNT_DELETE class="stack">
                {Field::new("username_again", "Your username, to confirm")
                    .prefix("@")
                    .autocomplete("off")
                    .autocapitalize("none")
                    .spellcheck(false)
                    .maxlength(25)
                    .required()
                    .errors(shown.invalid)
                    .view()}
                {button("Delete my account", Weight::Danger)}
            </form>
        </section>
    }
}

fn code_view(email: &str, invalid: &Invalid) -> impl IntoView + use<> {
    let email = email.to_owned();
    view! {
        <h1>{VERIFY}</h1>
        {error_summary(invalid)}
        <p>"We sent a mail to " <strong class="address">{email}</strong> ". Type the six digits from it here."</p>
        <form method="post" action=paths::ACCOUNT_EMAIL_VERIFY class="stack">
            {code_field(invalid).view()}
            {submit("Use this address")}
        </form>
        <p class="card-foot"><a href=paths::ACCOUNT>"Not now"</a></p>
    }
}
