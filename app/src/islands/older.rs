//! Loads older posts into the page: the plain link is followed in place. If the network fails, the link remains, with a
//! message.

use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;
use web_sys::{Element, Event, MouseEvent};

use super::{dom, place};

/// Listens for the link, and restores the loaded pages when the user returns.
pub fn start() {
    dom::on(&dom::document(), "click", clicked);
    place::start();
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
        if let Some(first) = load(&pager).await {
            place::one_more();
            // A keyboard user continues to read at the first new post.
            let when = first.query_selector(".when").ok().flatten();
            dom::focus(when.or_else(|| first.query_selector("a").ok().flatten()));
        }
    });
}

/// Replaces a pager by the page it leads to, and returns the first new post. On failure it shows a message in its
/// place.
pub async fn load(pager: &Element) -> Option<Element> {
    let link = pager.query_selector("a").ok()??;
    if dom::is_busy(&link) {
        return None;
    }
    dom::busy(&link, true);
    let address = format!("{}&part=list", link.get_attribute("href")?);
    let markup = dom::fetch(&address).await;
    dom::busy(&link, false);
    let Some(markup) = markup else {
        let status = pager.query_selector("p").ok()??;
        status.set_text_content(Some("Couldn’t load more. Try again."));
        return None;
    };
    let last = pager.previous_element_sibling();
    let _ = pager.insert_adjacent_html("beforebegin", &markup);
    let first = last.and_then(|last| last.next_element_sibling());
    pager.remove();
    first
}
