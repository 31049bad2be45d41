//! The rendering of typed text.

mod random;
mod scripts;

use super::known;
use crate::base::seeded_rng::SeededRng;

fn shown(text: &str) -> String {
    known(text, |name| ["ada", "alan", "grace"].contains(&name)).html
}

#[track_caller]
fn assert_shown(rows: &[(&str, &str)]) {
    for (typed, wanted) in rows {
        assert_eq!(shown(typed), *wanted, "{typed:?}");
    }
}

#[test]
fn renders_the_supported_markdown() {
    assert_shown(&[
        ("hello", "<p>hello</p>"),
        ("one\ntwo\n\nthree", "<p>one<br>\ntwo</p>\n<p>three</p>"),
        ("*a* **b** `c < d`", "<p><em>a</em> <strong>b</strong> <code>c &lt; d</code></p>"),
        ("***a*** _b_ __c__", "<p><em><strong>a</strong></em> <em>b</em> <strong>c</strong></p>"),
        ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>"),
        ("* a\n\n* b", "<ul>\n<li>\n<p>a</p>\n</li>\n<li>\n<p>b</p>\n</li>\n</ul>"),
        (
            "- a\n  - b\n    - c\n- d",
            "<ul>\n<li>a\n<ul>\n<li>b\n<ul>\n<li>c</li>\n</ul>\n</li>\n</ul>\n</li>\n<li>d</li>\n</ul>",
        ),
        ("3. a\n4. b", "<ol start=\"3\">\n<li>a</li>\n<li>b</li>\n</ol>"),
        ("1. a\n5. b\n6. c", "<ol>\n<li>a</li>\n<li value=\"5\">b</li>\n<li>c</li>\n</ol>"),
        ("text\n- a", "<p>text</p>\n<ul>\n<li>a</li>\n</ul>"),
        ("born in\n1815. Long ago", "<p>born in<br>\n1815. Long ago</p>"),
        ("> quoted\nanswered", "<blockquote>\n<p>quoted</p>\n</blockquote>\n<p>answered</p>"),
        (
            "```rust\nlet @ada = \"#x\";\n```",
            "<p><small>rust</small></p>\n<pre><code>let @ada = \"#x\";\n</code></pre>",
        ),
        ("# not that large", "<p><strong>not that large</strong></p>"),
        ("1 < 2 && 3 > 2", "<p>1 &lt; 2 &amp;&amp; 3 &gt; 2</p>"),
        ("snake_case_name and 2 * 3 * 4", "<p>snake_case_name and 2 * 3 * 4</p>"),
    ]);
}

#[test]
fn preserves_signs_without_markup_meaning() {
    assert_shown(&[
        ("5*3=15 and 6*2=12", "<p>5*3=15 and 6*2=12</p>"),
        ("¯\\_(ツ)_/¯", "<p>¯\\_(ツ)_/¯</p>"),
        ("C:\\Users\\_new_", "<p>C:\\Users\\_new_</p>"),
        ("\\\\server\\share", "<p>\\\\server\\share</p>"),
        ("__init__.py and a_b_c and f(*args, **kwargs)", "<p>__init__.py and a_b_c and f(*args, **kwargs)</p>"),
        ("src/**/*.rs and *.toml, *.lock", "<p>src/**/*.rs and *.toml, *.lock</p>"),
        ("*_* ^_^ **** ** a **", "<p>*_* ^_^ **** ** a **</p>"),
        ("वि*शे*षता and ق*ل*ب", "<p>वि*शे*षता and ق*ل*ب</p>"),
        ("[Ada]: yes", "<p>[Ada]: yes</p>"),
        ("hello\n\n[Ada]: yes\n[b]: https", "<p>hello</p>\n<p>[Ada]: yes<br>\n[b]: https</p>"),
        ("[a](b \"c\") [a][b] ![x]", "<p>[a](b \"c\") [a][b] ![x]</p>"),
        ("#", "<p>#</p>"),
        ("[]()", "<p>[]()</p>"),
        ("---", "<p>---</p>"),
        ("a\n---\n* * *", "<p>a<br>\n---<br>\n* * *</p>"),
        (">\n> >", "<p>&gt;</p>\n<p>&gt; &gt;</p>"),
        ("```\n```", "<p>```<br>\n```</p>"),
        ("-\n- -", "<p>-<br>\n- -</p>"),
        ("007. James", "<p>007. James</p>"),
        ("    four blanks", "<p>four blanks</p>"),
        ("회의_자료_최종.hwp データ_入力_テスト", "<p>회의_자료_최종.hwp データ_入力_テスト</p>"),
        ("ไฟล์_งาน_ใหม่ 长*宽*高", "<p>ไฟล์_งาน_ใหม่ 长*宽*高</p>"),
        ("-*- coding: utf-8 -*-", "<p>-*- coding: utf-8 -*-</p>"),
        ("-_- and -_-, ~_~ ~_~, (-_-) (-_-)", "<p>-_- and -_-, ~_~ ~_~, (-_-) (-_-)</p>"),
        ("'_' and '_', (*) or (*)", "<p>'_' and '_', (*) or (*)</p>"),
        ("haha >_< no >_<", "<p>haha &gt;_&lt; no &gt;_&lt;</p>"),
        ("*_* *_*", "<p>*_* *_*</p>"),
        (">_<\n>:(\n>=18", "<p>&gt;_&lt;<br>\n&gt;:(<br>\n&gt;=18</p>"),
        ("std::_Tree_ x", "<p>std::_Tree_ x</p>"),
        ("a\\\nb", "<p>a\\<br>\nb</p>"),
    ]);
}

#[test]
fn backslash_escapes_only_meaningful_signs() {
    assert_shown(&[
        (
            "\\*a\\* \\`b\\` \\[c](https://e.example)",
            "<p>*a* `b` [c](<a href=\"https://e.example/\" rel=\"nofollow ugc noopener\">e.example</a>)</p>",
        ),
        ("\\@grace \\#tag", "<p>@grace #tag</p>"),
        ("\\> a\n\\- b\n\\# c", "<p>&gt; a<br>\n- b<br>\n# c</p>"),
        ("a \\> b \\- c \\! \\( \\_ \\~ \\.", "<p>a \\&gt; b \\- c \\! \\( \\_ \\~ \\.</p>"),
    ]);
}

#[test]
fn emphasis_works_in_scripts_without_spaces() {
    assert_shown(&[
        ("这是**重点**内容", "<p>这是<strong>重点</strong>内容</p>"),
        ("**強調**です、*これ*も", "<p><strong>強調</strong>です、<em>これ</em>も</p>"),
        ("**중요**한", "<p><strong>중요</strong>한</p>"),
        ("นี่**สำคัญ**มาก", "<p>นี่<strong>สำคัญ</strong>มาก</p>"),
        ("«*да*», „**nein**“", "<p>«<em>да</em>», „<strong>nein</strong>“</p>"),
        ("**yes**/**no** and **50**%", "<p><strong>yes</strong>/<strong>no</strong> and <strong>50</strong>%</p>"),
    ]);
}

#[test]
fn links_mentions_tags_and_bare_addresses() {
    assert_shown(&[
        ("@ada @Alan @nobody", "<p><a href=\"/@ada\">@ada</a> <a href=\"/@alan\">@Alan</a> @nobody</p>"),
        ("#Größe", "<p><a href=\"/tags/gr%C3%B6%C3%9Fe\">#Größe</a></p>"),
        (
            "_@ada_ _thanks @ada_ .@ada -@ada",
            "<p><em><a href=\"/@ada\">@ada</a></em> <em>thanks <a href=\"/@ada\">@ada</a></em> .<a href=\"/@ada\">@ada</a> -<a href=\"/@ada\">@ada</a></p>",
        ),
        ("_#rust_", "<p><em><a href=\"/tags/rust\">#rust</a></em></p>"),
        ("＃Rust ＠ada", "<p><a href=\"/tags/rust\">＃Rust</a> <a href=\"/@ada\">＠ada</a></p>"),
        (
            "*@ada* **#rust**",
            "<p><em><a href=\"/@ada\">@ada</a></em> <strong><a href=\"/tags/rust\">#rust</a></strong></p>",
        ),
        (
            "https://www.example.org/a",
            "<p><a href=\"https://www.example.org/a\" rel=\"nofollow ugc noopener\">example.org/a</a></p>",
        ),
        (
            "**https://e.example/Lib/json/__init__.py**",
            "<p><strong><a href=\"https://e.example/Lib/json/__init__.py\" rel=\"nofollow ugc noopener\">e.example/Lib/json/__init__.py</a></strong></p>",
        ),
        (
            "“https://e.example/x”，好",
            "<p>“<a href=\"https://e.example/x\" rel=\"nofollow ugc noopener\">e.example/x</a>”，好</p>",
        ),
        ("`@ada #x https://example.org`", "<p><code>@ada #x https://example.org</code></p>"),
        ("@ada_\n@alan's", "<p>@ada_<br>\n<a href=\"/@alan\">@alan</a>'s</p>"),
    ]);
}

// H38.
#[test]
fn labelled_links_show_their_host() {
    assert_shown(&[
        (
            "[your bank](https://evil.example/x)",
            "<p><a href=\"https://evil.example/x\" rel=\"nofollow ugc noopener\">your bank</a> <small>(evil.example)</small></p>",
        ),
        (
            "[https://bank.example](https://evil.example)",
            "<p><a href=\"https://evil.example/\" rel=\"nofollow ugc noopener\">https://bank.example</a> <small>(evil.example)</small></p>",
        ),
        (
            "[my *page*](www.example.org)",
            "<p><a href=\"https://www.example.org/\" rel=\"nofollow ugc noopener\">my <em>page</em></a> <small>(example.org)</small></p>",
        ),
        (
            "<https://evil.example/@ada>",
            "<p>&lt;<a href=\"https://evil.example/@ada\" rel=\"nofollow ugc noopener\">evil.example/@ada</a>&gt;</p>",
        ),
        (
            "[x](javascript:alert(1)) [y](/posts/1) [z](data:text/html,x)",
            "<p>[x](javascript:alert(1)) [y](/posts/1) [z](data:text/html,x)</p>",
        ),
        (
            "![a cat](https://example.org/cat.png)",
            "<p>!<a href=\"https://example.org/cat.png\" rel=\"nofollow ugc noopener\">a cat</a> <small>(example.org)</small></p>",
        ),
        (
            "[![a](https://a.example)](https://b.example)",
            "<p><a href=\"https://b.example/\" rel=\"nofollow ugc noopener\">![a](https://a.example)</a> <small>(b.example)</small></p>",
        ),
        (
            "[@ada](https://b.example)",
            "<p><a href=\"https://b.example/\" rel=\"nofollow ugc noopener\">@ada</a> <small>(b.example)</small></p>",
        ),
    ]);
}

#[test]
fn shows_html_as_typed() {
    assert_shown(&[
        ("<b>bold</b>", "<p>&lt;b&gt;bold&lt;/b&gt;</p>"),
        (
            "<div>\n<script>alert(1)</script>\n</div>",
            "<p>&lt;div&gt;<br>\n&lt;script&gt;alert(1)&lt;/script&gt;<br>\n&lt;/div&gt;</p>",
        ),
        ("<!-- x -->", "<p>&lt;!-- x --&gt;</p>"),
        ("a <img src=x onerror=alert(1)> b", "<p>a &lt;img src=x onerror=alert(1)&gt; b</p>"),
        ("&lt;script&gt; &#60;b&#62;", "<p>&amp;lt;script&amp;gt; &amp;#60;b&amp;#62;</p>"),
        ("&#8238; &#1; &#8203; &nbsp;", "<p>&amp;#8238; &amp;#1; &amp;#8203; &amp;nbsp;</p>"),
    ]);
}

#[test]
fn links_at_most_twenty_tags() {
    let typed: String = (0..30).map(|n| format!("#tag{n} ")).collect();
    assert_eq!(shown(&typed).matches("<a ").count(), super::NAMES_MAX);
    assert_eq!(known(&typed, |_| false).tags.len(), super::NAMES_MAX);
}

#[test]
fn plain_text_is_one_line_without_markup() {
    for (typed, wanted) in [
        (
            "# Title\n\n*hello* [x](https://a.example)\n- one\n- two @ada #tag\n\n```\ncode\n```",
            "Title hello x one two @ada #tag code",
        ),
        ("3. three\n7. seven", "3. three 7. seven"),
        ("- a\n  - b\n    - c\n      - d\n        - e", "a b c d e"),
        ("> a\n> > b\n\nc", "a b c"),
        ("un*believ*able **so**", "un*believ*able so"),
        ("#", "#"),
        ("[]()", "[]()"),
        ("---", "---"),
    ] {
        assert_eq!(super::plain(typed), wanted, "{typed:?}");
    }
}

#[test]
fn limits_nesting_depth() {
    for deep in [">".repeat(1_000), "- ".repeat(500), "*".repeat(1_000), "[".repeat(1_000), "`".repeat(999)] {
        let html = shown(&format!("{deep}x"));
        assert!(html.matches("<blockquote>").count() + html.matches("<ul>").count() <= 6, "{html}");
    }
}

/// For any input the HTML has only our elements, and the sanitiser changes nothing: the writer is correct by itself.
// H36.
#[test]
fn random_text_produces_only_allowed_elements_and_attributes() {
    #[rustfmt::skip]
    const PARTS: [&str; 44] = [
        "<", ">", "</", "/>", "<script>", "</script>", "<img src=x onerror=alert(1)>", "<svg/onload=alert(1)>",
        "javascript:", "alert(1)", "\"", "'", "`", "```", "~~~", "*", "**", "_", "[", "]", "(", ")", "](", "![",
        "<https://a.example", "https://a.example/", "\"onmouseover=x ", "@ada", "@", "#tag", "#", "&", "&lt;", "&#x3c;",
        "\\", "\n", "\n\n", "    ", "> ", "- ", "1. ", "<!--", "-->", " ",
    ];
    const OURS: [&str; 12] = ["a", "blockquote", "br", "code", "em", "li", "ol", "p", "pre", "small", "strong", "ul"];
    let mut rng = SeededRng::of("markup");
    for _ in 0..20_000 {
        let count = 1 + rng.below(24);
        let typed: String = (0..count).map(|_| PARTS[rng.below(PARTS.len() as u64) as usize]).collect();
        let html = shown(&typed);
        for element in html.split('<').skip(1) {
            let name = element.trim_start_matches('/').split(|c: char| !c.is_ascii_alphabetic()).next().unwrap();
            assert!(OURS.contains(&name), "{typed:?}\n{html}");
            let inside = element.split('>').next().unwrap();
            let attributes = inside.split_once(' ').map_or("", |(_, attributes)| attributes);
            assert!(
                attributes.is_empty() || ["href=\"", "start=\"", "value=\""].iter().any(|a| attributes.starts_with(a)),
                "{typed:?}\n{html}"
            );
            assert!(!inside.contains("href=\"javascript:"), "{typed:?}\n{html}");
        }
    }
}
