use app::{
    islands::PostList,
    posts::card::{Viewer, card},
    ui::render,
};
use leptos::prelude::*;
use server::{
    id::{PostId, UserId},
    posts::Post,
    profiles::Author,
};
use std::time::Instant;
fn main() {
    let now = server::clock::now();
    let posts: Vec<Post> = (0..50).map(|i| Post { id: PostId(100000 - i), author: Author { id: UserId(i), username: format!("person_{i}"), display_name: format!("Person Number {i}"), avatar: None }, parent: None, body: "The shelter at the old mill needs blankets and people who like a chat. Mostly with cats. Marmalade regrets nothing.".into(), created_at: now - time::Duration::minutes(i * 17), like_count: i, reply_count: i % 5, liked: i % 3 == 0 }).collect();
    let bench = |name: &str, f: &dyn Fn() -> String| {
        for _ in 0..200 {
            f();
        }
        let t = Instant::now();
        let n = 3000;
        for _ in 0..n {
            std::hint::black_box(f());
        }
        println!("{name}: {:.1} us, {} bytes", t.elapsed().as_secs_f64() * 1e6 / n as f64, f().len());
    };
    for _ in 0..2 {
        bench("typed", &|| {
            render(|| {
                let c = posts.iter().map(|p| card(p, &Viewer::Member, now)).collect_view();
                view! { <section><form class="posts">{c}</form></section> }
            })
        });
        bench("island children", &|| {
            render(|| {
                let c = posts.iter().map(|p| card(p, &Viewer::Member, now)).collect_view();
                let form = view! { <form class="posts">{c}</form> };
                view! { <section><PostList>{form}</PostList></section> }
            })
        });
        bench("string writes", &|| {
            use std::fmt::Write;
            let mut s = String::with_capacity(40000);
            for p in &posts {
                let _ = write!(
                    s,
                    "<article class=\"post\" id=\"p{}\"><div class=\"by\"><a href=\"/@{}\"><img class=\"avatar\" src=\"/avatars/{}\" alt=\"\" width=\"44\" height=\"44\" loading=\"lazy\" decoding=\"async\"><b>{}</b><span>@{}</span></a><a class=\"when\" href=\"/posts/{}\"><time datetime=\"{}\" title=\"{}\">{}</time></a></div><p class=\"text\" dir=\"auto\">{}</p><div class=\"acts\"><button class=\"like\" name=\"like\" value=\"true\" formaction=\"/posts/{}/like\" aria-pressed=\"false\" aria-label=\"{}\">{}</button><a class=\"replies\" href=\"/posts/{}\" aria-label=\"{}\">{}</a></div></article>",
                    p.id,
                    p.author.username,
                    p.author.avatar_file(),
                    p.author.name(),
                    p.author.username,
                    p.id,
                    app::ui::when::machine(p.created_at),
                    app::ui::when::exact(p.created_at),
                    app::ui::when::said(p.created_at, now),
                    p.body,
                    p.id,
                    app::count::of(p.like_count, "like", "likes"),
                    app::count::short(p.like_count),
                    p.id,
                    app::count::of(p.reply_count, "reply", "replies"),
                    app::count::short(p.reply_count)
                );
            }
            s
        });
    }
}
