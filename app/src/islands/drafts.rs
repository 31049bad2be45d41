//! What is being written survives a closed tab: it is kept in this browser, for who writes and for what it is sent to,
//! until it is sent or thrown away. Nobody else finds it: what others left behind goes as soon as somebody writes.

use std::cell::Cell;

use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{Element, HtmlFormElement, HtmlTextAreaElement, Storage};

use super::dom;

/// Milliseconds without a key until what was typed is kept.
const PAUSE: i32 = 400;

thread_local! {
    /// Counts what is typed, so that only the last of many pauses is one.
    static TYPED: Cell<u32> = const { Cell::new(0) };
}

/// Brings back what was kept for a form, and keeps what is typed from now on, at the latest when the page is left.
pub fn start(form: &HtmlFormElement) {
    forget_others();
    restore(form);
    let form = form.clone();
    dom::on(&dom::window(), "pagehide", move |_| keep(&form));
}

/// Something was typed: it is kept after a pause.
pub fn typed(form: &HtmlFormElement) {
    say_restored(form, false);
    let (form, now) = (form.clone(), TYPED.get().wrapping_add(1));
    TYPED.set(now);
    let later = Closure::once_into_js(move || {
        if TYPED.get() == now {
            keep(&form);
        }
    });
    let _ = dom::window().set_timeout_with_callback_and_timeout_and_arguments_0(later.unchecked_ref(), PAUSE);
}

/// It was sent.
pub fn sent(form: &HtmlFormElement) {
    TYPED.set(TYPED.get().wrapping_add(1));
    say_restored(form, false);
    if let Some((storage, key)) = storage().zip(key(form)) {
        let _ = storage.remove_item(&key);
    }
}

/// It is thrown away: the field holds what the page came with.
pub fn discard(form: &HtmlFormElement) {
    if let Some(area) = area(form) {
        area.set_value(&came_with(&area));
        let _ = area.focus();
    }
    sent(form);
}

fn keep(form: &HtmlFormElement) {
    let (Some(area), Some((storage, key))) = (area(form), storage().zip(key(form))) else { return };
    let text = area.value();
    // What the page came with needs no keeping, and a form that is being sent is not typed in.
    let _ = if text.trim().is_empty() || (text == came_with(&area) && !refused(form)) {
        storage.remove_item(&key)
    } else {
        storage.set_item(&key, &text)
    };
}

fn restore(form: &HtmlFormElement) {
    let (Some(area), Some((storage, key))) = (area(form), storage().zip(key(form))) else { return };
    let Some(text) = storage.get_item(&key).ok().flatten() else { return };
    // Whoever typed before this woke, or gets back what could not be taken, has the newer words.
    if area.value() != came_with(&area) || refused(form) || area.value() == text {
        return;
    }
    area.set_value(&text);
    say_restored(form, true);
}

/// Shows in the form that this is what was kept, and the way to be rid of it.
fn say_restored(form: &HtmlFormElement, on: bool) {
    let _ = form.class_list().toggle_with_force("restored", on);
    if let Ok(Some(note)) = form.query_selector(".kept") {
        let _ = note.toggle_attribute_with_force("hidden", !on);
    }
}

/// Whether the page came because this text could not be taken.
fn refused(form: &Element) -> bool {
    form.query_selector(".field-error").is_ok_and(|error| error.is_some())
}

fn area(form: &Element) -> Option<HtmlTextAreaElement> {
    form.query_selector("textarea").ok()??.dyn_into().ok()
}

/// What the page came with.
fn came_with(area: &HtmlTextAreaElement) -> String {
    area.default_value().unwrap_or_default()
}

fn storage() -> Option<Storage> {
    dom::window().local_storage().ok()?
}

/// What all drafts of who is here begin with. Who is about to sign out is nobody.
fn mine() -> Option<String> {
    let me = dom::find("[data-me]")?.get_attribute("data-me").filter(|me| !me.is_empty())?;
    Some(format!("draft {me} "))
}

fn key(form: &Element) -> Option<String> {
    Some(mine()? + &form.get_attribute("action")?)
}

fn forget_others() {
    let Some((storage, mine)) = storage().zip(mine()) else { return };
    let keys: Vec<String> =
        (0..storage.length().unwrap_or(0)).filter_map(|index| storage.key(index).ok().flatten()).collect();
    for key in keys.iter().filter(|key| key.starts_with("draft ") && !key.starts_with(&mine)) {
        let _ = storage.remove_item(key);
    }
}
