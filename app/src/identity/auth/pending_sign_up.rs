//! The pages of a first OAuth sign-in (a pending OAuth sign-up): the user chooses a username, or verifies that they own
//! an existing account or an address.

mod views;

use axum::{
    extract::Query,
    response::{IntoResponse, Redirect, Response},
};
use http::{
    StatusCode,
    header::{CACHE_CONTROL, CONTENT_TYPE},
};
use serde::Deserialize;
use server::{
    Error, Invalid, Result, Secret,
    http::cookies::Cookie,
    identity::{
        auth::{MailOutcome, code::Purpose},
        avatars,
        oauth::{self, Chosen, SignUpOutcome, Stage},
    },
};

use super::{
    CODE_WORKS, LINK_WORKS, drop, drop_flow, earlier, elevate::Refusal, gone_unless_limited, keep_flow,
    provider_buttons, refusal, waiting_for, with_retry,
};
use crate::{
    page::{card, flash::Flash, forms::Form, visit::Visit},
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
pub struct Anew {
    #[serde(default)]
    anew: bool,
}

/// `GET /sign-up/arrival/face`
pub async fn face(visit: Visit) -> Result<Response> {
    let face = oauth::face(&visit.cx).await?;
    // Not cached, unlike the avatars of users: this picture is for this browser alone.
    let headers =
        |content_type: &str| [(CONTENT_TYPE, content_type.to_owned()), (CACHE_CONTROL, "no-store".to_owned())];
    Ok(match face {
        Some(face) => (headers(&face.content_type), face.bytes).into_response(),
        None => Redirect::to(&paths::avatar(&avatars::generated_file(SOMEBODY))).into_response(),
    })
}

/// The name from which the avatar of a pending OAuth sign-up without a picture is drawn.
const SOMEBODY: &str = "somebody";

/// `GET /sign-up/arrival`
pub async fn show(visit: Visit, Query(wish): Query<Anew>) -> Result<Response> {
    page(&visit, (wish.anew, None), NOTHING).await
}

/// `POST /sign-up/arrival`
pub async fn join(visit: Visit, Form(typed): Form<PendingSignUpForm>) -> Result<Response> {
    let server = &visit.cx.server;
    let chosen = Chosen { username: typed.username, display_name: typed.display_name, email: typed.email };
    match oauth::join(&visit.cx, &chosen).await {
        Ok(SignUpOutcome::Done(next)) => Ok(done(&visit, Flash::Welcome, &next)),
        Ok(SignUpOutcome::AddressTaken) => Ok(Flash::AddressTaken.redirect(server, paths::ARRIVAL)),
        Ok(SignUpOutcome::HaveAccount) => Ok(done(&visit, Flash::HaveAccountThere, paths::SIGN_IN)),
        Err(error) => again(&visit, (true, Some(&chosen)), error).await,
    }
}

/// `POST /sign-up/arrival/send`
pub async fn send(visit: Visit, Form(asked): Form<AddressCodeRequest>) -> Result<Response> {
    match oauth::ask_address(&visit.cx, &asked.email).await {
        Ok(MailOutcome::Sent(flow)) => {
            let onward = Redirect::to(paths::ARRIVAL_CODE).into_response();
            Ok(keep_flow(onward, &visit.cx.server.config().origin, &flow))
        }
        Ok(MailOutcome::Earlier(wait)) => match waiting_for(&visit, Purpose::Arrive, &asked.email).await? {
            Some(_) => ask_code(&visit, Some(earlier(wait, CODE_WORKS))).await,
            None => page(&visit, (true, None), Some(earlier(wait, LINK_WORKS))).await,
        },
        Err(error) => again(&visit, (true, None), error).await,
    }
}

/// `GET /sign-up/arrival/code`
pub async fn show_code(visit: Visit) -> Result<Response> {
    ask_code(&visit, NOTHING).await
}

/// `POST /sign-up/arrival/code`
pub async fn prove_by_code(visit: Visit, Form(typed): Form<AddressCodeForm>) -> Result<Response> {
    let origin = &visit.cx.server.config().origin;
    match oauth::prove_by_code(&visit.cx, &typed.code).await {
        Ok(Some(next)) => Ok(drop_flow(done(&visit, Flash::Proved, &next), origin)),
        Ok(None) => {
            // The address is verified: with it they can create an account, whatever else they could verify.
            let onward = Redirect::to(&format!("{}?anew=true", paths::ARRIVAL)).into_response();
            Ok(drop_flow(onward, origin))
        }
        Err(Error::NotFound) => Ok(code_gone(&visit)),
        Err(error) => ask_code(&visit, Some(refusal(error)?)).await,
    }
}

/// `POST /sign-up/arrival/password`
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

const NOTHING: Option<Refusal> = None;

/// The page of the next step, with the errors of the form.
pub(super) async fn respond(visit: &Visit, refusal: Refusal) -> Result<Response> {
    page(visit, (false, None), Some(refusal)).await
}

/// Shows the same page again, with the errors of the form.
async fn again(visit: &Visit, shown: (bool, Option<&Chosen>), error: Error) -> Result<Response> {
    match refusal(error) {
        Ok(refusal) => page(visit, shown, Some(refusal)).await,
        Err(error) => gone(visit, error),
    }
}

async fn page(visit: &Visit, (anew, chosen): (bool, Option<&Chosen>), refusal: Option<Refusal>) -> Result<Response> {
    let (status, wait, invalid) = refusal.unwrap_or((StatusCode::OK, None, Invalid::default()));
    let arrival = match oauth::current(&visit.cx, anew).await {
        Ok(arrival) => arrival,
        Err(error) => return gone(visit, error),
    };
    let response = match &arrival.stage {
        Stage::Choose(choice) => {
            card(visit, "Almost there", status, views::choose(&arrival, (choice, chosen), &invalid))
        }
        Stage::Prove { address, free } => {
            let others = provider_buttons::proofs(visit, &arrival.provider);
            let view = views::prove(&arrival, (address, !free.is_empty()), (others, &invalid));
            card(visit, "You already have an account", status, view)
        }
        Stage::AskAddress => card(visit, "Your address", status, views::ask_address(&arrival, &invalid)),
    };
    Ok(with_retry(response, wait))
}

async fn ask_code(visit: &Visit, refusal: Option<Refusal>) -> Result<Response> {
    let (status, wait, invalid) = refusal.unwrap_or((StatusCode::OK, None, Invalid::default()));
    match oauth::waiting(&visit.cx).await {
        Ok(email) => Ok(with_retry(card(visit, "Check your mail", status, views::code(&email, &invalid)), wait)),
        Err(Error::NotFound) => gone_unless_limited(code_gone(visit), (status, wait)),
        Err(other) => Err(other),
    }
}

fn code_gone(visit: &Visit) -> Response {
    Flash::CodeGone.redirect(&visit.cx.server, paths::ARRIVAL)
}

/// Without a pending OAuth sign-up the user starts again at the sign-in page.
fn gone(visit: &Visit, error: Error) -> Result<Response> {
    match error {
        Error::NotFound => Ok(done(visit, Flash::ArrivalGone, paths::SIGN_IN)),
        other => Err(other),
    }
}

/// Redirects to `path` and removes the cookie: nothing is pending in this browser any more.
fn done(visit: &Visit, flash: Flash, path: &str) -> Response {
    let server = &visit.cx.server;
    drop(Cookie::OAuth, flash.redirect(server, path), &server.config().origin)
}
