//! Writing: counted as one types, sent without leaving the page, and never lost.

use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;
use web_sys::{Element, Event, HtmlFormElement, HtmlTextAreaElement, KeyboardEvent};

use super::dom;
use crate::{
    count,
    posts::{BODY_MAX, create_post},
};

const FORM: &str = "form.composer";

/// Listens to every composer on the page.
pub fn start() {
    let document = dom::document();
    dom::prepare_to_say();
    dom::on(&document, "input", |event| {
        if let Some(form) = form_of(&event) {
            measure(&form);
        }
    });
    dom::on(&document, "keydown", |event| {
        let sends = event
            .dyn_ref::<KeyboardEvent>()
            .is_some_and(|e| e.key() == "Enter" && (e.ctrl_key() || e.meta_key()) && !e.is_composing());
        if let Some(form) = form_of(&event).filter(|_| sends) {
            let _ = form.request_submit();
        }
    });
    dom::on(&document, "submit", |event| {
        if let Some(form) = form_of(&event) {
            event.prevent_default();
            if !dom::is_busy(&form) {
                spawn_local(send(form));
            }
        }
    });
    if let Some(form) = dom::find(FORM) {
        measure(form.unchecked_ref());
    }
}

fn form_of(event: &Event) -> Option<HtmlFormElement> {
    dom::closest(event, FORM)?.dyn_into().ok()
}

fn part<T: JsCast>(form: &Element, selector: &str) -> Option<T> {
    form.query_selector(selector).ok()??.dyn_into().ok()
}

/// Shows how much is written, and returns it. Characters are Unicode scalar values, as on the server.
fn measure(form: &HtmlFormElement) -> Option<(HtmlTextAreaElement, usize)> {
    let area: HtmlTextAreaElement = part(form, "textarea")?;
    let n = area.value().trim().chars().count();
    let output: Element = part(form, "output")?;
    let figure = if n == 0 { String::new() } else { format!("{} / 1,000", count::short(n as i64)) };
    output.set_text_content(Some(&figure));
    output.set_class_name(if n > BODY_MAX { "over" } else { "" });
    status(form, "");
    Some((area, n))
}

fn status(form: &Element, words: &str) {
    if let Some(line) = part::<Element>(form, "[role=status]") {
        line.set_text_content(Some(words));
    }
}

async fn send(form: HtmlFormElement) {
    let Some((area, n)) = measure(&form) else { return };
    match n {
        0 => return status(&form, "Write something first."),
        n if n > BODY_MAX => return status(&form, &too_long(n - BODY_MAX)),
        _ => {}
    }
    let action = form.get_attribute("action").unwrap_or_default();
    let parent: Option<i64> = action.split('/').nth(2).and_then(|id| id.parse().ok());
    let button: Option<Element> = part(&form, "button");
    dom::busy(&form, true);
    if let Some(button) = &button {
        dom::busy(button, true);
    }
    let sent = area.value();
    let answer = create_post(sent.clone(), parent).await;
    dom::busy(&form, false);
    if let Some(button) = &button {
        dom::busy(button, false);
    }
    match answer {
        Ok(card) => {
            // What was typed meanwhile is not taken away.
            if area.value() == sent {
                area.set_value("");
                measure(&form);
            }
            show(&card, parent.is_some());
        }
        Err(error) => status(&form, error.words()),
    }
}

fn too_long(over: usize) -> String {
    format!("That is {over} character{} too long.", if over == 1 { "" } else { "s" })
}

/// The post that was answered counts it, as long as its figure is exact.
fn one_more_reply() {
    let Some(figure) = dom::find(".focal .replies") else { return };
    let text = figure.text_content().unwrap_or_default();
    let before = if text.trim().is_empty() { Ok(0) } else { text.trim().replace(',', "").parse::<i64>() };
    if let Ok(n) = before {
        figure.set_text_content(Some(&count::short(n + 1)));
        let _ = figure.set_attribute("aria-label", &count::of(n + 1, "reply", "replies"));
    }
}

/// Puts the new card where it belongs: on top of a feed, at the end of the replies. A page without that list is left
/// for one that has it.
fn show(card: &str, reply: bool) {
    let list = dom::find(if reply { "[aria-label=Replies] .posts" } else { "[aria-label=Posts] .posts" });
    let done = match list.filter(|_| !card.is_empty()) {
        Some(list) if reply => match part::<Element>(&list, ".pager") {
            Some(pager) => pager.insert_adjacent_html("beforebegin", card).is_ok(),
            None => list.insert_adjacent_html("beforeend", card).is_ok(),
        },
        Some(list) => match part::<Element>(&list, ".post") {
            Some(first) => first.insert_adjacent_html("beforebegin", card).is_ok(),
            None => false,
        },
        None => false,
    };
    let location = dom::window().location();
    if done && reply {
        one_more_reply();
    }
    if done {
        dom::say(if reply { "Your reply is there." } else { "Your post is there." });
    } else if reply {
        let _ = location.reload();
    } else {
        let _ = location.assign("/");
    }
}
