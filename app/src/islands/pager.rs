//! Loads the next page of a list.

use web_sys::Element;

use super::dom;

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
