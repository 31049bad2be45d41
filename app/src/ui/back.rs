//! The redirect after a plain form.

use axum::response::{IntoResponse, Redirect, Response};
use server::base::redirect_target::safe_next;

/// Returns 303 to `next` if it is a path of ours, else to `otherwise`; to the element called `anchor` there, if any.
pub fn back(next: Option<&str>, otherwise: &str, anchor: Option<&str>) -> Response {
    let to = safe_next(next.unwrap_or_default(), otherwise);
    match anchor {
        Some(anchor) => Redirect::to(&format!("{}#{anchor}", to.split('#').next().unwrap_or(to))).into_response(),
        None => Redirect::to(to).into_response(),
    }
}
