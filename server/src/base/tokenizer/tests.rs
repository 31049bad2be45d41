//! The tokenizer's rules, one test for each.

use super::*;

fn folded(text: &str) -> Vec<String> {
    tokens(text).into_iter().map(|token| token.folded).collect()
}

#[test]
fn splits_joined_words_and_folds_accents_and_case() {
    for (text, parts) in [
        ("CVE-2026-2332", vec!["cve", "2026", "2332"]),
        ("node.js, covid-19", vec!["node", "js", "covid", "19"]),
        (
            "https://e.example/some_path/v1.2.3?q=a+b",
            vec!["https", "e", "example", "some", "path", "v1", "2", "3", "q", "a", "b"],
        ),
        ("Café CAFE\u{301}", vec!["cafe", "cafe"]),
        ("Straße STRASSE", vec!["strasse", "strasse"]),
        ("ΟΔΟΣ οδός", vec!["οδοσ", "οδοσ"]),
        ("Łódź Søren Đà Ærø", vec!["lodz", "soren", "da", "aero"]),
        ("ﬁne ｗｉｄｅ ²", vec!["fine", "wide", "2"]),
        ("soft\u{ad}ly نمی\u{200c}خواهم", vec!["softly", "نمیخواهم"]),
        ("हिन्दी தமிழ்", vec!["हिन्दी", "தமிழ்"]),
        ("مُحَمَّد محمـد", vec!["محمد", "محمد"]),
        ("İstanbul", vec!["istanbul"]),
        ("ガ ｶﾞ か\u{3099}", vec!["ガ", "ガ", "が"]),
        ("서울 iPhone用ケース", vec!["서울", "iphone", "用ケース"]),
        ("👩\u{200d}💻 — !", vec![]),
    ] {
        assert_eq!(folded(text), parts, "{text}");
    }
}

#[test]
fn indexes_word_parts_at_the_position_of_the_word() {
    assert_eq!(document("covid19 v1.2").lexemes, "'covid19':1 'covid':1 '19':1 'v1':2 'v':2 '1':2 '2':3");
    assert_eq!(document("کتاب\u{200c}ها").lexemes, "'کتابها':1 'کتاب':1 'ها':1");
    assert_eq!(phrase("1.2").as_deref(), Some("'1' <1> '2'"));
    assert_eq!(single_word("covid19").as_deref(), Some("covid19"));
    assert_eq!(document("a\u{200c} \u{200c}b").lexemes, "'a':1 'b':2");
    assert_eq!(document(&"a1".repeat(100)).lexemes.matches(':').count(), 1 + PARTS_MAX);
    assert_eq!(document("/wiki/%E9%88%B4%E8%99%AB").lexemes, document("/wiki/鈴虫").lexemes);
}

#[test]
fn unspaced_runs_are_indexed_by_characters_and_pairs() {
    assert_eq!(document("a 鈴虫が b").lexemes, "'a':1 '鈴':2 '虫':3 'が':4 '鈴虫':2 '虫が':3 'b':5");
    assert_eq!(phrase("鈴虫が").as_deref(), Some("'鈴虫' <1> '虫が'"));
    assert_eq!(phrase("鈴虫 b").as_deref(), Some("'鈴虫' <2> 'b'"));
    assert_eq!(phrase("虫").as_deref(), Some("'虫'"));
    for run in ["ค่า", "ພາສາ", "ភាសា", "မြန်မာ", "ラーメン", "時々", "서울"] {
        assert!(tokens(run).iter().all(|token| token.unspaced) && tokens(run).len() == 1, "{run}");
    }
}

#[test]
fn names_match_by_any_part_of_an_unspaced_run() {
    let name = name("hanako 山田花子");
    assert_eq!(name.line, "hanako 山田花子");
    assert!(["hanako", "山田花子", "花子", "子"].iter().all(|part| name.lexemes.contains(*part)));
    assert_eq!(name_prefixes("花子 Hana"), ["花子", "hana"]);
}

#[test]
fn lexemes_stay_within_the_limits_of_postgres() {
    let long = "x".repeat(9_000);
    assert_eq!(folded(&long)[0].len(), LEXEME_MAX);
    assert!(name(&"\u{3316}".repeat(50)).lexemes.iter().all(|lexeme| lexeme.chars().count() <= NAME_RUN_MAX));
    assert!(phrase(&"\u{fdfa}".repeat(200)).is_some_and(|phrase| phrase.matches('<').count() < PHRASE_MAX));
    assert_eq!((phrase("\u{301} …"), single_word("node.js")), (None, None));
    assert_eq!(single_word("Cafés").as_deref(), Some("cafes cafés"));
}
