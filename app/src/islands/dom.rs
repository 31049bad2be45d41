//! The few browser functions that the islands share.

use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Document, Element, Event, EventTarget, HtmlElement, Response, Window};

/// Returns the window. Islands run nowhere else.
pub fn window() -> Window {
    web_sys::window().unwrap_or_else(|| wasm_bindgen::throw_str("no window"))
}

/// Returns the document.
pub fn document() -> Document {
    window().document().unwrap_or_else(|| wasm_bindgen::throw_str("no document"))
}

/// Listens for as long as the page lives.
pub fn on(target: &EventTarget, kind: &str, listen: impl FnMut(Event) + 'static) {
    let closure = Closure::<dyn FnMut(Event)>::new(listen);
    let _ = target.add_event_listener_with_callback(kind, closure.as_ref().unchecked_ref());
    closure.forget();
}

/// Returns the first element that matches.
pub fn find(selector: &str) -> Option<Element> {
    document().query_selector(selector).ok().flatten()
}

/// Returns the target of an event, or its nearest ancestor that matches.
pub fn closest(event: &Event, selector: &str) -> Option<Element> {
    event.target()?.dyn_into::<Element>().ok()?.closest(selector).ok().flatten()
}

/// Returns the id of the user this page was rendered for, from its forms.
pub fn for_user() -> Option<i64> {
    find("[name=for_user]")?.get_attribute("value")?.parse().ok()
}

/// Marks an element as busy, or as no longer busy.
pub fn busy(element: &Element, on: bool) {
    let _ = if on { element.set_attribute("aria-busy", "true") } else { element.remove_attribute("aria-busy") };
}

/// Returns true if an element is busy, so that a double press sends once.
pub fn is_busy(element: &Element) -> bool {
    element.has_attribute("aria-busy")
}

/// Shows and announces a message in the one live region, for a while.
pub fn say(words: &str) {
    let Some(toast) = find(".toast") else { return };
    toast.set_text_content(Some(words));
    let later = Closure::once_into_js(move || toast.set_text_content(None));
    let _ = window().set_timeout_with_callback_and_timeout_and_arguments_0(later.unchecked_ref(), 6_000);
}

/// Creates the live region. It must exist before it speaks, or screen readers do not listen to it.
pub fn prepare_to_say() {
    if find(".toast").is_some() {
        return;
    }
    let (Ok(toast), Some(body)) = (document().create_element("p"), document().body()) else { return };
    toast.set_class_name("toast");
    let _ = toast.set_attribute("role", "status");
    let _ = body.append_child(&toast);
}

/// Returns the markup at an address of ours, or `None` if the request fails or is redirected (signed out).
pub async fn fetch(address: &str) -> Option<String> {
    let response = JsFuture::from(window().fetch_with_str(address)).await.ok()?;
    let response: Response = response.dyn_into().ok()?;
    if !response.ok() || response.redirected() {
        return None;
    }
    JsFuture::from(response.text().ok()?).await.ok()?.as_string()
}

/// Puts the focus on an element.
pub fn focus(element: Option<Element>) {
    if let Some(element) = element.and_then(|e| e.dyn_into::<HtmlElement>().ok()) {
        let _ = element.focus();
    }
}

/// Returns the text that the history keeps for this page.
pub fn state() -> Option<String> {
    window().history().ok()?.state().ok()?.as_string()
}

/// Stores text for this page in the history.
pub fn set_state(state: &str) {
    if let Ok(history) = window().history() {
        let _ = history.replace_state_with_url(&JsValue::from_str(state), "", None);
    }
}
