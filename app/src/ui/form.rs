//! The controls of forms. Every control has a label, its own message beside it and the right `autocomplete`; none
//! depends on script. All of them take and return owned values, so that a view outlives its source.

use leptos::{prelude::*, tachys::view::any_view::AnyView};
use server::base::error::Invalid;

/// A labelled one-line input.
///
/// ```ignore
/// Field::new("email", "E-mail").kind("email").autocomplete("email").value(&typed).required().errors(&invalid).view()
/// ```
#[derive(Clone, Debug, Default)]
pub struct Field {
    name: &'static str,
    label: &'static str,
    kind: Option<&'static str>,
    value: Option<String>,
    hint: Option<String>,
    error: Option<String>,
    prefix: Option<&'static str>,
    autocomplete: Option<&'static str>,
    autocapitalize: Option<&'static str>,
    inputmode: Option<&'static str>,
    pattern: Option<&'static str>,
    accept: Option<&'static str>,
    placeholder: Option<&'static str>,
    maxlength: Option<usize>,
    minlength: Option<usize>,
    spellcheck: Option<&'static str>,
    required: bool,
    autofocus: bool,
}

impl Field {
    /// Creates a text field called `name`, with `label` above it. Its `id` is its name.
    pub fn new(name: &'static str, label: &'static str) -> Self {
        Self { name, label, ..Self::default() }
    }

    /// Sets the `type` of the input: `email`, `password`, `text` …
    pub fn kind(mut self, kind: &'static str) -> Self {
        self.kind = Some(kind);
        self
    }

    /// Sets the value it holds already. Never give a password back.
    pub fn value(mut self, value: &str) -> Self {
        self.value = Some(value.to_owned()).filter(|v| !v.is_empty());
        self
    }

    /// Sets the kind of value that the browser or the password manager may fill in.
    pub fn autocomplete(mut self, what: &'static str) -> Self {
        self.autocomplete = Some(what);
        self
    }

    /// Sets one quiet sentence below the input.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Sets the keyboard that a phone shows.
    pub fn inputmode(mut self, mode: &'static str) -> Self {
        self.inputmode = Some(mode);
        self
    }

    /// Sets the most UTF-16 units the browser accepts. The server counts for itself.
    pub fn maxlength(mut self, most: usize) -> Self {
        self.maxlength = Some(most);
        self
    }

    /// Sets the fewest UTF-16 units the browser accepts.
    pub fn minlength(mut self, least: usize) -> Self {
        self.minlength = Some(least);
        self
    }

    /// Sets a regular expression that the browser checks (its `v` flavour: escape `-` in classes).
    pub fn pattern(mut self, pattern: &'static str) -> Self {
        self.pattern = Some(pattern);
        self
    }

    /// Sets the kinds of file that the browser offers. The server checks for itself.
    pub fn accept(mut self, kinds: &'static str) -> Self {
        self.accept = Some(kinds);
        self
    }

    /// Sets an example, never a replacement for the label.
    pub fn placeholder(mut self, example: &'static str) -> Self {
        self.placeholder = Some(example);
        self
    }

    /// Requires a value.
    pub fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// Gives it the focus when the page opens, unless an error summary takes it.
    pub fn autofocus(mut self) -> Self {
        self.autofocus = true;
        self
    }

    /// Sets whether the browser checks spelling.
    pub fn spellcheck(mut self, on: bool) -> Self {
        self.spellcheck = Some(if on { "true" } else { "false" });
        self
    }

    /// Sets the letters that a phone's keyboard capitalises: `none`, `words` …
    pub fn autocapitalize(mut self, which: &'static str) -> Self {
        self.autocapitalize = Some(which);
        self
    }

    /// Sets a short text before the value that is not part of it, such as `@`.
    pub fn prefix(mut self, prefix: &'static str) -> Self {
        self.prefix = Some(prefix);
        self
    }

    /// Takes the message of this field from the errors of the form.
    pub fn errors(mut self, invalid: &Invalid) -> Self {
        self.error = invalid.get(self.name).map(str::to_owned);
        self
    }

    /// The field as markup.
    pub fn view(self) -> impl IntoView + use<> {
        let described = described_by(self.name, self.hint.is_some(), self.error.is_some());
        let invalid = self.error.is_some().then_some("true");
        // Addresses, usernames and passwords are written from left to right.
        let is_text = self.kind.is_none_or(|kind| kind == "text") && self.prefix.is_none();
        let input = view! {
            <input
                id=self.name
                name=self.name
                type=self.kind.unwrap_or("text")
                value=self.value
                dir=is_text.then_some("auto")
                autocomplete=self.autocomplete
                autocapitalize=self.autocapitalize
                inputmode=self.inputmode
                pattern=self.pattern
                accept=self.accept
                placeholder=self.placeholder
                maxlength=self.maxlength.map(|n| n.to_string())
                minlength=self.minlength.map(|n| n.to_string())
                spellcheck=self.spellcheck
                required=self.required
                autofocus=self.autofocus && self.error.is_none()
                aria-invalid=invalid
                aria-describedby=described
            />
        };
        let input = match self.prefix {
            Some(prefix) => {
                view! { <span class="affix"><span aria-hidden="true">{prefix}</span>{input}</span> }.into_any()
            }
            None => input.into_any(),
        };
        frame(self.name, self.label, input, self.hint, self.error)
    }
}

/// The label, hint and message around a control.
pub(super) fn frame(
    name: &'static str,
    label: &'static str,
    control: AnyView,
    hint: Option<String>,
    error: Option<String>,
) -> impl IntoView + use<> {
    view! {
        <div class="field">
            <label for=name>{label}</label>
            {control}
            {error.map(|text| view! { <p class="field-error" id=format!("{name}-error")>{text}</p> })}
            {hint.map(|text| view! { <p class="field-hint" id=format!("{name}-hint")>{text}</p> })}
        </div>
    }
}

/// The ids that describe a control: its message first, then its hint.
pub(super) fn described_by(name: &str, hint: bool, error: bool) -> Option<String> {
    match (error, hint) {
        (true, true) => Some(format!("{name}-error {name}-hint")),
        (true, false) => Some(format!("{name}-error")),
        (false, true) => Some(format!("{name}-hint")),
        (false, false) => None,
    }
}

/// A checkbox; it sends `true`, and nothing if it is not ticked.
pub fn checkbox(name: &'static str, label: &'static str, checked: bool) -> impl IntoView + use<> {
    view! {
        <label class="check">
            <input type="checkbox" name=name value="true" checked=checked />
            <span>{label}</span>
        </label>
    }
}

/// A hidden field.
pub fn hidden(name: &'static str, value: impl Into<String>) -> AnyView {
    let value = value.into();
    view! { <input type="hidden" name=name value=value /> }.into_any()
}

/// The errors of the form, in one place above it; each line is a link to its field. It takes the focus when the page
/// opens. A message with an empty name is about the form as a whole. Nothing if there are no errors.
pub fn error_summary(invalid: &Invalid) -> impl IntoView + use<> {
    let lines: Vec<(String, String)> =
        invalid.iter().map(|(name, text)| (name.to_string(), text.to_string())).collect();
    (!lines.is_empty()).then(|| {
        let lines = lines
            .into_iter()
            .map(|(name, text)| match name.as_str() {
                "" => view! { <p>{text}</p> }.into_any(),
                name => view! { <p><a href=format!("#{name}")>{text}</a></p> }.into_any(),
            })
            .collect_view();
        view! { <div class="summary" role="alert" tabindex="-1" autofocus>{lines}</div> }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::{render, xss};

    #[test]
    fn escapes_submitted_values_in_fields_and_error_summary() {
        for attack in xss::CORPUS {
            let invalid = Invalid::one("name", attack.to_owned());
            let html = render(|| {
                let field = Field::new("name", "Name").value(attack).hint(*attack).prefix("@").errors(&invalid);
                view! { {error_summary(&invalid)}{hidden("next", *attack)}{field.view()} }
            });
            xss::assert_harmless(&html);
        }
    }

    #[test]
    fn field_errors_are_linked_to_their_field_and_summarised() {
        let invalid = Invalid::one("email", "That is no address.");
        let html = render(|| {
            let field = Field::new("email", "E-mail").hint("Nobody sees it.").autofocus().errors(&invalid);
            view! { {error_summary(&invalid)}{field.view()} }
        });
        assert!(html.contains("aria-describedby=\"email-error email-hint\"") && html.contains("aria-invalid=\"true\""));
        assert!(html.contains("href=\"#email\"") && html.contains("role=\"alert\""), "{html}");
        assert_eq!(html.matches("autofocus").count(), 1, "the summary has the focus: {html}");
    }

    #[test]
    fn only_free_text_fields_set_automatic_direction() {
        let html = |field: Field| render(|| field.view());
        assert!(html(Field::new("place", "Place")).contains("dir=\"auto\""));
        assert!(!html(Field::new("email", "E-mail").kind("email")).contains("dir="));
        assert!(!html(Field::new("username", "Username").prefix("@")).contains("dir="));
    }

    #[test]
    fn valid_fields_show_no_error_markup() {
        let html = render(|| Field::new("email", "E-mail").errors(&Invalid::default()).view());
        assert!(!html.contains("aria-") && !html.contains("error"), "{html}");
        assert!(!render(|| error_summary(&Invalid::default())).contains("alert"));
    }
}
