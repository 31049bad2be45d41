//! The mail with a digest. Users' texts are plain text in it: none of them may become a link in our mails.

use super::{DigestItem, NotificationKind, Rhythm};
use crate::{
    base::{random::Token, text},
    config::Origin,
    mailer::{MailTemplate, Message},
};

/// The most characters of a user's text.
const EXCERPT: usize = 140;

/// The digest of unread notifications, with an unsubscribe link. `more` did not fit in.
pub(crate) fn digest_mail(
    origin: &Origin,
    (rhythm, told, more): (Rhythm, &[DigestItem], usize),
    token: &Token,
) -> Message {
    let unsubscribe_url = origin.url(&format!("/unsubscribe?token={}", token.text()));
    let items = lines(told, more);
    let mut message = MailTemplate {
        subject: subject(told, more),
        greeting: "While you were away",
        lines: &items.iter().map(String::as_str).collect::<Vec<_>>(),
        code: None,
        button: Some(("See it on Kith", origin.url("/notifications"))),
        footer: footer(rhythm),
    }
    .write_with(
        origin,
        &[
            ("Choose what is mailed", origin.url("/settings/notifications")),
            ("Stop these mails", unsubscribe_url.clone()),
        ],
    );
    message.unsubscribe = Some(unsubscribe_url);
    message
}

fn subject(told: &[DigestItem], more: usize) -> String {
    match told {
        [one] if more == 0 => format!("{} on Kith", sentence(one)),
        _ => format!("{} things wait for you on Kith", told.len() + more),
    }
}

/// Returns a line for each, and one for those that did not fit in.
fn lines(told: &[DigestItem], more: usize) -> Vec<String> {
    let mut lines: Vec<String> = told.iter().map(line).collect();
    match more {
        0 => {}
        1 => lines.push("And one more.".to_owned()),
        more => lines.push(format!("And {more} more.")),
    }
    lines
}

fn footer(rhythm: Rhythm) -> &'static str {
    match rhythm {
        Rhythm::Weekly => "You get this at most once a week, and only when something waits unread.",
        Rhythm::Daily | Rhythm::Off => "You get this at most once a day, and only when something waits unread.",
    }
}

fn line(told: &DigestItem) -> String {
    let words = plain(&told.excerpt, EXCERPT);
    if words.is_empty() { format!("{}.", sentence(told)) } else { format!("{}: “{words}”", sentence(told)) }
}

fn sentence(told: &DigestItem) -> String {
    let name = Some(plain(told.who.name(), 30)).filter(|name| !name.is_empty());
    let name = name.unwrap_or_else(|| told.who.username.clone());
    let others = match told.count {
        ..2 => String::new(),
        2 => " and one other".to_owned(),
        count => format!(" and {} others", count - 1),
    };
    match told.kind {
        NotificationKind::Reply => format!("{name} replied to you"),
        NotificationKind::Mention => format!("{name} mentioned you"),
        NotificationKind::Follow => format!("{name} follows you"),
        NotificationKind::Like => format!("{name}{others} liked your post"),
    }
}

/// Returns the text on one line, shortened, without anything a mail program would turn into a link.
fn plain(words: &str, most: usize) -> String {
    let line = text::clean_line(words);
    let words: Vec<String> = line.split(' ').map(unlinked).collect();
    text::excerpt(&words.join(" "), most)
}

/// A dot between two characters of a word, as a mail program interprets it.
#[derive(PartialEq, Eq)]
enum Dot {
    /// Part of a number, a date, an abbreviation.
    Plain,
    /// Between two words with a missing space. With the space no program takes them for a domain.
    Unspaced,
    /// Part of a domain.
    Domain,
}

/// Returns the word without a link in it: an address and anything that looks like a domain becomes `[link]`.
fn unlinked(word: &str) -> String {
    let dots: Vec<(usize, Dot)> = word
        .match_indices(['.', '。', '．', '｡'])
        .map(|(at, dot)| (at + dot.len(), dot_between(&word[..at], dot, &word[at + dot.len()..])))
        .collect();
    let is_address = word.contains("://") || begins_with_www(word);
    if is_address || dots.iter().any(|(_, dot)| *dot == Dot::Domain) {
        return "[link]".to_owned();
    }
    let mut separated = word.to_owned();
    for (at, _) in dots.iter().rev().filter(|(_, dot)| *dot == Dot::Unspaced) {
        separated.insert(*at, ' ');
    }
    separated
}

/// Returns true for `www.` before a letter or digit, at the start of a label.
fn begins_with_www(word: &str) -> bool {
    let small = word.to_lowercase();
    small.match_indices("www.").any(|(at, www)| {
        !small[..at].ends_with(char::is_alphanumeric) && small[at + www.len()..].starts_with(char::is_alphanumeric)
    })
}

/// Classifies a dot. No top-level domain has a digit or fewer than two letters. `Dr.Smith` has a capital where a
/// sentence or name starts; letters without case may start one, too, and so may any word after a number (`5.oktober`).
fn dot_between(before: &str, dot: &str, after: &str) -> Dot {
    let label: String = after.chars().take_while(|c| c.is_alphanumeric() || *c == '-').collect();
    let is_international = label.starts_with("xn--");
    let is_ascii = before.ends_with(|c: char| c.is_ascii()) && label.is_ascii();
    if !before.ends_with(char::is_alphanumeric) || label.chars().nth(1).is_none() || dot != "." && !is_ascii {
        return Dot::Plain;
    }
    if label.contains(|c: char| c.is_numeric()) && !is_international {
        return Dot::Plain;
    }
    let word: String = before.chars().rev().take_while(|c| c.is_alphanumeric()).collect();
    let mut letters = label.chars().filter(|c| c.is_alphanumeric());
    let has_case = label.chars().any(|c| c.is_uppercase() || c.is_lowercase());
    let is_title = letters.next().is_some_and(char::is_uppercase) && letters.next().is_some_and(char::is_lowercase);
    let is_number = word.chars().all(char::is_numeric);
    let begins_word = is_title || is_number || !has_case;
    if begins_word && !is_international { Dot::Unspaced } else { Dot::Domain }
}

/// A sample of each, for tests.
#[cfg(feature = "dev")]
pub(crate) fn sample() -> Vec<DigestItem> {
    use crate::{base::id::UserId, identity::users::UserSummary};

    let who =
        UserSummary { id: UserId(1), username: "ada".to_owned(), display_name: "Ada <b>".to_owned(), avatar: None };
    let told = |kind, count, excerpt: &str| DigestItem {
        kind,
        who: who.clone(),
        count,
        post: Some(1),
        excerpt: excerpt.into(),
    };
    vec![
        told(NotificationKind::Reply, 1, "Come & see https://evil.example/x\nnow"),
        told(NotificationKind::Mention, 1, "With <script>alert(1)</script>"),
        told(NotificationKind::Follow, 1, ""),
        told(NotificationKind::Like, 5, "evil.example and www.evil.example"),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replaces_links_in_quoted_text() {
        assert_eq!(
            plain("see https://evil.example, www.evil.example or evil.example/x", 200),
            "see [link] [link] or [link]"
        );
        assert_eq!(plain("me@evil.example", 200), "[link]");
        assert_eq!(plain("It is 3.5 km. So, e.g. walk... @alan", 200), "It is 3.5 km. So, e.g. walk... @alan");
        assert_eq!(plain(&"word ".repeat(50), 12), "word word wo…");
        for link in ["EVIL.EXAMPLE", "Evil.cOm", "evil.example:80", "(evil.example)", "evil.xn--p1ai", "evil。example"]
        {
            assert_eq!(plain(link, 200), "[link]", "{link}");
        }
    }

    #[test]
    fn numbers_dates_and_titles_are_not_treated_as_links() {
        for text in [
            "19.99",
            "24.12.2026",
            "v1.2.3-rc1",
            "3.5kg",
            "10.000,00",
            "U.S.A.",
            "z.B.",
            "@alan.",
            "です。次の文",
            "a...b",
        ] {
            assert_eq!(plain(text, 200), text);
        }
        for (text, separated) in [
            ("Dr.Smith", "Dr. Smith"),
            ("Dr.McCoy", "Dr. McCoy"),
            ("Fr.Müller-Schmidt", "Fr. Müller-Schmidt"),
            ("ดร.สมชาย", "ดร. สมชาย"),
            ("د.أحمد", "د. أحمد"),
            ("डॉ.शर्मा", "डॉ. शर्मा"),
            ("합니다.그리고", "합니다. 그리고"),
            ("例え.テスト", "例え. テスト"),
            ("17.mai", "17. mai"),
            ("5.oktober", "5. oktober"),
            ("Awww... so cute", "Awww... so cute"),
        ] {
            assert_eq!(plain(text, 200), separated);
        }
        assert_eq!(plain("It is done.Then we go. Evil.Com", 200), "It is done. Then we go. Evil. Com");
        assert_eq!(plain("👩\u{200d}👩\u{200d}👧👩\u{200d}👩\u{200d}👧", 1), "👩\u{200d}👩\u{200d}👧…");
    }

    #[test]
    fn subject_names_one_notification_and_counts_many() {
        let told = sample();
        assert_eq!(subject(&told[..1], 0), "Ada <b> replied to you on Kith");
        assert_eq!(subject(&told, 3), "7 things wait for you on Kith");
        assert_eq!(lines(&told, 1).len(), 5);
        assert!(line(&told[3]).starts_with("Ada <b> and 4 others liked your post: “[link] and [link]”"));
    }
}
