//! What is shown of what is typed.

use super::known;
use crate::avatars::dice::Dice;

fn shown(text: &str) -> String {
    known(text, |name| ["ada", "alan"].contains(&name)).html
}

#[test]
fn the_small_part_of_markdown_that_there_is() {
    for (typed, wanted) in [
        ("hello", "<p>hello</p>"),
        ("one\ntwo\n\nthree", "<p>one<br>\ntwo</p>\n<p>three</p>"),
        ("*a* **b** `c < d`", "<p><em>a</em> <strong>b</strong> <code>c &lt; d</code></p>"),
        ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>"),
        ("3. a\n4. b", "<ol start=\"3\">\n<li>a</li>\n<li>b</li>\n</ol>"),
        ("> quoted", "<blockquote>\n<p>quoted</p>\n</blockquote>"),
        ("```rust\nlet @ada = \"#x\";\n```", "<pre><code>let @ada = \"#x\";\n</code></pre>"),
        ("# not that large", "<p><strong>not that large</strong></p>"),
        ("1 < 2 && 3 > 2", "<p>1 &lt; 2 &amp;&amp; 3 &gt; 2</p>"),
        ("snake_case_name and 2 * 3 * 4", "<p>snake_case_name and 2 * 3 * 4</p>"),
    ] {
        assert_eq!(shown(typed), wanted, "{typed:?}");
    }
}

#[test]
fn names_tags_and_bare_links_are_linked() {
    for (typed, wanted) in [
        ("@ada @Alan @nobody", "<p><a href=\"/@ada\">@ada</a> <a href=\"/@alan\">@Alan</a> @nobody</p>"),
        ("#Größe", "<p><a href=\"/tags/gr%C3%B6%C3%9Fe\">#Größe</a></p>"),
        (
            "https://www.example.org/a",
            "<p><a href=\"https://www.example.org/a\" rel=\"nofollow ugc noopener\">example.org/a</a></p>",
        ),
        ("`@ada #x https://example.org`", "<p><code>@ada #x https://example.org</code></p>"),
        ("@ada_\n@alan's", "<p>@ada_<br>\n<a href=\"/@alan\">@alan</a>'s</p>"),
    ] {
        assert_eq!(shown(typed), wanted, "{typed:?}");
    }
}

#[test]
fn h38_a_link_says_where_it_leads() {
    for (typed, wanted) in [
        (
            "[your bank](https://evil.example/x)",
            "<p><a href=\"https://evil.example/x\" rel=\"nofollow ugc noopener\">your bank</a> <small>(evil.example)</small></p>",
        ),
        (
            "[https://bank.example](https://evil.example)",
            "<p><a href=\"https://evil.example/\" rel=\"nofollow ugc noopener\">https://bank.example</a> <small>(evil.example)</small></p>",
        ),
        (
            "<https://evil.example/@ada>",
            "<p><a href=\"https://evil.example/@ada\" rel=\"nofollow ugc noopener\">evil.example/@ada</a></p>",
        ),
        ("[x](javascript:alert(1)) [y](/posts/1) [z](data:text/html,x)", "<p>x y z</p>"),
        (
            "![a cat](https://example.org/cat.png)",
            "<p><a href=\"https://example.org/cat.png\" rel=\"nofollow ugc noopener\">a cat</a> <small>(example.org)</small></p>",
        ),
        (
            "[![a](https://a.example)](https://b.example)",
            "<p><a href=\"https://b.example/\" rel=\"nofollow ugc noopener\">a</a> <small>(b.example)</small></p>",
        ),
        (
            "[@ada](https://b.example)",
            "<p><a href=\"https://b.example/\" rel=\"nofollow ugc noopener\">@ada</a> <small>(b.example)</small></p>",
        ),
    ] {
        assert_eq!(shown(typed), wanted, "{typed:?}");
    }
}

#[test]
fn html_is_shown_as_it_was_typed() {
    for (typed, wanted) in [
        ("<b>bold</b>", "<p>&lt;b&gt;bold&lt;/b&gt;</p>"),
        (
            "<div>\n<script>alert(1)</script>\n</div>",
            "<p>&lt;div&gt;<br>\n&lt;script&gt;alert(1)&lt;/script&gt;<br>\n&lt;/div&gt;</p>",
        ),
        ("<!-- x -->", "<p>&lt;!-- x --&gt;</p>"),
        ("a <img src=x onerror=alert(1)> b", "<p>a &lt;img src=x onerror=alert(1)&gt; b</p>"),
        ("&lt;script&gt; &#60;b&#62;", "<p>&lt;script&gt; &lt;b&gt;</p>"),
    ] {
        assert_eq!(shown(typed), wanted, "{typed:?}");
    }
}

#[test]
fn names_and_tags_past_the_twentieth_stay_text() {
    let typed: String = (0..30).map(|n| format!("#tag{n} ")).collect();
    assert_eq!(shown(&typed).matches("<a ").count(), super::NAMES_MAX);
    assert_eq!(known(&typed, |_| false).tags.len(), super::NAMES_MAX);
}

#[test]
fn the_words_alone_are_one_line() {
    let typed = "# Title\n\n*hello* [x](https://a.example)\n- one\n- two @ada #tag\n\n```\ncode\n```";
    assert_eq!(super::plain(typed), "Title hello x one two @ada #tag code");
}

#[test]
fn nesting_ends() {
    for deep in [">".repeat(1_000), "- ".repeat(500), "*".repeat(1_000), "[".repeat(1_000), "`".repeat(999)] {
        let html = shown(&format!("{deep}x"));
        assert!(html.matches("<blockquote>").count() + html.matches("<ul>").count() <= 6, "{html}");
    }
}

/// Whatever is typed, there are only elements of ours, and the sanitiser has nothing to do: the writer is right by itself.
#[test]
fn h36_no_text_makes_an_element_that_is_not_ours() {
    const PARTS: [&str; 44] = [
        "<",
        ">",
        "</",
        "/>",
        "<script>",
        "</script>",
        "<img src=x onerror=alert(1)>",
        "<svg/onload=alert(1)>",
        "javascript:",
        "alert(1)",
        "\"",
        "'",
        "`",
        "```",
        "~~~",
        "*",
        "**",
        "_",
        "[",
        "]",
        "(",
        ")",
        "](",
        "![",
        "<https://a.example",
        "https://a.example/",
        "\"onmouseover=x ",
        "@ada",
        "@",
        "#tag",
        "#",
        "&",
        "&lt;",
        "&#x3c;",
        "\\",
        "\n",
        "\n\n",
        "    ",
        "> ",
        "- ",
        "1. ",
        "<!--",
        "-->",
        " ",
    ];
    const OURS: [&str; 12] = ["a", "blockquote", "br", "code", "em", "li", "ol", "p", "pre", "small", "strong", "ul"];
    let mut dice = Dice::of("markup");
    for _ in 0..20_000 {
        let count = 1 + dice.below(24);
        let typed: String = (0..count).map(|_| PARTS[dice.below(PARTS.len() as u64) as usize]).collect();
        let html = shown(&typed);
        for element in html.split('<').skip(1) {
            let name = element.trim_start_matches('/').split(|c: char| !c.is_ascii_alphabetic()).next().unwrap();
            assert!(OURS.contains(&name), "{typed:?}\n{html}");
            let inside = element.split('>').next().unwrap();
            let attributes = inside.split_once(' ').map_or("", |(_, attributes)| attributes);
            assert!(
                attributes.is_empty() || attributes.starts_with("href=\"") || attributes.starts_with("start=\""),
                "{typed:?}\n{html}"
            );
            assert!(!inside.contains("href=\"javascript:"), "{typed:?}\n{html}");
        }
    }
}
