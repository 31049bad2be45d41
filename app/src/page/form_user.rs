//! Binds every form to the user it was rendered for. Each page writes the viewer's id into its forms. A form that
//! returns while another user is signed in changes nothing, and its page shows which user is signed in now.
//!
//! This protects users from their own old tabs, not from attackers: [`server::http::same_origin`] refuses other sites. A
//! form without an id was rendered for a visitor who was signed out.

mod refused;

use std::sync::Arc;

use axum::{
    body::{Body, Bytes},
    extract::{FromRequest, Request},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{Uri, header::CONTENT_LENGTH, request::Parts};
use server::{Error, Result, base::id::UserId, identity::sessions::request};

pub use self::refused::{respond, title};
use crate::page::forms::is_form;

/// The name of the field. A request without fields (a file, a ping) has it in the query of its address instead.
pub const FIELD: &str = "for_user";

/// The result of the check, for handlers that keep the text of a refused form (see
/// [`crate::page::preserve_input::PreservedForm`]).
#[derive(Clone)]
pub struct Checked {
    result: Arc<Result<()>>,
    user: Option<UserId>,
}

impl Checked {
    /// Takes the result out of the request, once: `Ok` if the form is the signed-in user's, otherwise the error that
    /// refuses it, and the user it was rendered for.
    pub fn take(request: &mut Request) -> (Result<()>, Option<UserId>) {
        let missing = || Error::internal("a form outside the check of its user");
        let Some(Self { result, user }) = request.extensions_mut().remove::<Self>() else {
            return (Err(missing()), None);
        };
        (Arc::into_inner(result).ok_or_else(missing).and_then(|result| result), user)
    }
}

/// Refuses a form of another user with a page that shows the typed text.
pub async fn require(request: Request, next: Next) -> Response {
    let (request, checked, _) = match check(request).await {
        Ok(checked) => checked,
        Err(refusal) => return refusal,
    };
    match checked {
        Ok(()) | Err(Error::SignInNeeded) => next.run(request).await,
        Err(Error::OtherUser) => refused::page(request).await,
        Err(error) => error.into_response(),
    }
}

/// As [`require`], for a form with a file: its user is in the query, and nothing of the body is read.
pub async fn require_upload(mut request: Request, next: Next) -> Response {
    let body = std::mem::take(request.body_mut());
    let cx = match request::Request::unasked(request.extensions()) {
        Ok(cx) => cx,
        Err(error) => return error.into_response(),
    };
    match compare(&cx, in_query(request.uri())).await {
        Ok(()) | Err(Error::SignInNeeded) => {
            *request.body_mut() = body;
            next.run(request).await
        }
        Err(Error::OtherUser) => refused::page(request).await,
        Err(error) => error.into_response(),
    }
}

/// Lets the handler refuse a form of another user: it returns the text in a form of its own.
pub async fn note(request: Request, next: Next) -> Response {
    match check(request).await {
        Ok((mut request, checked, user)) => {
            request.extensions_mut().insert(Checked { result: Arc::new(checked), user });
            next.run(request).await
        }
        Err(refusal) => refusal,
    }
}

/// Removes the field from a form that does the same for every user.
pub async fn ignore(request: Request, next: Next) -> Response {
    if is_form(request.headers()).is_err() {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    match take_field(parts, body).await {
        Ok((request, _)) => next.run(request).await,
        Err(refusal) => refusal,
    }
}

/// Returns the request without the field, and whether its form was rendered for the user who is signed in now:
/// [`Error::OtherUser`] if not, [`Error::SignInNeeded`] if no user is signed in (then the handler's guard decides),
/// [`Error::Unavailable`] if that cannot be known. Last, the user it was rendered for.
async fn check(request: Request) -> Result<(Request, Result<()>, Option<UserId>), Response> {
    let cx = request::Request::unasked(request.extensions()).map_err(IntoResponse::into_response)?;
    let (parts, body) = request.into_parts();
    let (request, user) = if is_form(&parts.headers).is_ok() {
        take_field(parts, body).await?
    } else {
        let user = in_query(&parts.uri);
        (Request::from_parts(parts, body), user)
    };
    Ok((request, compare(&cx, user).await, user))
}

fn in_query(uri: &Uri) -> Option<UserId> {
    uri.query().and_then(|query| split(query.as_bytes()).1)
}

async fn compare(cx: &request::Request, user: Option<UserId>) -> Result<()> {
    cx.ask().await.and_then(|()| match cx.viewer() {
        None => Err(Error::SignInNeeded),
        viewer if viewer == user => Ok(()),
        _ => Err(Error::OtherUser),
    })
}

async fn take_field(parts: Parts, body: Body) -> Result<(Request, Option<UserId>), Response> {
    let (mut parts, body) = Bytes::from_request(Request::from_parts(parts.clone(), body), &())
        .await
        .map(|body| (parts, body))
        .map_err(IntoResponse::into_response)?;
    let (rest, user) = split(&body);
    parts.headers.insert(CONTENT_LENGTH, rest.len().into());
    Ok((Request::from_parts(parts, rest.into()), user))
}

/// Returns the pairs of a form without the field, and the value of the field if it occurs exactly once and is an id.
fn split(form: &[u8]) -> (Vec<u8>, Option<UserId>) {
    let value = |pair: &[u8]| form_urlencoded::parse(pair).find(|(name, _)| name == FIELD).map(|(_, id)| id.parse());
    let mut rest = Vec::with_capacity(form.len());
    let mut users = Vec::new();
    for pair in form.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
        match value(pair) {
            Some(user) if users.len() < 2 => users.push(user.ok().map(UserId)),
            Some(_) => {}
            None => {
                if !rest.is_empty() {
                    rest.push(b'&');
                }
                rest.extend_from_slice(pair);
            }
        }
    }
    let user = match users.as_slice() {
        [user] => *user,
        _ => None,
    };
    (rest, user)
}

/// Writes the viewer's id into every form of the page that posts. Works on the finished page, so that no view can
/// forget it. Text and attributes cannot hold a form's tag: both are escaped.
pub fn bind(html: String, viewer: Option<UserId>) -> String {
    let Some(UserId(id)) = viewer else { return html };
    let mut bound = String::with_capacity(html.len() + 512);
    let mut rest = html.as_str();
    while let Some(start) = rest.find("<form ") {
        let (before, tag) = rest.split_at(start);
        let (tag, after) = tag.split_at(end_of_tag(tag));
        bound.push_str(before);
        if !tag.contains("method=\"post\"") {
            bound.push_str(tag);
        } else if tag.contains("multipart/form-data") {
            let (head, tail) = tag.split_once("action=\"").unwrap_or((tag, ""));
            let (action, tail) = tail.split_once('"').unwrap_or_default();
            bound.push_str(&format!("{head}action=\"{action}?{FIELD}={id}\"{tail}"));
        } else {
            bound.push_str(&format!("{tag}<input type=\"hidden\" name=\"{FIELD}\" value=\"{id}\">"));
        }
        rest = after;
    }
    bound.push_str(rest);
    bound
}

/// Returns the offset just behind the `>` that ends the tag at the beginning of `html`.
fn end_of_tag(html: &str) -> usize {
    let mut quoted = false;
    let end = html.bytes().position(|byte| {
        quoted ^= byte == b'"';
        byte == b'>' && !quoted
    });
    end.map_or(html.len(), |end| end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adds_the_viewer_to_every_form_with_method_post() {
        let html = "<form role=\"search\" action=\"/search\"><p>a</p></form><form class=\"a>b\" method=\"post\"><b>c</b></form>";
        let bound = bind(html.to_owned(), Some(UserId(7)));
        let field = "<input type=\"hidden\" name=\"for_user\" value=\"7\">";
        assert_eq!(
            bound,
            format!(
                "<form role=\"search\" action=\"/search\"><p>a</p></form><form class=\"a>b\" method=\"post\">{field}<b>c</b></form>"
            )
        );
        assert_eq!(bind(html.to_owned(), None), html);
    }

    #[test]
    fn adds_the_viewer_to_the_action_of_multipart_forms() {
        let html = "<form method=\"post\" action=\"/x\" enctype=\"multipart/form-data\" class=\"y\"></form>";
        assert_eq!(
            bind(html.to_owned(), Some(UserId(7))),
            "<form method=\"post\" action=\"/x?for_user=7\" enctype=\"multipart/form-data\" class=\"y\"></form>"
        );
    }

    #[test]
    fn removes_the_user_field_and_ignores_invalid_or_repeated_ones() {
        assert_eq!(split(b"a=1&for_user=7&b=2"), (b"a=1&b=2".to_vec(), Some(UserId(7))));
        assert_eq!(split(b"for%5fuser=7&a=%26"), (b"a=%26".to_vec(), Some(UserId(7))));
        for bad in [&b"a=1"[..], b"", b"for_user=", b"for_user=x", b"for_user=7&for_user=7", b"xfor_user=7"] {
            assert_eq!(split(bad).1, None, "{bad:?}");
        }
    }
}
