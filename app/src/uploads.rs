//! Reading a file that somebody sends with a form.

use axum::extract::{Multipart, multipart::MultipartError};
use http::StatusCode;
use server::{Error, Invalid, Result};

/// Hears a form to its end and keeps nothing of it: a browser that is answered before it has sent everything shows an
/// error of its own instead of the answer.
pub async fn drain(mut form: Multipart) {
    while let Ok(Some(mut field)) = form.next_field().await {
        while let Ok(Some(_)) = field.chunk().await {}
    }
}

/// The content of the one file of a form that has nothing else in it, called `name`, cut after `most` bytes. It is read
/// to its end all the same (see [`drain`]). What the file is called and says it is counts for nothing.
///
/// [`Error::Invalid`] on `name` when it did not come whole; as a whole when it is not our form.
pub async fn file(mut form: Multipart, name: &'static str, most: usize) -> Result<Vec<u8>> {
    let broken = |error: MultipartError| match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Invalid::one(name, "That file is far too large. Choose a smaller one."),
        _ => Invalid::one(name, "The file did not arrive whole. Please send it again."),
    };
    let mut content = None;
    while let Some(mut field) = form.next_field().await.map_err(broken)? {
        if field.name() != Some(name) || content.is_some() {
            return Err(Invalid::default().into());
        }
        let mut bytes = Vec::new();
        while let Some(chunk) = field.chunk().await.map_err(broken)? {
            let room = most - bytes.len();
            bytes.extend_from_slice(&chunk[..chunk.len().min(room)]);
        }
        content = Some(bytes);
    }
    content.ok_or_else(|| Error::from(Invalid::default()))
}
