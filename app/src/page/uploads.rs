//! Reads a file that is sent with a form.

use axum::extract::{Multipart, multipart::MultipartError};
use http::StatusCode;
use server::{Error, Invalid, Result};

/// Returns the content of the file called `name`, if the form has nothing else in it and the file has at most `max`
/// bytes. The file's own name and type are ignored. Reading stops at the first error: [`server::http::drain`] reads the
/// rest.
///
/// # Errors
/// Returns [`Error::Invalid`] on `name` with `too_large`, or if the file did not arrive whole; on the whole form if it
/// is not ours.
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
