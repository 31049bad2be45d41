//! The layout of a mail: the same in plain text, and in HTML that loads nothing from outside and follows the reader's
//! choice of light or dark.

use super::Message;
use crate::config::Origin;

/// The parts of a mail.
pub(crate) struct MailTemplate<'a> {
    pub subject: String,
    pub greeting: &'a str,
    pub lines: &'a [&'a str],
    pub code: Option<&'a str>,
    pub button: Option<(&'a str, String)>,
    pub footer: &'a str,
}

impl MailTemplate<'_> {
    /// Builds the message in both forms.
    pub(crate) fn write(&self, origin: &Origin) -> Message {
        self.write_with(origin, &[])
    }

    /// Like [`MailTemplate::write`], with small links below everything.
    pub(crate) fn write_with(&self, origin: &Origin, links: &[(&str, String)]) -> Message {
        Message {
            subject: self.subject.clone(),
            text: self.text(origin, links),
            html: self.html(origin, links),
            unsubscribe: None,
        }
    }

    fn text(&self, origin: &Origin, links: &[(&str, String)]) -> String {
        let mut parts = vec![self.greeting.to_owned()];
        parts.extend(self.lines.iter().map(|line| (*line).to_owned()));
        parts.extend(self.code.map(|code| format!("    {code}")));
        parts.extend(self.button.as_ref().map(|(label, url)| format!("{label}: {url}")));
        parts.push(self.footer.to_owned());
        parts.extend(links.iter().map(|(label, url)| format!("{label}: {url}")));
        parts.push(format!("-- \nKith · {origin}"));
        parts.join("\n\n") + "\n"
    }

    fn html(&self, origin: &Origin, links: &[(&str, String)]) -> String {
        let lines: String =
            self.lines.iter().map(|line| format!("<p style=\"margin:0 0 16px\">{}</p>", escape(line))).collect();
        let code = self.code.map_or_else(String::new, |code| {
            format!(
                "<p style=\"margin:0 0 16px;font:600 32px/1.2 ui-monospace,monospace;letter-spacing:6px\">{}</p>",
                escape(code)
            )
        });
        let button = self.button.as_ref().map_or_else(String::new, |(label, url)| {
            format!(
                "<p style=\"margin:0 0 16px\"><a href=\"{}\" style=\"display:inline-block;padding:12px 20px;border-radius:10px;background:#a8431f;color:#ffffff;text-decoration:none;font-weight:600\">{}</a></p>",
                escape(url),
                escape(label)
            )
        });
        let links: String = links
            .iter()
            .map(|(label, url)| format!("<p style=\"margin:8px 0 0;font-size:14px\"><a href=\"{}\" style=\"color:inherit;opacity:.75\">{}</a></p>", escape(url), escape(label)))
            .collect();
        format!(
            "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"color-scheme\" content=\"light dark\"><meta name=\"supported-color-schemes\" content=\"light dark\"><title>{title}</title></head><body style=\"margin:0;padding:24px;font:16px/1.5 system-ui,sans-serif\"><div style=\"max-width:480px;margin:0 auto\"><h1 style=\"margin:0 0 16px;font-size:22px\">{greeting}</h1>{lines}{code}{button}<p style=\"margin:24px 0 0;font-size:14px;opacity:.75\">{footer}</p>{links}<p style=\"margin:8px 0 0;font-size:14px;opacity:.75\">Kith · {origin}</p></div></body></html>",
            title = escape(&self.subject),
            greeting = escape(self.greeting),
            footer = escape(self.footer),
        )
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
