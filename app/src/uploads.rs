//! Reading a file that is sent with a form.

use axum::extract::{Multipart, multipart::MultipartError};
use http::StatusCode;
use server::{Error, Invalid, Result};

/// Returns the content of the one file of a form that has nothing else in it, called `name`, if it has at most `max`
/// bytes. The file's own name and type count for nothing. Reading stops at the first thing that is wrong: the rest is
/// read by [`server::web::drain`].
///
/// # Errors
/// [`Error::Invalid`] on `name` with `too_large`, or when it did not arrive whole; as a whole when it is not our form.
pub async fn file(mut form: Multipart, name: &'static str, max: usize, too_large: &'static str) -> Result<Vec<u8>> {
    let broken = |error: MultipartError| match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Invalid::one(name, too_large),
        _ => Invalid::one(name, "The file did not arrive whole. Please send it again."),
    };
    let mut content = None;
    while let Some(mut field) = form.next_field().await.map_err(broken)? {
        if field.name() != Some(name) || content.is_some() {
            return Err(Invalid::default().into());
        }
        let mut bytes = Vec::new();
        while let Some(chunk) = field.chunk().await.map_err(broken)? {
            if bytes.len() + chunk.len() > max {
                return Err(Invalid::one(name, too_large).into());
            }
            bytes.extend_from_slice(&chunk);
        }
        content = Some(bytes);
    }
    content.ok_or_else(|| Error::from(Invalid::default()))
}
