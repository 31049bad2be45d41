//! A sample of each mail, for tests.

use crate::{
    base::random::Token,
    config::Origin,
    identity::mails,
    mailer::Message,
    social::notifications::{self, Rhythm},
};

/// Returns every mail as a user gets it.
pub fn mail_samples(origin: &Origin) -> Vec<Message> {
    let token = Token::new();
    vec![
        mails::sign_up_code(origin, "042137", false),
        mails::have_account(origin),
        mails::sign_in_code(origin, "042137", true),
        mails::elevate_code(origin, "042137"),
        mails::oauth_sign_up_code(origin, "042137", "GitHub", true),
        mails::link_code(origin, "042137", "GitHub", true),
        mails::identity_linked(origin, "GitHub", "mona<b>"),
        mails::identity_unlinked(origin, "GitHub", "mona"),
        mails::new_email_code(origin, "042137"),
        mails::address_in_use(origin),
        mails::no_account(origin, true),
        mails::reset_link(origin, &token, true),
        mails::password_changed(origin),
        mails::password_removed(origin),
        mails::email_changed(origin, "new&improved@kith.example", &token),
        mails::email_back(origin, "old&proved@kith.example"),
        mails::email_restored(origin),
        mails::new_browser(origin, ("Firefox 144 on <Linux>", "2001:db8::1"), &token),
        notifications::digest_mail(origin, (Rhythm::Daily, &notifications::digest_sample(), 2), &token),
        mails::notices(origin, &["One".to_owned(), "Two".to_owned(), "One".to_owned()]),
        mails::account_deleted(origin),
        mails::test(origin),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORIGIN: &str = "https://kith.example";

    #[test]
    fn samples_include_every_mail() {
        let files = [include_str!("../identity/mails.rs"), include_str!("../identity/mails/address.rs")];
        let written: usize = files.iter().map(|file| file.matches("\npub fn ").count()).sum();
        // The digest is in a module of its own.
        assert_eq!(mail_samples(&ORIGIN.parse().unwrap()).len(), written + 1);
    }

    #[test]
    fn text_and_html_parts_match() {
        for mail in mail_samples(&ORIGIN.parse().unwrap()) {
            assert!(!mail.subject.is_empty() && mail.subject.len() < 70 && !mail.subject.contains('\n'));
            // The last paragraph is the signature, which needs no dashes in HTML.
            let paragraphs = mail.text.split("\n\n").filter(|part| !part.starts_with("-- "));
            for part in paragraphs {
                let (label, link) = part.split_once(": https://").unwrap_or((part, ""));
                let escaped = |text: &str| text.trim().replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
                assert!(mail.html.contains(&escaped(label)), "{label} is not in the HTML of {}", mail.subject);
                assert!(mail.html.contains(&escaped(link)), "{link} is not in the HTML of {}", mail.subject);
            }
        }
    }

    #[test]
    fn mails_link_only_to_kith_and_load_nothing_remote() {
        for mail in mail_samples(&ORIGIN.parse().unwrap()) {
            for form in [&mail.text, &mail.html] {
                for link in form.split("http").skip(1) {
                    let rest = link.strip_prefix("s://kith.example").expect(link);
                    assert!(rest.starts_with(['/', '<', '\n']), "{link}");
                }
            }
            for remote in ["<img", "<link", "<script", "<style", "<iframe", "src=", "url(", "@import", "background=\""]
            {
                assert!(!mail.html.contains(remote), "{remote} in {}", mail.subject);
            }
            for light_and_dark in ["name=\"color-scheme\" content=\"light dark\"", "name=\"supported-color-schemes\""] {
                assert!(mail.html.contains(light_and_dark));
            }
            assert!(mail.html.starts_with("<!doctype html><html lang=\"en\">") && !mail.html.contains("<Linux>"));
        }
    }
}
