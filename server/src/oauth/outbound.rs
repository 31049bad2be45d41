//! Speaking to a provider: encrypted, in good time, no further than it was told to, and never longer than it should.

use std::{
    pin::Pin,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use http::{HeaderMap, StatusCode, header};
use oauth2::{AsyncHttpClient, HttpRequest, HttpResponse};
use reqwest::{Client, redirect::Policy};

/// Until a connection stands, and until one answer is there.
const CONNECT: Duration = Duration::from_secs(2);
pub(super) const TOTAL: Duration = Duration::from_secs(5);
/// The most bytes of an answer.
const BODY: usize = 64 * 1_024;
/// The longest that one answer's wish to be left alone is followed.
const PATIENCE: Duration = Duration::from_secs(60);

/// Why a provider could not be asked. For the log; people are told less.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    #[error("it cannot be reached: {0}")]
    Unreachable(String),
    #[error("it answers oddly: {0}")]
    Odd(String),
    #[error("it asks us to wait")]
    Wait,
    #[error("it does not take the code: {0}")]
    Code(String),
    #[error("it does not take this site: {0}")]
    Settings(String),
    #[error("it wants them to verify their address first")]
    Unverified,
    #[error("it did not ask them again who they are")]
    NotFresh,
}

impl Trouble {
    /// Something it said that cannot be used; only its beginning, on one line.
    pub(super) fn odd(what: impl ToString) -> Self {
        Self::Odd(brief(&what.to_string()))
    }

    /// What an `error` of RFC 6749 means, or one of GitHub's.
    pub(super) fn of_code(error: &str) -> Self {
        match error {
            "bad_verification_code" | "invalid_grant" => Self::Code(brief(error)),
            "unverified_user_email" => Self::Unverified,
            "incorrect_client_credentials"
            | "redirect_uri_mismatch"
            | "application_suspended"
            | "invalid_client"
            | "unauthorized_client"
            | "invalid_request"
            | "invalid_scope"
            | "unsupported_response_type" => Self::Settings(brief(error)),
            "temporarily_unavailable" | "slow_down" => Self::Wait,
            other => Self::Odd(brief(other)),
        }
    }
}

fn brief(text: &str) -> String {
    crate::text::clean_line(text).chars().take(80).collect()
}

/// The one way out to providers.
pub struct Outbound {
    client: Client,
    /// Until when a provider that told this site so is left alone. A courtesy: another copy of the server learns it
    /// itself. What it says to one person, whose token was sent, is about them and closes it to nobody else.
    quiet_until: Mutex<Option<Instant>>,
}

impl Outbound {
    #[expect(clippy::expect_used, reason = "built from constants; a machine on which it fails serves nobody")]
    pub(super) fn new() -> Self {
        let client = Client::builder()
            .redirect(Policy::none())
            .connect_timeout(CONNECT)
            .timeout(TOTAL)
            .user_agent(concat!("Kith/", env!("CARGO_PKG_VERSION")))
            .referer(false)
            .build()
            .expect("a client for HTTPS");
        Self { client, quiet_until: Mutex::new(None) }
    }

    /// Sends a request and reads the whole answer, whatever its status but a redirect or a wish to be left alone.
    pub(super) async fn send(&self, request: HttpRequest) -> Result<HttpResponse, Trouble> {
        let personal = request.headers().get(header::AUTHORIZATION).is_some_and(|value| {
            value.as_bytes().get(..7).is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"bearer "))
        });
        self.check_quiet()?;
        let unreachable = |error: reqwest::Error| Trouble::Unreachable(cause(&error.without_url()));
        let request = reqwest::Request::try_from(request).map_err(unreachable)?;
        let mut answer = self.client.execute(request).await.map_err(unreachable)?;
        let (status, headers) = (answer.status(), answer.headers().clone());
        self.heed(status, &headers, personal)?;
        if status.is_redirection() {
            return Err(Trouble::odd("a redirect"));
        }
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(unreachable)? {
            if body.len() + chunk.len() > BODY {
                return Err(Trouble::odd("more than we read"));
            }
            body.extend_from_slice(&chunk);
        }
        let mut response = HttpResponse::new(body);
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        Ok(response)
    }

    fn check_quiet(&self) -> Result<(), Trouble> {
        let until = *self.quiet_until.lock().unwrap_or_else(PoisonError::into_inner);
        if until.is_some_and(|until| Instant::now() < until) { Err(Trouble::Wait) } else { Ok(()) }
    }

    /// A provider that has had enough of us says so with 429 or 403 and how long to wait.
    fn heed(&self, status: StatusCode, headers: &HeaderMap, personal: bool) -> Result<(), Trouble> {
        let wait = headers.get(header::RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
        let spent = headers.get("x-ratelimit-remaining").is_some_and(|left| left == "0");
        let limited = status == StatusCode::TOO_MANY_REQUESTS
            || (status == StatusCode::FORBIDDEN && (wait.is_some() || spent))
            || (status == StatusCode::SERVICE_UNAVAILABLE && wait.is_some());
        if !limited {
            return Ok(());
        }
        if let Some(seconds) = wait.filter(|_| !personal) {
            let until = Instant::now() + Duration::from_secs(seconds).min(PATIENCE);
            *self.quiet_until.lock().unwrap_or_else(PoisonError::into_inner) = Some(until);
        }
        Err(Trouble::Wait)
    }
}

/// An error with what is behind it: reqwest says the cause only in its sources.
fn cause(error: &reqwest::Error) -> String {
    let mut words = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        words = format!("{words}: {inner}");
        source = inner.source();
    }
    crate::text::clean_line(&words).chars().take(300).collect()
}

/// For the crates that know the protocols. GitHub answers errors with 200, and they only look for them elsewhere.
impl<'c> AsyncHttpClient<'c> for Outbound {
    type Error = Trouble;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, Trouble>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(async move {
            let mut answer = self.send(request).await?;
            let says_error = serde_json::from_slice::<serde_json::Value>(answer.body())
                .is_ok_and(|json| json.get("error").is_some_and(serde_json::Value::is_string));
            if answer.status() == StatusCode::OK && says_error {
                *answer.status_mut() = StatusCode::BAD_REQUEST;
            }
            Ok(answer)
        })
    }
}
