//! A sample of each mail, for tests.

use super::*;

/// Returns every mail as a user gets it.
pub fn each(origin: &Origin) -> Vec<Message> {
    let token = Token::new();
    vec![
        sign_up_code(origin, "042137", false),
        have_account(origin),
        sign_in_code(origin, "042137", true),
        elevate_code(origin, "042137"),
        arrival_code(origin, "042137", "GitHub", true),
        link_code(origin, "042137", "GitHub", true),
        identity_linked(origin, "GitHub", "mona<b>"),
        identity_unlinked(origin, "GitHub", "mona"),
        new_email_code(origin, "042137"),
        address_in_use(origin),
        no_account(origin, true),
        reset_link(origin, &token, true),
        password_changed(origin),
        password_removed(origin),
        email_changed(origin, "new&improved@kith.example", &token),
        email_back(origin, "old&proved@kith.example"),
        email_restored(origin),
        new_browser(origin, ("Firefox 144 on <Linux>", "2001:db8::1"), &token),
        digest(origin, (Rhythm::Daily, &digest::sample(), 2), &token),
        notices(origin, &["One".to_owned(), "Two".to_owned(), "One".to_owned()]),
        account_deleted(origin),
        test(origin),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORIGIN: &str = "https://kith.example";

    #[test]
    fn each_is_every_mail_there_is() {
        let files = [include_str!("../messages.rs"), include_str!("address.rs")];
        let written: usize = files.iter().map(|file| file.matches("\npub fn ").count()).sum();
        assert_eq!(each(&ORIGIN.parse().unwrap()).len(), written);
    }

    #[test]
    fn both_forms_say_the_same() {
        for mail in each(&ORIGIN.parse().unwrap()) {
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
    fn links_go_only_to_us_and_nothing_is_fetched_from_anywhere() {
        for mail in each(&ORIGIN.parse().unwrap()) {
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
