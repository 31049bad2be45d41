//! The errors of a form, on the page that shows it again.

use std::time::Duration;

use axum::response::Response;
use http::StatusCode;
use leptos::prelude::*;
use server::{Error, Invalid, Result};

use super::{
    document::{Page, Shell},
    error_page,
    visit::Visit,
};

/// The errors of a form, the status of the response, and the seconds until a retry makes sense.
#[derive(Clone, Debug)]
pub struct FormError {
    pub status: StatusCode,
    pub retry_after: Option<u64>,
    pub invalid: Invalid,
}

impl FormError {
    /// Returns the state of a form that is shown for the first time: no errors, status 200.
    pub fn none() -> Self {
        Self::new(StatusCode::OK, Invalid::default())
    }

    /// Returns errors with a status, without a time to retry.
    pub fn new(status: StatusCode, invalid: Invalid) -> Self {
        Self { status, retry_after: None, invalid }
    }

    /// Returns the errors to show for `error`. Fails with `error` itself if it has a page of its own.
    pub fn of(error: Error) -> Result<Self> {
        let message = match &error {
            Error::Invalid(invalid) => return Ok(Self::new(error.status(), invalid.clone())),
            Error::Limited(_) => {
                let wait = error_page::wait(error.retry_after().unwrap_or(1));
                format!("That was a lot of tries. You can try again in {wait}.")
            }
            Error::Busy => "Many people are signing in right now. Please try again in a moment.".to_owned(),
            _ => return Err(error),
        };
        Ok(Self::with_message(&error, "", message))
    }

    /// Returns a message about a field, with the status and the time to retry of `error`.
    pub fn with_message(error: &Error, field: &'static str, message: String) -> Self {
        let invalid = Invalid::one(field, message);
        Self { status: error.status(), retry_after: error.retry_after(), invalid }
    }

    /// Returns the message of a form that requests a mail when none can be sent now: the reason, what still works, and
    /// the time to wait.
    pub fn mail_limit(wait: Duration, works: &str) -> Self {
        let error = Error::Limited(wait);
        let time = error_page::wait(error.retry_after().unwrap_or(1));
        let message = format!(
            "As many mails as we send in an hour went to this address; others may have asked for them. {works} You can ask \
             for another mail in {time}."
        );
        Self::with_message(&error, "", message)
    }

    /// Gives a page the status and the time to retry.
    pub fn on(&self, page: Page) -> Page {
        let page = page.status(self.status);
        match self.retry_after {
            Some(seconds) => page.retry_after(seconds),
            None => page,
        }
    }

    /// Returns a page with one card that shows the form.
    pub fn card(&self, visit: &Visit, title: &'static str, view: impl IntoView + 'static) -> Response {
        self.on(Page::new(title).shell(Shell::Card)).respond(visit, view)
    }

    /// Returns `gone`, the response when no code is pending, unless codes were typed too often.
    pub fn gone_unless_limited(&self, gone: Response) -> Result<Response> {
        match self.status {
            StatusCode::TOO_MANY_REQUESTS => Err(Error::Limited(Duration::from_secs(self.retry_after.unwrap_or(1)))),
            _ => Ok(gone),
        }
    }
}
