//! Drafts survive a closed tab: this browser keeps the text, by user and by target of the form, until it is sent or
//! discarded. Other users do not find it: their drafts are deleted as soon as a user writes.

use std::cell::Cell;

use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{Element, HtmlFormElement, HtmlTextAreaElement, Storage};

use super::dom;

/// Milliseconds after the last key press until the text is kept.
const SAVE_INTERVAL: i32 = 400;

thread_local! {
    /// Counts key presses, so that only the last of many timers keeps the text.
    static TYPED: Cell<u32> = const { Cell::new(0) };
}

/// Restores the draft of a form, and keeps what the user types from now on, at the latest when the user leaves the
/// page.
pub fn start(form: &HtmlFormElement) {
    forget_others();
    restore(form);
    let form = form.clone();
    dom::on(&dom::window(), "pagehide", move |_| keep(&form));
}

/// Keeps the text after a pause. Called for each input.
pub fn typed(form: &HtmlFormElement) {
    say_restored(form, false);
    let (form, now) = (form.clone(), TYPED.get().wrapping_add(1));
    TYPED.set(now);
    let later = Closure::once_into_js(move || {
        if TYPED.get() == now {
            keep(&form);
        }
    });
    let _ = dom::window().set_timeout_with_callback_and_timeout_and_arguments_0(later.unchecked_ref(), SAVE_INTERVAL);
}

/// Deletes the draft after the form was sent.
pub fn sent(form: &HtmlFormElement) {
    TYPED.set(TYPED.get().wrapping_add(1));
    say_restored(form, false);
    if let Some((storage, key)) = storage().zip(key(form)) {
        let _ = storage.remove_item(&key);
    }
}

/// Discards the draft: the field holds the text that the page was rendered with.
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
    // The text that the page was rendered with is not kept, and neither is the text of a form that is being sent.
    let _ = if text.trim().is_empty() || (text == came_with(&area) && !refused(form)) {
        storage.remove_item(&key)
    } else {
        storage.set_item(&key, &text)
    };
}

fn restore(form: &HtmlFormElement) {
    let (Some(area), Some((storage, key))) = (area(form), storage().zip(key(form))) else { return };
    let Some(text) = storage.get_item(&key).ok().flatten() else { return };
    // Text that was typed before this island woke, or that the server returned with an error, is newer.
    if area.value() != came_with(&area) || refused(form) || area.value() == text {
        return;
    }
    area.set_value(&text);
    say_restored(form, true);
}

/// Shows in the form that the text is a restored draft, and the button that discards it.
fn say_restored(form: &HtmlFormElement, on: bool) {
    let _ = form.class_list().toggle_with_force("restored", on);
    if let Ok(Some(note)) = form.query_selector(".kept") {
        let _ = note.toggle_attribute_with_force("hidden", !on);
    }
}

/// Returns true if the page shows the text because it was refused.
fn refused(form: &Element) -> bool {
    form.query_selector(".field-error").is_ok_and(|error| error.is_some())
}

fn area(form: &Element) -> Option<HtmlTextAreaElement> {
    form.query_selector("textarea").ok()??.dyn_into().ok()
}

/// Returns the text that the page was rendered with.
fn came_with(area: &HtmlTextAreaElement) -> String {
    area.default_value().unwrap_or_default()
}

fn storage() -> Option<Storage> {
    dom::window().local_storage().ok()?
}

/// Returns the prefix of all draft keys of the signed-in user. A user who is about to sign out has none.
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
