//! The views of a pending OAuth sign-up: choose a username, verify the account, enter an address.

use leptos::{prelude::*, tachys::view::any_view::AnyView};
use server::{
    Invalid,
    identity::oauth::{Choice, Chosen, PendingSignUp},
};

use crate::{
    identity::auth::{code::email_field, provider_buttons::mark, sign_up::username_field, verify::code_field},
    paths,
    ui::{Field, error_summary, hidden, icon, submit},
};

/// The form for a username, and for an address if there are several.
pub(super) fn choose(
    pending: &PendingSignUp,
    (choice, chosen): (&Choice, Option<&Chosen>),
    invalid: &Invalid,
) -> impl IntoView + use<> {
    let username = chosen.map_or(&choice.username, |chosen| &chosen.username);
    let name = chosen.map_or(&pending.name, |chosen| &chosen.display_name);
    let email = chosen.map(|chosen| chosen.email.as_str());
    let field = username_field(username, invalid);
    let field = if choice.others.is_empty() { field } else { field.hint(free(choice)) };
    view! {
        <h1>"Almost there"</h1>
        {error_summary(invalid)}
        {who(pending)}
        <form method="post" action=paths::PENDING_SIGN_UP class="stack">
            {field.autofocus().view()}
            {Field::new("display_name", "Name (optional)")
                .value(name)
                .autocomplete("name")
                .maxlength(2 * 50)
                .errors(invalid)
                .view()}
            {addresses(&choice.addresses, email)}
            {submit("Create my account")}
        </form>
        {no()}
    }
}

fn free(choice: &Choice) -> String {
    let all: Vec<String> = std::iter::once(&choice.username).chain(&choice.others).map(|u| format!("@{u}")).collect();
    format!("Your name there is taken here. These are free: {}.", all.join(", "))
}

/// Shows a single address as text; among several the user chooses one.
fn addresses(all: &[String], chosen: Option<&str>) -> AnyView {
    let first = all.first().cloned().unwrap_or_default();
    if all.len() < 2 {
        let shown = first.clone();
        return view! {
            {hidden("email", first)}
            <p class="field-hint">"Your address here is " <strong class="address">{shown}</strong> ". Only you see it."</p>
        }
        .into_any();
    }
    let chosen = chosen.filter(|chosen| all.iter().any(|one| one == chosen)).unwrap_or(&first).to_owned();
    let boxes = all
        .iter()
        .map(|address| {
            let (value, shown, checked) = (address.clone(), address.clone(), *address == chosen);
            view! {
                <label class="check">
                    <input type="radio" name="email" value=value checked=checked required />
                    <span class="address">{shown}</span>
                </label>
            }
        })
        .collect_view();
    view! {
        <fieldset class="field" id="email">
            <legend>"Your address here. Only you see it."</legend>
            {boxes}
        </fieldset>
    }
    .into_any()
}

/// The form that verifies the account to which the address belongs.
pub(super) fn prove(
    pending: &PendingSignUp,
    (address, may_choose): (&str, bool),
    (others, invalid): (Option<AnyView>, &Invalid),
) -> impl IntoView + use<> {
    let (shown, mailed, known) = (address.to_owned(), address.to_owned(), address.to_owned());
    let label = pending.label.clone();
    let restarted = may_choose.then(|| {
        let path = format!("{}?restarted=true", paths::PENDING_SIGN_UP);
        view! { <p class="card-foot">"Not yours? " <a href=path>"Make an account with another address"</a></p> }
    });
    view! {
        <h1>"You already have an account"</h1>
        {error_summary(invalid)}
        {who(pending)}
        <p>
            "There is an account with " <strong class="address">{shown}</strong>
            ". Show once that it is yours. Then you are signed in, and " {label} " opens it from now on."
        </p>
        <form method="post" action=paths::PENDING_SIGN_UP_PASSWORD class="stack">
            // For password managers: the account that the password belongs to.
            <input type="text" autocomplete="username" value=known hidden readonly />
            {Field::new("password", "Your password here")
                .kind("password")
                .autocomplete("current-password")
                .maxlength(256)
                .required()
                .autofocus()
                .errors(invalid)
                .view()}
            {submit("Connect and sign in")}
        </form>
        <form method="post" action=paths::PENDING_SIGN_UP_SEND class="card-foot">
            {hidden("email", mailed)}
            <button class="link" type="submit">"Send me a code by mail"</button>
        </form>
        {others}
        {restarted}
        {no()}
    }
}

/// The form for an address if the provider verified none.
pub(super) fn ask_address(pending: &PendingSignUp, invalid: &Invalid) -> impl IntoView + use<> {
    let label = pending.label.clone();
    view! {
        <h1>"What is your address?"</h1>
        {error_summary(invalid)}
        {who(pending)}
        <p>{label} " told us none that it has verified. We send six digits to the one you type."</p>
        <form method="post" action=paths::PENDING_SIGN_UP_SEND class="stack">
            {email_field("", invalid).view()}
            {submit("Send me a code")}
        </form>
        {no()}
    }
}

/// The form for the code from the mail.
pub(super) fn code(email: &str, invalid: &Invalid) -> impl IntoView + use<> {
    let (address, again) = (email.to_owned(), email.to_owned());
    view! {
        <h1>"Check your mail"</h1>
        {error_summary(invalid)}
        <p>"We sent a mail to " <strong class="address">{address}</strong> ". Type the six digits from it here."</p>
        <form method="post" action=paths::PENDING_SIGN_UP_CODE class="stack">
            {code_field(invalid).view()}
            {submit("Continue")}
        </form>
        <form method="post" action=paths::PENDING_SIGN_UP_SEND class="card-foot">
            {hidden("email", again)}
            "Nothing there? Look in the spam folder, or "
            <button class="link" type="submit">"send a new code"</button>
            "."
        </form>
        <p class="card-foot"><a href=paths::PENDING_SIGN_UP>"Back"</a></p>
    }
}

/// The name of the account at the provider.
fn who(pending: &PendingSignUp) -> impl IntoView + use<> {
    let words = match pending.login.as_str() {
        "" => format!("From {}", pending.label),
        login => format!("{login} at {}", pending.label),
    };
    view! {
        <p class="provider-account">
            <img class="avatar" src=paths::PENDING_SIGN_UP_AVATAR alt="" width="48" height="48" decoding="async" />
            <span>{icon(mark(&pending.provider))} {words}</span>
        </p>
    }
}

fn no() -> impl IntoView {
    view! { <p class="card-foot"><a href=paths::SIGN_IN>"Not now"</a></p> }
}
