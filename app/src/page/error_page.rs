//! The error page: the same text in both shells. Nothing internal is ever in it.

use http::StatusCode;
use leptos::prelude::*;

use crate::{
    paths,
    ui::{Weight, button_link},
    wording::MAY_BE_SAVED,
};

/// Returns the title of the page.
pub fn title(status: StatusCode) -> &'static str {
    match status {
        StatusCode::UNAUTHORIZED => "You are signed out",
        StatusCode::NOT_FOUND => "Nothing here",
        StatusCode::FORBIDDEN => "Not yours to open",
        StatusCode::METHOD_NOT_ALLOWED => "Not that way",
        StatusCode::CONFLICT => "Another account is signed in",
        StatusCode::PAYLOAD_TOO_LARGE => "Too much at once",
        StatusCode::TOO_MANY_REQUESTS => "A little slower",
        StatusCode::SERVICE_UNAVAILABLE => "Back in a moment",
        StatusCode::MISDIRECTED_REQUEST => "Not this house",
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => "Too many cookies",
        status if status.is_client_error() => "We couldn’t read that",
        _ => "Our mistake",
    }
}

/// The effect of a refused request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It changed nothing.
    Unchanged,
    /// It may have changed something: it failed at a moment at which this cannot be known.
    Unknown,
}

/// The page itself, with its `h1`. `retry_after` is the number of seconds that the visitor should wait.
pub fn view(status: StatusCode, retry_after: Option<u64>, effect: Effect) -> impl IntoView + use<> {
    let figure = format!("Error {}", status.as_u16());
    view! {
        <div class="state">
            {absent()}
            <p class="figure">{figure}</p>
            <h1>{title(status)}</h1>
            <p>{words(status, retry_after, effect)}</p>
            {button_link("Go to the latest posts", paths::HOME, Weight::Quiet)}
        </div>
    }
}

/// The mark with its door and without its figure.
fn absent() -> impl IntoView {
    view! {
        <svg class="absent" viewBox="0 0 32 32" aria-hidden="true">
            <rect width="32" height="32" rx="9" fill="#fbb62d" />
            <rect x="6" y="5.5" width="6.5" height="21" rx="3.25" fill="#2f1a2b" />
            <g fill="none" stroke="#2f1a2b" stroke-width="1.2" stroke-dasharray="1.8 1.6" stroke-linecap="round">
                <circle cx="20.6" cy="10.5" r="4.4" />
                <path d="M15.6 25.3v-6.1c0-.6.5-1.1 1.2-1.1 4.6.4 8.2 3.2 8.8 7.1 0 .4-.3.7-.7.7h-8.7c-.3 0-.6-.3-.6-.6z" />
            </g>
        </svg>
    }
}

fn words(status: StatusCode, retry_after: Option<u64>, effect: Effect) -> String {
    let again = retry_after.map(wait);
    match status {
        StatusCode::SERVICE_UNAVAILABLE if effect == Effect::Unknown => {
            format!("We can’t reach what this page needs. {MAY_BE_SAVED}")
        }
        status if effect == Effect::Unknown => {
            debug_assert!(status.is_server_error(), "{status}");
            format!("Something broke on our side, and we have noted it. {MAY_BE_SAVED}")
        }
        StatusCode::NOT_FOUND => "There is nothing at this address. It may have been taken down, or the link was cut \
            short on its way to you."
            .to_owned(),
        StatusCode::UNAUTHORIZED => {
            "So this was not sent, and it is too long for us to keep. Go back: your browser may \
            still have it. Sign in in another tab, then send it from there."
                .to_owned()
        }
        StatusCode::FORBIDDEN => "You may not open this page or make this change. Nothing was changed.".to_owned(),
        StatusCode::METHOD_NOT_ALLOWED => "This address can’t be used like that. Nothing was changed.".to_owned(),
        StatusCode::CONFLICT => {
            "The page you sent this from was opened for another account. Nothing was changed.".to_owned()
        }
        StatusCode::PAYLOAD_TOO_LARGE => {
            "That is more than this page takes. Make it shorter and send it again.".to_owned()
        }
        StatusCode::TOO_MANY_REQUESTS => {
            let again = again.unwrap_or_else(|| "a little while".to_owned());
            format!("That was a lot in a short time. You can try again in {again}.")
        }
        StatusCode::SERVICE_UNAVAILABLE => {
            let again = again.map_or_else(|| "in a moment".to_owned(), |t| format!("in {t}"));
            format!(
                "We can’t reach what this page needs. You are still signed in, nothing was changed. Try again {again}."
            )
        }
        StatusCode::MISDIRECTED_REQUEST => "Kith doesn’t answer to this name. Check the address.".to_owned(),
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => "Your browser sent more than we can read, most likely too many \
            cookies. We have asked it to delete those of this site: reload the page and sign in again. If that doesn’t \
            help, delete them yourself, in the settings of your browser."
            .to_owned(),
        status if status.is_client_error() => {
            "Something in what was sent doesn’t fit. Go back, reload the page and try again. Nothing was changed."
                .to_owned()
        }
        _ => "Something broke on our side, and we have noted it. Try again; if it stays like this, come back later."
            .to_owned(),
    }
}

/// Returns a wait in words: rounded up, never to nothing.
pub fn wait(seconds: u64) -> String {
    let (n, unit) = match seconds {
        0..=1 => return "a second".to_owned(),
        2..=59 => (seconds, "second"),
        60..=3_599 => (seconds.div_ceil(60), "minute"),
        _ => (seconds.div_ceil(3_600), "hour"),
    };
    if n == 1 { format!("1 {unit}") } else { format!("{n} {unit}s") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::render;

    #[test]
    fn formats_retry_waits_rounded_up() {
        let said: Vec<String> = [0, 1, 2, 59, 60, 61, 900, 3_600, 7_201].map(wait).into();
        assert_eq!(
            said,
            [
                "a second",
                "a second",
                "2 seconds",
                "59 seconds",
                "1 minute",
                "2 minutes",
                "15 minutes",
                "1 hour",
                "3 hours"
            ]
        );
    }

    #[test]
    fn every_error_page_has_one_heading_and_a_home_link() {
        for code in [400, 401, 403, 404, 405, 409, 413, 414, 415, 421, 422, 429, 431, 500, 503] {
            let status = StatusCode::from_u16(code).expect("a status");
            let html = render(|| view(status, Some(90), Effect::Unchanged));
            assert!(!html.contains(MAY_BE_SAVED), "{code}");
            assert_eq!(html.matches("<h1").count(), 1);
            assert!(html.contains("href=\"/\""));
            assert_eq!(html.contains("2 minutes"), matches!(code, 429 | 503), "{code}");
        }
    }
    #[test]
    fn unknown_effects_are_never_reported_as_unchanged() {
        for code in [500, 502, 503, 504] {
            let status = StatusCode::from_u16(code).expect("a status");
            let html = render(|| view(status, Some(2), Effect::Unknown));
            assert!(html.contains(MAY_BE_SAVED) && !html.contains("othing was changed"), "{code}: {html}");
        }
    }
}
