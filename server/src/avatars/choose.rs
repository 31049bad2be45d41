//! Choosing a picture of one's own, and taking it away again.

use std::sync::Arc;

use tokio::sync::OwnedSemaphorePermit;

use super::{picture, store};
use crate::{
    error::{Error, Result},
    limits,
    request::{Member, Request},
    sessions,
};

/// How many pictures may be on their way in at once: each is held in memory, at most 8 MB of it, until it is made.
pub(super) const PLACES: usize = 12;

/// A place for one picture. Nothing of it is read before there is one.
pub struct Turn {
    _place: OwnedSemaphorePermit,
}

/// Asks for a place. [`Error::Limited`] for too many pictures, [`Error::Busy`] for too many people.
pub async fn turn(cx: &Request, me: &Member) -> Result<Turn> {
    let place = Arc::clone(&cx.server.pictures().places).try_acquire_owned().map_err(|_| Error::Busy)?;
    limits::take(&cx.server, limits::PICTURE, me.id()).await?;
    Ok(Turn { _place: place })
}

/// Makes `file` one's picture. [`Error::Invalid`] on `picture`; [`Error::Busy`] also when it cannot be kept now.
pub async fn choose(cx: &Request, me: &Member, turn: Turn, file: Vec<u8>) -> Result<()> {
    let picture = picture::make(&cx.server, file).await?;
    drop(turn);
    let kept = store::keep(&cx.server, picture).await.map_err(|error| {
        tracing::error!(%error, "a picture cannot be kept");
        Error::Busy
    })?;
    let mut tx = sessions::begin(cx, me).await?;
    store::set(&mut tx, me.id(), &kept).await?;
    tx.commit().await
}

/// Goes back to the face drawn from one's username.
pub async fn remove(cx: &Request, me: &Member) -> Result<()> {
    let mut tx = sessions::begin(cx, me).await?;
    store::clear(&mut tx, me.id()).await?;
    tx.commit().await
}
