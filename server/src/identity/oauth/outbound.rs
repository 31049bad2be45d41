//! HTTP requests to a provider: encrypted, within limits of time and size, without following redirects.

use std::{
    pin::Pin,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use http::{HeaderMap, StatusCode, header};
use oauth2::{AsyncHttpClient, HttpRequest, HttpResponse};
use reqwest::{Client, redirect::Policy};
use tokio::time::timeout;

/// The timeouts for the connection and for one response.
const CONNECT: Duration = Duration::from_secs(2);
const TOTAL: Duration = Duration::from_secs(5);
/// The timeout for a response that a sign-in can do without.
const DETAILS: Duration = Duration::from_secs(2);
/// The most bytes of a response.
const BODY: usize = 64 * 1_024;
/// The longest pause that one response can impose on us.
const MAX_QUIET: Duration = Duration::from_secs(60);

/// The reason why a request to a provider failed. For the log; users see less.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ProviderError {
    #[error("it cannot be reached: {0}")]
    Unreachable(String),
    #[error("it answers oddly: {0}")]
    Odd(String),
    #[error("it asks us to wait: {0}")]
    Wait(String),
    #[error("it does not take the code: {0}")]
    Code(String),
    #[error("it does not take this site: {0}")]
    Settings(String),
    #[error("it wants them to verify their address first")]
    Unverified,
    #[error("it did not ask them to sign in again: claim `auth_time` is missing, not a number or too old")]
    NotFresh,
}

impl ProviderError {
    /// Returns the error for an unusable response; only its beginning, on one line.
    pub(super) fn odd(what: impl ToString) -> Self {
        Self::Odd(brief(&what.to_string()))
    }

    /// Returns the error for wrong settings; only its beginning, on one line.
    pub(super) fn settings(what: impl ToString) -> Self {
        Self::Settings(brief(&what.to_string()))
    }

    /// Maps an `error` of RFC 6749, or one of GitHub's.
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
            "temporarily_unavailable" | "slow_down" => Self::Wait(brief(error)),
            other => Self::Odd(brief(other)),
        }
    }
}

fn brief(text: &str) -> String {
    crate::base::text::clean_line(text).chars().take(200).collect()
}

/// Limits the total time of all requests that a sign-in needs. `url` is for the log.
pub(super) async fn timely<T>(
    url: &str,
    work: impl Future<Output = Result<T, ProviderError>>,
) -> Result<T, ProviderError> {
    within(TOTAL, url, work).await
}

/// Like [`timely`], for requests that a sign-in can do without.
pub(super) async fn soon<T>(
    url: &str,
    work: impl Future<Output = Result<T, ProviderError>>,
) -> Result<T, ProviderError> {
    within(DETAILS, url, work).await
}

async fn within<T>(
    limit: Duration,
    url: &str,
    work: impl Future<Output = Result<T, ProviderError>>,
) -> Result<T, ProviderError> {
    let late = || ProviderError::Unreachable(format!("{url}: no answer within {} s", limit.as_secs()));
    timeout(limit, work).await.unwrap_or_else(|_| Err(late()))
}

/// The HTTP client for providers.
pub struct Outbound {
    client: Client,
    /// The end of the pause that a provider asked this site for. A courtesy: other instances of the server learn it
    /// themselves. A response to a request with a user's token is about that user and pauses no other.
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

    /// Sends a request and reads the whole response, whatever its status, except a redirect or a request to wait.
    pub(super) async fn send(&self, request: HttpRequest) -> Result<HttpResponse, ProviderError> {
        let personal = request.headers().get(header::AUTHORIZATION).is_some_and(|value| {
            value.as_bytes().get(..7).is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"bearer "))
        });
        self.check_quiet()?;
        let url = url(&request);
        let to_unreachable =
            |error: reqwest::Error| ProviderError::Unreachable(format!("{url}: {}", cause(&error.without_url())));
        let request = reqwest::Request::try_from(request).map_err(to_unreachable)?;
        let mut answer = self.client.execute(request).await.map_err(to_unreachable)?;
        let (status, headers) = (answer.status(), answer.headers().clone());
        if self.asks_to_wait(status, &headers, personal) {
            return Err(ProviderError::Wait(format!("{status} at {url}")));
        }
        if status.is_redirection() {
            return Err(ProviderError::odd(format!("a redirect, {status}, at {url}")));
        }
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(to_unreachable)? {
            if body.len() + chunk.len() > BODY {
                return Err(ProviderError::odd(format!("more than we read at {url}")));
            }
            body.extend_from_slice(&chunk);
        }
        let mut response = HttpResponse::new(body);
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        Ok(response)
    }

    fn check_quiet(&self) -> Result<(), ProviderError> {
        let until = *self.quiet_until.lock().unwrap_or_else(PoisonError::into_inner);
        if until.is_some_and(|until| Instant::now() < until) {
            Err(ProviderError::Wait("less than a minute ago".to_owned()))
        } else {
            Ok(())
        }
    }

    /// Detects that a provider asks us to wait: status 429, or 403 or 503 with the time to wait.
    fn asks_to_wait(&self, status: StatusCode, headers: &HeaderMap, personal: bool) -> bool {
        let wait = headers.get(header::RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
        let is_exhausted = headers.get("x-ratelimit-remaining").is_some_and(|left| left == "0");
        let limited = status == StatusCode::TOO_MANY_REQUESTS
            || (status == StatusCode::FORBIDDEN && (wait.is_some() || is_exhausted))
            || (status == StatusCode::SERVICE_UNAVAILABLE && wait.is_some());
        if let Some(seconds) = wait.filter(|_| limited && !personal) {
            let until = Instant::now() + Duration::from_secs(seconds).min(MAX_QUIET);
            *self.quiet_until.lock().unwrap_or_else(PoisonError::into_inner) = Some(until);
        }
        limited
    }
}

/// Returns the address of a request for the log: without its query.
fn url(request: &HttpRequest) -> String {
    let uri = request.uri();
    let host = uri.authority().map_or("", |authority| authority.as_str());
    format!("{}://{host}{}", uri.scheme_str().unwrap_or_default(), uri.path())
}

/// Returns an error with its causes: reqwest reveals them only in its sources.
fn cause(error: &reqwest::Error) -> String {
    let mut words = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        words = format!("{words}: {inner}");
        source = inner.source();
    }
    crate::base::text::clean_line(&words).chars().take(300).collect()
}

/// The interface for the protocol crates. GitHub returns errors with 200, and the crates only look for them in other
/// responses.
impl<'c> AsyncHttpClient<'c> for Outbound {
    type Error = ProviderError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, ProviderError>> + Send + 'c>>;

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
