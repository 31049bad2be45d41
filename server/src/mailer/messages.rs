//! What our mails say. Short, plain, and the same in text and HTML; links only to our own origin, no remote content.

use super::Message;
use crate::config::Origin;

/// The code that proves an address at sign-up.
pub fn sign_up_code(origin: &Origin, code: &str) -> Message {
    Letter {
        subject: format!("{code} is your Kith code"),
        greeting: "Welcome to Kith",
        lines: &["Type this code on the page where you signed up. It works for 10 minutes."],
        code: Some(code),
        button: None,
        footer: "If you didn't ask to join, you can ignore this mail: without the code, nothing happens.",
    }
    .write(origin)
}

/// To somebody who signs up with an address that has an account.
pub fn have_account(origin: &Origin) -> Message {
    Letter {
        subject: "You already have a Kith account".to_owned(),
        greeting: "You already have an account",
        lines: &["Somebody, probably you, tried to sign up with this address. There is no need: you can sign in."],
        code: None,
        button: Some(("Sign in", origin.url("/sign-in"))),
        footer: "If it wasn't you, you can ignore this mail: nothing has changed.",
    }
    .write(origin)
}

struct Letter<'a> {
    subject: String,
    greeting: &'a str,
    lines: &'a [&'a str],
    code: Option<&'a str>,
    button: Option<(&'a str, String)>,
    footer: &'a str,
}

impl Letter<'_> {
    fn write(&self, origin: &Origin) -> Message {
        Message { subject: self.subject.clone(), text: self.text(origin), html: self.html(origin) }
    }

    fn text(&self, origin: &Origin) -> String {
        let mut parts = vec![self.greeting.to_owned()];
        parts.extend(self.lines.iter().map(|line| (*line).to_owned()));
        parts.extend(self.code.map(|code| format!("    {code}")));
        parts.extend(self.button.as_ref().map(|(label, url)| format!("{label}: {url}")));
        parts.push(self.footer.to_owned());
        parts.push(format!("-- \nKith · {origin}"));
        parts.join("\n\n") + "\n"
    }

    fn html(&self, origin: &Origin) -> String {
        let lines: String = self.lines.iter().map(|line| format!("<p style=\"margin:0 0 16px\">{}</p>", escape(line))).collect();
        let code = self.code.map_or_else(String::new, |code| {
            format!("<p style=\"margin:0 0 16px;font:600 32px/1.2 ui-monospace,monospace;letter-spacing:6px\">{}</p>", escape(code))
        });
        let button = self.button.as_ref().map_or_else(String::new, |(label, url)| {
            format!(
                "<p style=\"margin:0 0 16px\"><a href=\"{}\" style=\"display:inline-block;padding:12px 20px;border-radius:10px;background:#a8431f;color:#ffffff;text-decoration:none;font-weight:600\">{}</a></p>",
                escape(url),
                escape(label)
            )
        });
        format!(
            "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"color-scheme\" content=\"light dark\"><title>{title}</title></head><body style=\"margin:0;padding:24px;font:16px/1.5 system-ui,sans-serif\"><div style=\"max-width:480px;margin:0 auto\"><h1 style=\"margin:0 0 16px;font-size:22px\">{greeting}</h1>{lines}{code}{button}<p style=\"margin:24px 0 0;font-size:14px;opacity:.75\">{footer}</p><p style=\"margin:8px 0 0;font-size:14px;opacity:.75\">Kith · {origin}</p></div></body></html>",
            title = escape(&self.subject),
            greeting = escape(self.greeting),
            footer = escape(self.footer),
        )
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_stands_in_both_forms_and_links_go_only_to_us() {
        let origin: Origin = "https://kith.example".parse().unwrap();
        let mail = sign_up_code(&origin, "042137");
        assert!(mail.text.contains("042137") && mail.html.contains("042137") && mail.subject.contains("042137"));
        let mail = have_account(&origin);
        assert!(mail.text.contains("https://kith.example/sign-in"));
        for part in mail.html.split("http").skip(1) {
            assert!(part.starts_with("s://kith.example"), "{part}");
        }
    }
}
