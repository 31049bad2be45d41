//! Random texts: no visible character is lost, and no invisible one gets through.

use super::super::{html, plain};
use crate::base::{seeded_rng::SeededRng, text};

/// Markup characters: they may be missing on the page.
const MARKS: &str = "*_`[]()>#-\\.";

#[rustfmt::skip]
const PARTS: &[&str] = &[
    "*", "**", "_", "__", "`", "```", "```rust\n", "[", "]", "(", ")", "](", "![", "[x]: y", "[Ada]: yes", "[a]: <b> \"c\"",
    "> ", ">", "- ", "* ", "+ ", "1. ", "7) ", "2026. ", "007. ", "#", "# ", "## ", "---", "***", "===", "\n", "\n\n", "    ",
    "\t", " ", " ", " ", "\\", "&#8238;", "&#1;", "&#x200b;", "&lt;", "&amp", "&zwj;", "<b>", "<!--", "-->", "<?", "<![CDATA[",
    "@ada", "@", "#tag", "＃タグ", "ключ", "word", "Two", "5*3=15", "a_b_c", "¯\\_(ツ)_/¯", "हिन्दी", "தமிழ்", "ค่า", "日本語", "한국어",
    "שלום", "العربية", "نمی\u{200c}خواهم", "👩\u{200d}💻", "🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}", "e\u{301}",
    "，", "。", "”", "“", "…", "—", "~~~", "|", "^", "$", "%", "www.example.org", "[p](www.e.example)", "\"t\"", "'",
];
#[rustfmt::skip]
const INVISIBLE: &[&str] = &[
    "\u{0}", "\u{1}", "\u{7f}", "\u{85}", "\u{ad}", "\u{34f}", "\u{61c}", "\u{115f}", "\u{17b4}", "\u{180e}", "\u{200b}",
    "\u{200c}", "\u{200d}", "\u{200e}", "\u{200f}", "\u{2028}", "\u{202a}", "\u{202e}", "\u{2060}", "\u{2066}", "\u{206f}",
    "\u{3164}", "\u{fdd0}", "\u{fe00}", "\u{fe0f}", "\u{feff}", "\u{ffa0}", "\u{fff9}", "\u{1d173}", "\u{e0001}", "\u{e0067}",
    "\u{e007f}", "\u{e0100}", "\u{ffffe}", "\u{13430}", "&#8238;", "&#x202e;", "&#8203;", "&#1;", "&rlm;", "&ZeroWidthSpace;",
];

fn random(rng: &mut SeededRng, parts: &[&[&str]]) -> String {
    let count = 1 + rng.below(20);
    let mut text = String::new();
    for _ in 0..count {
        let from = parts[rng.below(parts.len() as u64) as usize];
        text.push_str(from[rng.below(from.len() as u64) as usize]);
        // Any character, now and then.
        if rng.below(8) == 0 {
            text.extend(char::from_u32(rng.below(0x11_0000) as u32));
        }
    }
    text
}

/// Returns the text of HTML as a reader sees it, with the numbers of lists, and after each link its address.
fn seen(html: &str) -> String {
    let (mut seen, mut numbers, mut href) = (String::new(), Vec::new(), String::new());
    for part in html.split('<') {
        let (element, text) = part.split_once('>').unwrap_or(("", part));
        let attribute = |name: &str| Some(element.split_once(name)?.1.split('"').nth(1)?.to_owned());
        let number = |name| attribute(name).and_then(|value| value.parse::<u32>().ok());
        match element.split(' ').next() {
            Some("ol" | "ul") => numbers.push(number("start").unwrap_or(1)),
            Some("/ol" | "/ul") => drop(numbers.pop()),
            Some("li") => {
                let this = number("value").or(numbers.pop()).unwrap_or(1);
                seen.push_str(&format!(" {this} "));
                numbers.push(this + 1);
            }
            Some("a") => href = attribute("href").unwrap_or_default(),
            Some("/a") => seen.push_str(&percent_encoding::percent_decode_str(&href).decode_utf8_lossy()),
            _ => {}
        }
        seen.push_str(text);
    }
    seen.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&nbsp;", "\u{a0}")
        .replace("&amp;", "&")
}

fn folded(text: &str) -> impl Iterator<Item = char> {
    text.chars().flat_map(char::to_lowercase).filter(|c| !c.is_whitespace() && !MARKS.contains(*c))
}

/// Returns the first of the characters of `typed` that are not in `seen`, in this order.
fn lost(typed: &str, seen: &str) -> Option<char> {
    let mut seen = folded(seen);
    folded(&text::visible(typed)).find(|c| !seen.any(|s| s == *c))
}

#[test]
fn shows_every_visible_character_typed() {
    let mut rng = SeededRng::of("lossless");
    for _ in 0..12_000 {
        let typed = random(&mut rng, &[PARTS]);
        let html = html(&typed);
        // A host in another script is shown in DNS form.
        if !html.contains("xn--") {
            assert_eq!(lost(&typed, &seen(&html)), None, "{typed:?}\n{html}");
        }
        if text::has_ink(&text::visible(&typed)) {
            assert!(text::has_ink(&seen(&html)) && text::has_ink(&plain(&typed)), "{typed:?}\n{html}");
        }
    }
}

#[test]
fn removes_invisible_characters_from_output() {
    let mut rng = SeededRng::of("invisible");
    for _ in 0..12_000 {
        let typed = random(&mut rng, &[PARTS, INVISIBLE, INVISIBLE]);
        for shown in [html(&typed), plain(&typed), text::clean_line(&typed), text::clean_lines(&typed)] {
            assert_eq!(text::visible(&shown), shown, "{typed:?}");
            let tricks = ['\u{202e}', '\u{200b}', '\u{2066}', '\u{feff}', '\u{34f}', '\u{1}', '\u{0}', '\u{2028}'];
            assert!(!shown.contains(tricks), "{typed:?}");
        }
        let once = text::clean_line(&typed);
        assert_eq!(text::clean_line(&once), once, "{typed:?}");
    }
}
