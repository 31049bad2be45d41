//! Bodies over 8 KB. They are read only from members, and from browsers whose session ended within the hour, which get
//! their text back; and never more of them at a time than one budget of bytes allows. The number of connections bounds
//! the smaller ones.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::{
    body::{Body, HttpBody},
    extract::Request,
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{StatusCode, header::CONTENT_LENGTH};
use http_body_util::{BodyExt, Limited};
use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::timeout,
};

use crate::{
    base::error::Error,
    identity::sessions::{self, request},
};

/// The most bytes of a body that is read from any client.
pub const SMALL: usize = 8 * 1_024;
/// The most bytes of larger bodies that are being handled at a time. Handling takes some five times as much memory: the
/// text, its decoded form, and the page around it.
const BUDGET: usize = 8 * 1_024 * 1_024;
/// The part of [`BUDGET`] for browsers whose session has ended, or cannot be looked up.
const ENDED_BUDGET: usize = 2 * 1_024 * 1_024;
/// The most bytes of the budget for one user, or one ended session: two of the longest forms.
const PER_SENDER: usize = 512 * 1_024;
/// The most bytes of the budget for one network.
const PER_NETWORK: usize = 2 * 1_024 * 1_024;
/// The most refused bodies of strangers that are read to their end at a time, so that the browser shows the response:
/// nothing of them is stored, but each connection has a buffer.
const DRAINS: usize = 64;
/// The same for refused files of members.
const MEMBER_DRAINS: usize = 128;
/// The timeout for reading a refused body.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(5);

/// The budget of this process. Cheap to clone.
#[derive(Clone)]
pub struct BodyBudget(Arc<BodyBudgetInner>);

struct BodyBudgetInner {
    usage: Mutex<SpentBytes>,
    drains: Semaphore,
    member_drains: Semaphore,
}

#[derive(Default)]
struct SpentBytes {
    total: usize,
    ended: usize,
    /// Bytes per sender; only senders with a body in transfer.
    senders: HashMap<String, usize>,
    /// The networks of those senders.
    networks: HashMap<String, usize>,
}

impl Default for BodyBudget {
    fn default() -> Self {
        Self(Arc::new(BodyBudgetInner {
            usage: Mutex::default(),
            drains: Semaphore::new(DRAINS),
            member_drains: Semaphore::new(MEMBER_DRAINS),
        }))
    }
}

/// The sender of a large body.
#[derive(Clone, Debug)]
struct BodySender {
    name: String,
    network: String,
    ended: bool,
}

/// Bytes of the budget. Dropping it gives them back.
struct ReservedBytes {
    budget: BodyBudget,
    sender: BodySender,
    bytes: usize,
}

impl BodyBudget {
    fn lock(&self) -> MutexGuard<'_, SpentBytes> {
        self.0.usage.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reserves `bytes` for `sender`. `None` when less is left for them.
    fn reserve(&self, sender: BodySender, bytes: usize) -> Option<ReservedBytes> {
        let mut usage = self.lock();
        let own = usage.senders.get(&sender.name).copied().unwrap_or_default();
        let network = usage.networks.get(&sender.network).copied().unwrap_or_default();
        let ended = if sender.ended { usage.ended + bytes } else { 0 };
        let exceeds_share = own + bytes > PER_SENDER || network + bytes > PER_NETWORK;
        if exceeds_share || usage.total + bytes > BUDGET || ended > ENDED_BUDGET {
            return None;
        }
        usage.total += bytes;
        if sender.ended {
            usage.ended += bytes;
        }
        usage.senders.insert(sender.name.clone(), own + bytes);
        usage.networks.insert(sender.network.clone(), network + bytes);
        drop(usage);
        Some(ReservedBytes { budget: self.clone(), sender, bytes })
    }

    /// Returns a slot to read a refused body to its end. `None` when too many are being read.
    pub(super) fn drain_place(&self, of_member: bool) -> Option<SemaphorePermit<'_>> {
        let semaphore = if of_member { &self.0.member_drains } else { &self.0.drains };
        semaphore.try_acquire().ok()
    }

    /// Reads a refused body to its end and discards it, unless too many are being read.
    async fn drain(&self, mut body: Body) {
        let Some(_place) = self.drain_place(false) else { return };
        let drain = async { while let Some(Ok(_)) = body.frame().await {} };
        drop(timeout(DRAIN_TIMEOUT, drain).await);
    }
}

impl Drop for ReservedBytes {
    fn drop(&mut self) {
        let mut usage = self.budget.lock();
        usage.total -= self.bytes;
        if self.sender.ended {
            usage.ended -= self.bytes;
        }
        let usage = &mut *usage;
        for (shares, key) in [(&mut usage.senders, &self.sender.name), (&mut usage.networks, &self.sender.network)] {
            if let Some(share) = shares.get_mut(key) {
                *share -= self.bytes;
                if *share == 0 {
                    shares.remove(key);
                }
            }
        }
    }
}

/// Responds with 401 to a large body of a stranger, and with 503 when no bytes are left, without reading it. For routes
/// that accept more than [`SMALL`]; it belongs inside the layer that limits every body.
pub async fn large_bodies(request: Request, next: Next) -> Response {
    let declared = declared(&request);
    if declared.is_some_and(|bytes| bytes <= SMALL) {
        return next.run(request).await;
    }
    let cx = match request::Request::unasked(request.extensions()) {
        Ok(cx) => cx,
        Err(error) => return error.into_response(),
    };
    let budget = cx.server.bodies().clone();
    let Some(sender) = sender(&cx).await else {
        if declared.is_none() {
            // Its length is unknown: it is cut where it becomes too long.
            return next.run(request.map(|body| Body::new(Limited::new(body, SMALL)))).await;
        }
        budget.drain(request.into_body()).await;
        return StatusCode::UNAUTHORIZED.into_response();
    };
    let bytes = declared.or_else(|| upper(&request)).unwrap_or(PER_SENDER);
    let Some(_reserved) = budget.reserve(sender, bytes) else {
        budget.drain(request.into_body()).await;
        return Error::Busy.into_response();
    };
    next.run(request).await
}

fn declared(request: &Request) -> Option<usize> {
    let header = request.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    header.or_else(|| request.body().size_hint().exact().and_then(|bytes| usize::try_from(bytes).ok()))
}

fn upper(request: &Request) -> Option<usize> {
    request.body().size_hint().upper().and_then(|bytes| usize::try_from(bytes).ok())
}

/// Returns the sender of the request, if a large body is allowed.
async fn sender(cx: &request::Request) -> Option<BodySender> {
    let key = cx.cookie()?;
    let network = cx.client().network_key();
    let ended = || BodySender { name: format!("session {}", key.as_str()), network: network.clone(), ended: true };
    // While the database is unavailable, members' texts are still read, and given back.
    if cx.ask().await.is_err() {
        return Some(ended());
    }
    if let Some(me) = cx.me() {
        return Some(BodySender { name: format!("user {}", me.id()), network, ended: false });
    }
    sessions::ended_lately(cx).await.unwrap_or(true).then(ended)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reserve(budget: &BodyBudget, name: usize, ended: bool, bytes: usize) -> Option<ReservedBytes> {
        let network = (name / 2).to_string();
        budget.reserve(BodySender { name: name.to_string(), network, ended }, bytes)
    }

    #[test]
    fn body_budget_is_shared_between_senders_and_returned() {
        let budget = BodyBudget::default();
        let one = 256 * 1_024;
        let own: Vec<_> = (0..3).map(|_| reserve(&budget, 0, false, one)).collect();
        assert_eq!(own.iter().flatten().count(), PER_SENDER / one, "one sender has no more");
        let ended: Vec<_> = (1..100).map(|n| reserve(&budget, n, true, one)).collect();
        assert_eq!(ended.iter().flatten().count(), ENDED_BUDGET / one, "ended sessions have a part of it");
        let others: Vec<_> = (100..200).map(|n| reserve(&budget, n, false, one)).collect();
        assert_eq!(others.iter().flatten().count(), (BUDGET - ENDED_BUDGET - PER_SENDER) / one);
        assert!(reserve(&budget, 300, false, 1).is_none());
        drop((own, ended, others));
        let usage = budget.lock();
        assert_eq!((usage.total, usage.ended, usage.senders.len(), usage.networks.len()), (0, 0, 0, 0));
    }

    #[test]
    fn senders_of_one_network_share_a_limited_budget() {
        let budget = BodyBudget::default();
        let sender = |n: usize| BodySender { name: n.to_string(), network: "one".to_owned(), ended: false };
        let one: Vec<_> = (0..100).filter_map(|n| budget.reserve(sender(n), 256 * 1_024)).collect();
        assert_eq!(one.len(), PER_NETWORK / (256 * 1_024));
        assert!(reserve(&budget, 7, false, 256 * 1_024).is_some(), "others have their own");
    }
}
