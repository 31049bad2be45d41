//! Choosing and removing an avatar.

use super::{picture, places::Place, store};
use crate::{
    base::error::{Error, Result},
    identity::sessions::{
        self,
        request::{Member, Request},
    },
    limits,
};

/// A slot for one upload. Nothing of the upload is read before it has one.
pub struct Turn {
    _place: Place,
}

/// Reserves a slot. [`Error::Limited`] for too many pictures; [`Error::Busy`] for too many at once, in total, by this
/// user or from this client address.
pub async fn turn(cx: &Request, me: &Member) -> Result<Turn> {
    let slot = cx.server.pictures().places.take(me.id(), cx.client().limit_key()).ok_or(Error::Busy)?;
    limits::take(cx.server.db(), limits::PICTURE, me.id()).await?;
    Ok(Turn { _place: slot })
}

/// Makes `file` the user's avatar. [`Error::Invalid`] on `picture`; [`Error::Busy`] also when it cannot be stored now.
pub async fn choose(cx: &Request, me: &Member, turn: Turn, file: Vec<u8>) -> Result<()> {
    let chosen = create_and_store(cx, me, turn, file).await;
    limits::give_back_undone(cx.server.db(), (limits::PICTURE, me.id()), chosen).await
}

async fn create_and_store(cx: &Request, me: &Member, turn: Turn, file: Vec<u8>) -> Result<()> {
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

/// Restores the avatar generated from the username.
pub async fn remove(cx: &Request, me: &Member) -> Result<()> {
    let mut tx = sessions::begin(cx, me).await?;
    store::clear(&mut tx, me.id()).await?;
    tx.commit().await
}
