//! The HTTP connection to the bucket: uses the same HTTP client as the rest of the program, so that there is one TLS
//! stack and one list of trusted authorities.

use std::time::Duration;

use async_trait::async_trait;
use http::Response;
use http_body_util::BodyExt;
use object_store::{
    ClientOptions,
    client::{HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse, HttpService},
};
use reqwest::{Client, redirect::Policy};

/// The timeouts for the connection and for the whole response.
const CONNECT: Duration = Duration::from_secs(2);
const TOTAL: Duration = Duration::from_secs(5);
/// The most bytes of a response: a picture has at most a megabyte, a list of a thousand names less.
const MAX_BYTES: usize = 4 * 1_024 * 1_024;

/// Builds the client.
#[derive(Debug)]
pub(super) struct Connector;

impl HttpConnector for Connector {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        let client = Client::builder().redirect(Policy::none()).connect_timeout(CONNECT).timeout(TOTAL).referer(false);
        let failed = |error| object_store::Error::Generic { store: "S3", source: Box::new(error) };
        Ok(HttpClient::new(LimitedClient(client.build().map_err(failed)?)))
    }
}

#[derive(Debug)]
struct LimitedClient(Client);

#[async_trait]
impl HttpService for LimitedClient {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let (parts, body) = request.into_parts();
        let body = body.collect().await?.to_bytes();
        let request = http::Request::from_parts(parts, body).try_into().map_err(failed)?;
        let mut answer = self.0.execute(request).await.map_err(failed)?;
        let mut bytes = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(failed)? {
            if bytes.len() + chunk.len() > MAX_BYTES {
                return Err(HttpError::new_boxed(HttpErrorKind::Decode, "more than we read".into()));
            }
            bytes.extend_from_slice(&chunk);
        }
        let mut response = Response::new(bytes.into());
        *response.status_mut() = answer.status();
        *response.headers_mut() = std::mem::take(answer.headers_mut());
        Ok(response)
    }
}

/// Maps an error to its kind, as far as the retries depend on it; without the address, which the caller knows.
fn failed(error: reqwest::Error) -> HttpError {
    let kind = match () {
        () if error.is_timeout() => HttpErrorKind::Timeout,
        () if error.is_connect() => HttpErrorKind::Connect,
        () if error.is_builder() || error.is_redirect() => HttpErrorKind::Unknown,
        () => HttpErrorKind::Interrupted,
    };
    HttpError::new(kind, error.without_url())
}
