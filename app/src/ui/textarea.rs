//! The one text area. Leptos 0.8.23 does not escape a `<textarea>`'s child on the server (and `prop:value` writes
//! nothing), so the text is inserted as markup that is escaped here: the only such place except for posts' own HTML.

use leptos::prelude::*;
use server::base::error::Invalid;

use super::form::{described_by, frame};

/// A labelled text area: see [`TextArea`] for what can be set.
pub fn textarea(name: &'static str, label: &'static str) -> TextArea {
    TextArea::new(name, label)
}

/// A labelled text area.
#[derive(Clone, Debug)]
pub struct TextArea {
    name: &'static str,
    label: &'static str,
    value: String,
    rows: u8,
    hint: Option<String>,
    error: Option<String>,
    placeholder: Option<&'static str>,
    /// The label is only for screen readers: sighted users can see that this is a text field.
    bare: bool,
    required: bool,
    autofocus: bool,
}

impl TextArea {
    /// Creates a text area called `name`, with `label` above it. Its `id` is its name.
    pub fn new(name: &'static str, label: &'static str) -> Self {
        Self {
            name,
            label,
            value: String::new(),
            rows: 3,
            hint: None,
            error: None,
            placeholder: None,
            bare: false,
            required: false,
            autofocus: false,
        }
    }

    /// Sets the text it holds already.
    pub fn value(mut self, value: &str) -> Self {
        value.clone_into(&mut self.value);
        self
    }

    /// Sets the number of lines it shows before it grows.
    pub fn rows(mut self, rows: u8) -> Self {
        self.rows = rows;
        self
    }

    /// Sets one quiet sentence below it.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Sets the text it shows while it is empty.
    pub fn placeholder(mut self, text: &'static str) -> Self {
        self.placeholder = Some(text);
        self
    }

    /// Removes the frame and the visible label: screen readers still read the label.
    pub fn bare(mut self) -> Self {
        self.bare = true;
        self
    }

    /// Requires a text.
    pub fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// Gives it the focus when the page opens.
    pub fn autofocus(mut self) -> Self {
        self.autofocus = true;
        self
    }

    /// Takes the message of this field from the errors of the form.
    pub fn errors(mut self, invalid: &Invalid) -> Self {
        self.error = invalid.get(self.name).map(str::to_owned);
        self
    }

    /// The text area as markup.
    pub fn view(self) -> impl IntoView + use<> {
        let described = described_by(self.name, self.hint.is_some(), self.error.is_some());
        let invalid = self.error.is_some().then_some("true");
        let area = view! {
            <textarea
                id=self.name
                name=self.name
                rows=self.rows.to_string()
                placeholder=self.placeholder
                required=self.required
                autofocus=self.autofocus
                dir="auto"
                aria-label=self.bare.then_some(self.label)
                aria-invalid=invalid
                aria-describedby=described
                inner_html=content(&self.value)
            ></textarea>
        };
        if self.bare {
            let name = self.name;
            let error = self.error.map(|text| view! { <p class="field-error" id=format!("{name}-error")>{text}</p> });
            (area, error).into_any()
        } else {
            frame(self.name, self.label, area.into_any(), self.hint, self.error).into_any()
        }
    }
}

/// Returns the text as the content of a text area: nothing in it can close the element, and because HTML drops the
/// first line break inside a `<textarea>` (HTML § 13.2.6.4.7), a line break at the start of the text is doubled.
fn content(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 8 + 1);
    if text.starts_with(['\n', '\r']) {
        out.push('\n');
    }
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::{render, xss};

    #[test]
    fn escapes_text_area_content() {
        for attack in xss::CORPUS {
            let html = render(|| TextArea::new("body", "Write").value(attack).view());
            xss::assert_harmless(&html);
            assert_eq!(html.matches("</textarea").count(), 1, "{attack}");
        }
    }

    #[test]
    fn preserves_a_leading_line_break() {
        assert_eq!(content("\nhello"), "\n\nhello");
        assert_eq!(content("hello\n"), "hello\n");
    }
}
