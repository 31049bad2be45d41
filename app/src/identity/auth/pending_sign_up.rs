//! The pages of a first OAuth sign-in (a pending OAuth sign-up): the user chooses a username, or verifies that they own
//! an existing account or an address.

mod views;

use axum::{
    extract::Query,
    response::{IntoResponse, Redirect, Response},
};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use serde::Deserialize;
use server::{
    Error, Invalid, Result, Secret,
    http::cookies::Cookie,
    identity::{
        auth::{MailOutcome, code::CodePurpose},
        avatars,
        oauth::{self, Chosen, SignUpOutcome, Stage},
    },
};

use super::{CODE_WORKS, LINK_WORKS, drop, drop_flow, keep_flow, provider_buttons, waiting_for};
use crate::{
    page::{FormError, flash::Flash, forms::Form, visit::Visit},
    paths,
};

/// The fields of the form with the choices.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PendingSignUpForm {
    username: String,
    #[serde(default)]
    display_name: String,
    email: String,
}

/// The fields of the form that requests a code.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AddressCodeRequest {
    email: String,
}

/// The fields of the form with the code.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AddressCodeForm {
    code: String,
}

/// The fields of the form with the password.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountPasswordForm {
    password: Secret,
}

/// The query that asks for a new account although an account exists for the address.
#[derive(Default, Deserialize)]
pub struct PendingSignUpQuery {
    #[serde(default)]
    restarted: bool,
}

/// `GET /sign-up/provider/avatar`
pub async fn avatar(visit: Visit) -> Result<Response> {
    let picture = oauth::avatar(&visit.cx).await?;
    // Not cached, unlike the avatars of users: this picture is for this browser alone.
    let headers =
        |content_type: &str| [(CONTENT_TYPE, content_type.to_owned()), (CACHE_CONTROL, "no-store".to_owned())];
    Ok(match picture {
        Some(picture) => (headers(&picture.content_type), picture.bytes).into_response(),
        None => Redirect::to(&paths::avatar(&avatars::generated_file(SOMEBODY))).into_response(),
    })
}

/// The name from which the avatar of a pending OAuth sign-up without a picture is drawn.
const SOMEBODY: &str = "somebody";

/// `GET /sign-up/provider`
pub async fn show(visit: Visit, Query(wish): Query<PendingSignUpQuery>) -> Result<Response> {
    page(&visit, (wish.restarted, None), FormError::none()).await
}

/// `POST /sign-up/provider`
pub async fn join(visit: Visit, Form(typed): Form<PendingSignUpForm>) -> Result<Response> {
    let server = &visit.cx.server;
    let chosen = Chosen { username: typed.username, display_name: typed.display_name, email: typed.email };
    match oauth::join(&visit.cx, &chosen).await {
        Ok(SignUpOutcome::Done(next)) => Ok(done(&visit, Flash::Welcome, &next)),
        Ok(SignUpOutcome::AddressTaken) => Ok(Flash::AddressTaken.redirect(server, paths::PENDING_SIGN_UP)),
        Ok(SignUpOutcome::HaveAccount) => Ok(done(&visit, Flash::HaveAccountThere, paths::SIGN_IN)),
        Err(error) => again(&visit, (true, Some(&chosen)), error).await,
    }
}

/// `POST /sign-up/provider/send`
pub async fn send(visit: Visit, Form(asked): Form<AddressCodeRequest>) -> Result<Response> {
    match oauth::ask_address(&visit.cx, &asked.email).await {
        Ok(MailOutcome::Sent(flow)) => {
            let onward = Redirect::to(paths::PENDING_SIGN_UP_CODE).into_response();
            Ok(keep_flow(onward, &visit.cx.server.config().origin, &flow))
        }
        Ok(MailOutcome::Earlier(wait)) => match waiting_for(&visit, CodePurpose::OAuthSignUp, &asked.email).await? {
            Some(_) => ask_code(&visit, FormError::mail_limit(wait, CODE_WORKS)).await,
            None => page(&visit, (true, None), FormError::mail_limit(wait, LINK_WORKS)).await,
        },
        Err(error) => again(&visit, (true, None), error).await,
    }
}

/// `GET /sign-up/provider/code`
pub async fn show_code(visit: Visit) -> Result<Response> {
    ask_code(&visit, FormError::none()).await
}

/// `POST /sign-up/provider/code`
pub async fn prove_by_code(visit: Visit, Form(typed): Form<AddressCodeForm>) -> Result<Response> {
    let origin = &visit.cx.server.config().origin;
    match oauth::prove_by_code(&visit.cx, &typed.code).await {
        Ok(Some(next)) => Ok(drop_flow(done(&visit, Flash::Proved, &next), origin)),
        Ok(None) => {
            // The address is verified: with it they can create an account, whatever else they could verify.
            let onward = Redirect::to(&format!("{}?restarted=true", paths::PENDING_SIGN_UP)).into_response();
            Ok(drop_flow(onward, origin))
        }
        Err(Error::NotFound) => Ok(code_gone(&visit)),
        Err(error) => ask_code(&visit, FormError::of(error)?).await,
    }
}

/// `POST /sign-up/provider/password`
pub async fn prove_by_password(visit: Visit, Form(typed): Form<AccountPasswordForm>) -> Result<Response> {
    match oauth::prove_by_password(&visit.cx, typed.password).await {
        Ok(next) => Ok(done(&visit, Flash::Proved, &next)),
        // This form has one field: the message that the sign-in page gives for two fields is about it.
        Err(Error::Invalid(why)) => {
            let why = why.iter().next().map_or_else(String::new, |(_, words)| words.to_owned());
            again(&visit, (false, None), Invalid::one("password", why).into()).await
        }
        Err(error) => again(&visit, (false, None), error).await,
    }
}

/// The page of the next step, with the errors of the form.
pub(super) async fn respond(visit: &Visit, error: FormError) -> Result<Response> {
    page(visit, (false, None), error).await
}

/// Shows the same page again, with the errors of the form.
async fn again(visit: &Visit, shown: (bool, Option<&Chosen>), error: Error) -> Result<Response> {
    match FormError::of(error) {
        Ok(error) => page(visit, shown, error).await,
        Err(error) => gone(visit, error),
    }
}

async fn page(visit: &Visit, (restarted, chosen): (bool, Option<&Chosen>), error: FormError) -> Result<Response> {
    let pending = match oauth::current(&visit.cx, restarted).await {
        Ok(pending) => pending,
        Err(failure) => return gone(visit, failure),
    };
    let response = match &pending.stage {
        Stage::Choose(choice) => {
            error.card(visit, "Almost there", views::choose(&pending, (choice, chosen), &error.invalid))
        }
        Stage::Prove { address, free } => {
            let others = provider_buttons::owner_buttons(visit, &pending.provider);
            let view = views::prove(&pending, (address, !free.is_empty()), (others, &error.invalid));
            error.card(visit, "You already have an account", view)
        }
        Stage::AskAddress => error.card(visit, "Your address", views::ask_address(&pending, &error.invalid)),
    };
    Ok(response)
}

async fn ask_code(visit: &Visit, error: FormError) -> Result<Response> {
    match oauth::waiting(&visit.cx).await {
        Ok(email) => Ok(error.card(visit, "Check your mail", views::code(&email, &error.invalid))),
        Err(Error::NotFound) => error.gone_unless_limited(code_gone(visit)),
        Err(other) => Err(other),
    }
}

fn code_gone(visit: &Visit) -> Response {
    Flash::CodeGone.redirect(&visit.cx.server, paths::PENDING_SIGN_UP)
}

/// Without a pending OAuth sign-up the user starts again at the sign-in page.
fn gone(visit: &Visit, error: Error) -> Result<Response> {
    match error {
        Error::NotFound => Ok(done(visit, Flash::PendingSignUpGone, paths::SIGN_IN)),
        other => Err(other),
    }
}

/// Redirects to `path` and removes the cookie: nothing is pending in this browser any more.
fn done(visit: &Visit, flash: Flash, path: &str) -> Response {
    let server = &visit.cx.server;
    drop(Cookie::OAuth, flash.redirect(server, path), &server.config().origin)
}
