//! Keeps the position in a list: a user who returns finds the pages that had been loaded, at the same post. The
//! position is stored with the page in the history, as `pages id top`.

use std::cell::Cell;

use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;
use web_sys::Element;

use super::{dom, pager};

thread_local! {
    /// The number of pages loaded below the first.
    static PAGES: Cell<u32> = const { Cell::new(0) };
}

/// Restores the stored position, and stores it when the user leaves the page.
pub fn start() {
    if let Some((pages, id, top)) = dom::state().as_deref().and_then(read) {
        spawn_local(restore(pages, id, top));
    }
    dom::on(&dom::window(), "pagehide", |_| keep());
}

/// Counts one more loaded page.
pub fn one_more() {
    PAGES.set(PAGES.get() + 1);
    keep();
}

fn keep() {
    let pages = PAGES.get();
    if pages == 0 {
        return;
    }
    if let Some((id, top)) = first_in_sight() {
        dom::set_state(&format!("{pages} {id} {top}"));
    }
}

fn read(state: &str) -> Option<(u32, String, f64)> {
    let mut words = state.split(' ');
    Some((words.next()?.parse().ok()?, words.next()?.to_owned(), words.next()?.parse().ok()?))
}

async fn restore(pages: u32, id: String, top: f64) {
    for _ in 0..pages.min(40) {
        let Some(pager) = dom::find(".pager") else { break };
        if pager::load(&pager).await.is_none() {
            break;
        }
        PAGES.set(PAGES.get() + 1);
    }
    if let Some(post) = dom::document().get_element_by_id(&id) {
        dom::window().scroll_by_with_x_and_y(0.0, post.get_bounding_client_rect().top() - top);
    }
}

/// Returns the post or user at the top of the window, and the distance of its upper edge from the top, in pixels.
fn first_in_sight() -> Option<(String, i32)> {
    let posts = dom::document().query_selector_all(".post,.user-list>[id]").ok()?;
    (0..posts.length()).filter_map(|i| posts.item(i)?.dyn_into::<Element>().ok()).find_map(|post| {
        let edges = post.get_bounding_client_rect();
        (edges.bottom() > 0.0).then(|| (post.id(), edges.top() as i32))
    })
}
