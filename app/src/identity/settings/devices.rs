//! The browsers in which the user is signed in.

use axum::{extract::Path, response::Response};
use http::StatusCode;
use leptos::prelude::*;
use server::{
    Error, Invalid, Result,
    base::{clock, id::DeviceId},
    identity::sessions::{
        self, Device, DeviceKind,
        request::{Elevated, Member},
    },
};
use time::OffsetDateTime;

use crate::{
    identity::auth::{Nothing, sign_in::signed_out},
    page::{FormError, flash::Flash, forms::Form, visit::Visit},
    paths,
    ui::{Icon, Weight, button, error_summary, icon, when},
};

/// `GET /settings/devices`
pub async fn show(visit: Visit, me: Member) -> Result<Response> {
    let devices = sessions::list(&mut *visit.cx.server.db().acquire().await?, &me).await?;
    Ok(super::page(&visit, paths::DEVICES, &FormError::none(), view(&devices, clock::now())))
}

/// `POST /settings/devices/{device}/end`
pub async fn revoke(
    visit: Visit,
    me: Elevated,
    Path(device): Path<String>,
    Form(Nothing {}): Form<Nothing>,
) -> Result<Response> {
    let device: DeviceId = device.parse().map_err(|_| Error::NotFound)?;
    let ended = match sessions::revoke(&visit.cx, &me, device).await {
        Err(Error::NotFound) => {
            let devices = sessions::list(&mut *visit.cx.server.db().acquire().await?, &me).await?;
            let gone = FormError::new(StatusCode::NOT_FOUND, Invalid::one("", "That device was signed out already."));
            let view = view! { {error_summary(&gone.invalid)} {view(&devices, clock::now())} };
            return Ok(super::page(&visit, paths::DEVICES, &gone, view));
        }
        ended => ended?,
    };
    if device == me.device {
        return Ok(signed_out(&visit.cx, Flash::SignedOut));
    }
    Ok(Flash::DeviceEnded(ended).redirect(&visit.cx.server, paths::DEVICES))
}

/// `POST /settings/devices/others/end`
pub async fn revoke_others(visit: Visit, me: Elevated, Form(Nothing {}): Form<Nothing>) -> Result<Response> {
    sessions::revoke_others(&visit.cx, &me).await?;
    Ok(Flash::OthersEnded.redirect(&visit.cx.server, paths::DEVICES))
}

/// `POST /settings/devices/all/end`
pub async fn revoke_all(visit: Visit, me: Elevated, Form(Nothing {}): Form<Nothing>) -> Result<Response> {
    sessions::revoke_all(&visit.cx, &me).await?;
    Ok(signed_out(&visit.cx, Flash::EverywhereEnded))
}

fn view(devices: &[Device], now: OffsetDateTime) -> impl IntoView + use<> {
    let others = devices.len() > 1;
    let rows = devices.iter().map(|device| row(device, now)).collect_view();
    view! {
        <p class="lead">
            "Everywhere you are signed in. If you don’t know one of these, sign it out, then change your password."
        </p>
        <ul class="devices">{rows}</ul>
        <div class="actions">
            {others
                .then(|| {
                    view! {
                        <form method="post" action=paths::DEVICES_END_OTHERS>
                            {button("Sign out all other devices", Weight::Quiet)}
                        </form>
                    }
                })}
            <form method="post" action=paths::DEVICES_END_ALL>{button("Sign out everywhere", Weight::Danger)}</form>
        </div>
    }
}

fn row(device: &Device, now: OffsetDateTime) -> impl IntoView + use<> {
    let picture = match device.agent.kind {
        DeviceKind::Phone => Icon::Phone,
        DeviceKind::Tablet => Icon::Tablet,
        DeviceKind::Desktop => Icon::Desktop,
    };
    let name = device.agent.to_string();
    let address = device.ip.map(|ip| ip.to_string()).unwrap_or_default();
    let seen = if device.current {
        view! { <strong class="here">"This device"</strong> }.into_any()
    } else {
        view! { <span>"Last active " {when(device.last_seen_at, now)}</span> }.into_any()
    };
    let (action, label) = if device.current {
        (paths::SIGN_OUT.to_owned(), "Sign out".to_owned())
    } else {
        (paths::device_end(device.id), format!("Sign out {}", device.agent.name()))
    };
    let how = device.method.clone();
    view! {
        <li class="device">
            {icon(picture)}
            <div class="device-words">
                <h2>{name}</h2>
                <p>{seen} " · " <span class="ip">{address}</span></p>
                <p>"Signed in " {when(device.signed_in_at, now)} " " {how}</p>
            </div>
            <form method="post" action=action>
                <button class="button" type="submit" aria-label=label>"Sign out"</button>
            </form>
        </li>
    }
}
