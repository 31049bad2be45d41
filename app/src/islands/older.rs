//! Loads older posts into the page: the plain link is followed in place. If the network fails, the link remains, with a
//! message.

use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;
use web_sys::{Event, MouseEvent};

use super::{dom, pager, place};

/// Listens for the link.
pub fn start() {
    dom::on(&dom::document(), "click", clicked);
}

fn clicked(event: Event) {
    let plain = event.dyn_ref::<MouseEvent>().is_some_and(|e| {
        e.button() == 0 && !(e.ctrl_key() || e.meta_key() || e.shift_key() || e.alt_key()) && !e.default_prevented()
    });
    let Some(pager) = dom::closest(&event, ".pager a").and_then(|link| link.parent_element()) else { return };
    if !plain {
        return;
    }
    event.prevent_default();
    spawn_local(async move {
        if let Some(first) = pager::load(&pager).await {
            place::one_more();
            // A keyboard user continues to read at the first new post.
            let when = first.query_selector(".when").ok().flatten();
            dom::focus(when.or_else(|| first.query_selector("a").ok().flatten()));
        }
    });
}
