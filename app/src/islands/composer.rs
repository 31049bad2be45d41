//! The composer: it counts while the user types, sends without leaving the page, and never loses text.

use js_sys::{JsString, RegExp};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;
use web_sys::{Element, Event, HtmlFormElement, HtmlInputElement, HtmlTextAreaElement, KeyboardEvent};

use super::{dom, drafts};
use crate::{
    count,
    islands::{
        action_error::ActionError,
        api::{BODY_MAX, create_post, edit_post},
    },
};

const FORM: &str = "form.composer";

/// Listens to every composer on the page.
pub fn start() {
    let document = dom::document();
    dom::prepare_to_say();
    dom::on(&document, "input", |event| {
        if let Some(form) = form_of(&event) {
            measure(&form);
            drafts::typed(&form);
        }
    });
    dom::on(&document, "click", |event| {
        if let Some(form) = form_of(&event).filter(|_| dom::closest(&event, ".kept button").is_some()) {
            drafts::discard(&form);
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
    if let Some(form) = dom::find(FORM).and_then(|form| form.dyn_into().ok()) {
        drafts::start(&form);
        measure(&form);
    }
}

fn form_of(event: &Event) -> Option<HtmlFormElement> {
    dom::closest(event, FORM)?.dyn_into().ok()
}

fn part<T: JsCast>(form: &Element, selector: &str) -> Option<T> {
    form.query_selector(selector).ok()??.dyn_into().ok()
}

/// The characters that the server removes in any case (see `server::base::text`): invisible ones, except those that it may
/// keep.
const REMOVED: &str = r"(?![\n\t\u200c\u200d\p{VS}\u{e0020}-\u{e007f}])[\p{Cc}\p{DI}]";

/// Returns the number of characters as the server counts them: Unicode scalar values of the composed form (NFC).
fn length(typed: String) -> usize {
    let composed = JsString::from(typed).normalize("NFC");
    let kept = composed.replace_by_pattern(&RegExp::new(REMOVED, "gu"), "");
    String::from(kept).trim().chars().count()
}

/// Shows the number of characters, and returns it.
fn measure(form: &HtmlFormElement) -> Option<(HtmlTextAreaElement, usize)> {
    let area: HtmlTextAreaElement = part(form, "textarea")?;
    let n = length(area.value());
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
    // The server decides what is too long.
    if n == 0 {
        return status(&form, "Write something first.");
    }
    let action = form.get_attribute("action").unwrap_or_default();
    let post: Option<i64> = action.split('/').nth(2).and_then(|id| id.parse().ok());
    at_work(&form, true);
    let done = match post {
        Some(post) if action.ends_with("/edit") => change(&form, post, area.value()).await,
        parent => create(&form, &area, parent).await,
    };
    at_work(&form, false);
    match done {
        Ok(()) => {}
        // The page that answers the plain form shows the errors, or which user is signed in, and keeps the text.
        Err(ActionError::Invalid | ActionError::OtherUser) => drop(form.submit()),
        Err(error) => status(&form, error.words()),
    }
}

fn at_work(form: &HtmlFormElement, on: bool) {
    dom::busy(form, on);
    if let Some(button) = part::<Element>(form, "[type=submit]") {
        dom::busy(&button, on);
    }
}

async fn create(form: &HtmlFormElement, area: &HtmlTextAreaElement, parent: Option<i64>) -> Result<(), ActionError> {
    let sent = area.value();
    let once: Option<HtmlInputElement> = part(form, "[name=once]");
    // The same key at each try: a post that was saved although its answer was lost is not written twice.
    let card = create_post(dom::for_user(), sent.clone(), parent, once.as_ref().map(HtmlInputElement::value)).await?;
    if let (Some(once), Ok(crypto)) = (once, dom::window().crypto()) {
        once.set_value(&crypto.random_uuid());
    }
    drafts::sent(form);
    // Keeps text that the user typed in the meantime.
    if area.value() == sent {
        area.set_value("");
        measure(form);
    } else {
        drafts::typed(form);
    }
    show(&card, parent.is_some());
    Ok(())
}

async fn change(form: &HtmlFormElement, post: i64, body: String) -> Result<(), ActionError> {
    edit_post(dom::for_user(), post, body).await?;
    drafts::sent(form);
    // The user leaves the page: there is nothing more to keep.
    let _ = form.remove_attribute("action");
    let _ = dom::window().location().assign(&format!("/posts/{post}#p{post}"));
    Ok(())
}

/// Adds one to the reply count of the answered post, as long as the figure is exact.
fn one_more_reply() {
    let Some(figure) = dom::find(".focal .replies") else { return };
    let text = figure.text_content().unwrap_or_default();
    let before = if text.trim().is_empty() { Ok(0) } else { text.trim().replace(',', "").parse::<i64>() };
    if let Ok(n) = before {
        figure.set_text_content(Some(&count::short(n + 1)));
        let _ = figure.set_attribute("aria-label", &count::of(n + 1, "reply", "replies"));
    }
}

/// Puts the new card in its place: on top of a feed, or at the end of the replies. From a page without that list the
/// user is taken to one that has it.
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
        dom::say(if reply { "Reply posted." } else { "Posted." });
    } else if reply {
        let _ = location.reload();
    } else {
        let _ = location.assign("/");
    }
}
