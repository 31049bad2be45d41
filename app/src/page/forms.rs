//! Reads forms. A form that is not exactly ours is refused as a whole: unknown or repeated fields, another content
//! type, broken text.

use axum::{
    body::{Body, Bytes},
    extract::{FromRequest, Request},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, StatusCode, header::CONTENT_TYPE};
use serde::de::DeserializeOwned;
use server::{Error, Invalid};

/// The fields of a posted form. `T` should `deny_unknown_fields`.
pub struct Form<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Form<T> {
    type Rejection = Response;

    async fn from_request(request: Request<Body>, state: &S) -> Result<Self, Response> {
        // Before the body: nothing is read of a request that is no form.
        is_form(request.headers()).map_err(IntoResponse::into_response)?;
        let body = Bytes::from_request(request, state).await.map_err(IntoResponse::into_response)?;
        fields(&body).map(Self).map_err(IntoResponse::into_response)
    }
}

/// The reason a form cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unread {
    /// The content type is not a form's.
    NoForm,
    /// It is not the form that we rendered.
    NotOurs,
}

impl IntoResponse for Unread {
    fn into_response(self) -> Response {
        match self {
            Self::NoForm => StatusCode::UNSUPPORTED_MEDIA_TYPE.into_response(),
            Self::NotOurs => Error::from(Invalid::default()).into_response(),
        }
    }
}

/// Reads a form, for a handler that has the body already.
pub fn sent<T: DeserializeOwned>(headers: &HeaderMap, body: &[u8]) -> Result<T, Unread> {
    is_form(headers)?;
    fields(body)
}

/// Returns `Ok` if the request has the fields of a form, not a file or something else.
pub(crate) fn is_form(headers: &HeaderMap) -> Result<(), Unread> {
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    match kind.split(';').next().unwrap_or_default().trim() {
        "application/x-www-form-urlencoded" => Ok(()),
        _ => Err(Unread::NoForm),
    }
}

fn fields<T: DeserializeOwned>(body: &[u8]) -> Result<T, Unread> {
    read(body).ok_or(Unread::NotOurs)
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Option<T> {
    // The parser would put replacement characters where the text is broken, and so change the meaning of the text.
    let decoded = percent_encoding::percent_decode(body).decode_utf8().ok()?;
    if decoded.contains('\0') {
        return None;
    }
    serde_urlencoded::from_bytes(body).ok()
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Pair {
        a: String,
        #[serde(default)]
        b: bool,
    }

    #[test]
    fn refuses_form_bodies_with_unexpected_or_malformed_fields() {
        let pair: Pair = read(b"a=%C3%A9+x&b=true").unwrap();
        assert_eq!((pair.a.as_str(), pair.b), ("é x", true));
        for bad in [&b""[..], b"b=true", b"a=1&a=2", b"a=1&admin=true", b"a=%00", b"a=%ff", b"a=1&b=maybe", b"\xff=1"] {
            assert!(read::<Pair>(bad).is_none(), "{bad:?}");
        }
    }
}
