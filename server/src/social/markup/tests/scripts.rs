//! Tags, mentions and addresses in the scripts of the world.

use super::super::{known, tag};
use crate::base::text::visible;

/// Returns the links of a text that knows grace: their addresses and their text.
fn links(text: &str) -> Vec<(String, String)> {
    let html = known(text, |name| name == "grace").html;
    let link = |part: &str| {
        let (href, rest) = part.split_once('"')?;
        let text = rest.split_once('>')?.1.split_once("</a>")?.0;
        Some((href.to_owned(), text.to_owned()))
    };
    html.split("<a href=\"").skip(1).filter_map(link).collect()
}

#[test]
fn tags_cover_the_whole_word_in_every_script() {
    for (typed, folded) in [
        ("#हिन्दी", "हिन्दी"),
        ("#क्षत्रिय", "क्षत्रिय"),
        ("#தமிழ்", "தமிழ்"),
        ("#ค่าน้ำ", "ค่าน้ำ"),
        ("#ភាសាខ្មែរ", "ភាសាខ្មែរ"),
        ("#မြန်မာဘာသာ", "မြန်မာဘာသာ"),
        ("#نمی\u{200c}خواهم", "نمی\u{200c}خواهم"),
        ("#العَرَبِيَّة", "العَرَبِيَّة"),
        ("#中文标签", "中文标签"),
        ("#日本語のタグ", "日本語のタグ"),
        ("＃タグ", "タグ"),
        ("#ハリー・ポッター", "ハリー・ポッター"),
        ("#한국어", "한국어"),
        ("#İSTANBUL", "istanbul"),
        ("#ığdır", "iğdir"),
        ("#ΟΔΟΣ", "οδος"),
        ("#οδός", "οδός"),
        ("#עִבְרִית", "עִבְרִית"),
        ("#צה״ל", "צה״ל"),
        ("#সিলেট", "সিলেট"),
        ("#ಕನ್ನಡ", "ಕನ್ನಡ"),
        ("#සිංහල", "සිංහල"),
        ("#র\u{200d}\u{9cd}যাব", "র\u{200d}\u{9cd}যাব"),
        ("#ರ\u{200d}\u{ccd}ಯಾಂಕ್", "ರ\u{200d}\u{ccd}ಯಾಂಕ್"),
        ("#ක\u{200d}\u{dca}ෂ", "ක\u{200d}\u{dca}ෂ"),
        ("#Việt_Nam", "việt_nam"),
        ("#col·legi", "col·legi"),
        ("#བོད་ཡིག", "བོད་ཡིག"),
    ] {
        for text in [typed.to_owned(), format!("{typed} x"), format!("({typed}), {typed}。"), format!("“{typed}”")]
        {
            let found = known(&text, |_| false).tags;
            assert_eq!(found.into_iter().collect::<Vec<_>>(), [tag(folded).unwrap()], "{text}");
            let folded: Vec<String> = links(&text).into_iter().map(|(_, text)| text).collect();
            assert!(folded.iter().all(|link| *link == visible(typed)), "{text}: {folded:?}");
        }
        assert_eq!(tag(folded), Some(visible(folded)), "{typed}");
    }
}

#[test]
fn tags_begin_after_letters_of_scripts_without_case_only() {
    for text in ["今日#天気 x", "ב#תל_אביב", "و#مصر", "วันนี้#ฝน"] {
        assert_eq!(known(text, |_| false).tags.len(), 1, "{text}");
    }
    for text in ["a#b", "C#sharp", "é#b", "я#b", "1#b", "a_#b", "##b", "/#b", "&#b", "#️⃣", "#1 #_ #"] {
        assert!(known(text, |_| false).tags.is_empty(), "{text}");
    }
}

#[test]
fn a_mention_may_touch_words_of_other_scripts() {
    for text in [
        "感謝@grace",
        "@grace様",
        "謝謝@grace！",
        "＠graceさん",
        "@grace님",
        "ขอบคุณ@graceค่ะ",
        "អរគុណ@grace។",
        "ကျေးဇူး@graceပါ",
        "שלום ל@grace",
        "شكرا و@grace،",
        "@grace\u{200c}ها",
        "धन्यवाद @grace।",
        "நன்றி @graceக்கு",
        "@grace'e teşekkürler",
        "ευχαριστώ @grace·",
        "@Grace’s",
    ] {
        assert_eq!(known(text, |name| name == "grace").names.len(), 1, "{text}");
    }
    for text in [
        "\\@grace",
        "ευχ@grace",
        "я@grace",
        "a@grace",
        "@gracé",
        "@graceя",
        "@grace1",
        "@grace@e.example",
        "用户@grace.example",
        "@grace.example",
        "@@grace",
        "`@grace`",
    ] {
        assert!(known(text, |name| name == "grace").names.is_empty(), "{text}");
    }
}

#[test]
fn links_end_with_the_sentence_in_every_script() {
    for (text, wanted) in [
        ("देखें https://e.example/x।", "e.example/x"),
        ("பார்க்க https://e.example/x.", "e.example/x"),
        ("ดูที่https://e.example/xๆ", "e.example/xๆ"),
        ("មើល https://e.example/x។", "e.example/x"),
        ("ကြည့် https://e.example/x။", "e.example/x"),
        ("ببینید https://e.example/x؟", "e.example/x"),
        ("看看https://e.example，好", "e.example"),
        ("「https://e.example/x」を見て", "e.example/x"),
        ("https://e.example/foo。次の文", "e.example/foo"),
        ("https://e.example입니다", "e.example"),
        ("https://e.example/x’e bak", "e.example/x"),
        ("δες https://e.example/x·", "e.example/x"),
        ("ראו https://e.example/x׃", "e.example/x"),
        ("انظر https://e.example/x، ثم", "e.example/x"),
        ("https://e.example/wiki/हिन्दी है", "e.example/wiki/हिन्दी"),
        ("https://e.example/wiki/தமிழ் x", "e.example/wiki/தமிழ்"),
    ] {
        let links = links(text);
        assert_eq!(links.iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>(), [wanted], "{text}");
        assert!(links[0].0.starts_with("https://e.example/"), "{links:?}");
    }
}
