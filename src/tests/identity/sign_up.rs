//! Sign-up: no half accounts, no hint whether an address is known, one winner in every race.

use http::StatusCode;
use sqlx::PgPool;

use crate::tests::{Answer, Browser, Site};

const STRONG: &str = "seven green umbrellas sing";

fn fields<'a>(email: &'a str, username: &'a str) -> [(&'a str, &'a str); 4] {
    [("email", email), ("username", username), ("display_name", "New Person"), ("password", STRONG)]
}

async fn begin(browser: &mut Browser, email: &str, username: &str) -> Answer {
    let answer = browser.post("/sign-up", &fields(email, username)).await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/sign-up/verify"), "{}", answer.body);
    answer
}

#[sqlx::test]
async fn the_email_code_creates_the_account_and_signs_in(pool: PgPool) {
    let site = Site::new(&pool);
    let mut browser = site.browser();
    begin(&mut browser, "new@kith.example", "newcomer").await;
    assert_eq!(site.count("select count(*) from users").await, 0, "nothing exists before the address is proved");

    let page = browser.get("/sign-up/verify").await;
    assert!(page.body.contains("new@kith.example") && page.body.contains("autocomplete=\"one-time-code\""));
    let code = site.code_to("new@kith.example").await;
    let answer = browser.post("/sign-up/verify", &[("code", &code)]).await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/"), "{}", answer.body);

    assert_eq!(browser.who().await.as_deref(), Some("newcomer"));
    assert!(!browser.cookies.contains_key("__Host-flow"), "the flow is over");
    assert_eq!(site.count("select count(*) from registrations").await, 0);
    let whole = "select count(*) from users u join passwords p on p.user_id = u.id join sessions s on s.user_id = u.id join profile_counts c on c.user_id = u.id";
    assert_eq!(site.count(whole).await, 1);
    let answer = site.browser().try_sign_in("newcomer", STRONG).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
}

#[sqlx::test]
async fn registrations_store_no_code_password_or_token_in_plain_text(pool: PgPool) {
    let site = Site::new(&pool);
    let mut browser = site.browser();
    begin(&mut browser, "new@kith.example", "newcomer").await;
    let code = site.code_to("new@kith.example").await;
    let row: String =
        sqlx::query_scalar("select registrations::text from registrations").fetch_one(&pool).await.unwrap();
    assert!(!row.contains(&code) && !row.contains(STRONG) && !row.contains(&browser.cookies["__Host-flow"]));
    assert!(row.contains("$argon2id$"));
}

#[sqlx::test]
async fn a_code_works_only_in_the_browser_that_requested_it(pool: PgPool) {
    let site = Site::new(&pool);
    let (mut mine, mut other) = (site.browser(), site.browser());
    begin(&mut mine, "one@kith.example", "person_one").await;
    let code = site.code_to("one@kith.example").await;
    begin(&mut other, "two@kith.example", "person_two").await;
    let stranger = site.browser().post("/sign-up/verify", &[("code", &code)]).await;
    assert_eq!(stranger.location(), "/sign-up");
    if code != site.code_to("two@kith.example").await {
        assert_eq!(other.post("/sign-up/verify", &[("code", &code)]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    assert_eq!(site.count("select count(*) from users").await, 0);
    assert_eq!(mine.post("/sign-up/verify", &[("code", &code)]).await.location(), "/");
}

#[sqlx::test]
async fn a_code_allows_five_tries_in_ten_minutes_until_replaced(pool: PgPool) {
    let site = Site::new(&pool);
    let mut browser = site.browser();
    begin(&mut browser, "new@kith.example", "newcomer").await;
    let first = site.code_to("new@kith.example").await;
    let wrong = if first == "000000" { "000001" } else { "000000" };
    for left in (0..5).rev() {
        let answer = browser.post("/sign-up/verify", &[("code", wrong)]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(left == 0 || answer.body.contains(&format!("{left} tr")), "{left}: {}", answer.body);
    }
    let answer = browser.post("/sign-up/verify", &[("code", &first)]).await;
    assert!(answer.status == StatusCode::UNPROCESSABLE_ENTITY && answer.body.contains("Too many tries"));

    assert_eq!(browser.post("/sign-up/resend", &[]).await.location(), "/sign-up/verify");
    let second = site.code_to("new@kith.example").await;
    if first != second {
        assert_eq!(browser.post("/sign-up/verify", &[("code", &first)]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    site.sql("update registrations set code_expires_at = code_expires_at - interval '10 minutes 1 second'").await;
    let late = browser.post("/sign-up/verify", &[("code", &second)]).await;
    assert!(late.status == StatusCode::UNPROCESSABLE_ENTITY && late.body.contains("expired"));
    site.sql("update registrations set code_expires_at = now() + interval '1 minute', expires_at = now() - interval '1 second'").await;
    assert_eq!(browser.post("/sign-up/verify", &[("code", &second)]).await.location(), "/sign-up");
    assert_eq!(site.count("select count(*) from users").await, 0);
}

#[sqlx::test]
async fn a_registered_address_gets_the_same_answer_and_another_mail(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let (mut known, mut unknown) = (site.browser(), site.browser());
    let a = begin(&mut known, "Ada@kith.example", "someone_new").await;
    let b = begin(&mut unknown, "bob@kith.example", "someone_else").await;
    let mask = |answer: &Answer| {
        let mut names: Vec<&str> = answer.headers.keys().map(http::HeaderName::as_str).collect();
        names.sort_unstable();
        (answer.status, names.join(","), answer.body.clone())
    };
    assert_eq!(mask(&a), mask(&b));
    let pages = [known.get("/sign-up/verify").await.body, unknown.get("/sign-up/verify").await.body];
    assert_eq!(pages[0].replace("Ada@kith.example", "X"), pages[1].replace("bob@kith.example", "X"));
    assert!(site.mail_to("ada@kith.example").await.unwrap().contains("already have an account"));
    let guess = known.post("/sign-up/verify", &[("code", "123456")]).await;
    let other = unknown.post("/sign-up/verify", &[("code", "123456")]).await;
    assert_eq!(guess.status, other.status);
    assert_eq!(site.count("select count(*) from users where username like 'someone%'").await, 0);
}

#[sqlx::test]
async fn refuses_an_unavailable_username_and_suggests_similar_free_ones(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let answer = site.browser().post("/sign-up", &fields("new@kith.example", "Ada")).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.body.contains("taken") && answer.body.contains("ada_"), "{}", answer.body);
    assert!(
        answer.body.contains("new@kith.example") && !answer.body.contains(STRONG),
        "typed text stays, never a password"
    );
    assert_eq!(site.count("select count(*) from registrations").await, 0);
}

#[sqlx::test]
async fn reports_every_invalid_field_at_once_and_changes_nothing(pool: PgPool) {
    let site = Site::new(&pool);
    let fields =
        [("email", "nobody"), ("username", "a b"), ("display_name", &"x".repeat(51)), ("password", "password")];
    let answer = site.browser().post("/sign-up", &fields).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    for name in ["email", "username", "display_name", "password"] {
        assert!(answer.body.contains(&format!("id=\"{name}-error\"")), "{name}: {}", answer.body);
    }
    assert_eq!(
        site.count("select count(*) from registrations").await + site.count("select count(*) from jobs").await,
        0
    );
}

#[sqlx::test]
async fn mail_limits_are_equal_for_registered_and_unknown_addresses(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    for address in ["ada@kith.example", "nobody@kith.example"] {
        for n in 0..6 {
            let mut browser = site.browser().at(&format!("198.51.100.{n}"));
            let answer = browser.post("/sign-up", &fields(address, &format!("tries_{n}"))).await;
            let expected = if n < 5 { StatusCode::SEE_OTHER } else { StatusCode::TOO_MANY_REQUESTS };
            assert_eq!(answer.status, expected, "{address} {n}");
            assert!(n < 5 || answer.header("retry-after").parse::<u64>().unwrap() > 60);
        }
    }
}

#[sqlx::test]
async fn an_invitation_works_once_and_asks_only_for_a_password(pool: PgPool) {
    let site = Site::new(&pool);
    let email = server::identity::users::Email::parse("boss@kith.example").unwrap();
    let username = server::identity::users::Username::parse("boss").unwrap();
    let token =
        server::accounts::invite(&site.server, &email, &username, server::identity::users::Role::Admin).await.unwrap();
    assert_eq!(site.count("select count(*) from users").await, 0, "no half account");
    let mut browser = site.browser();
    let link = format!("/sign-up/invitation?token={}", token.text());
    let answer = browser.get(&link).await;
    assert_eq!(answer.location(), "/sign-up/finish", "the token leaves the address at once");
    let page = browser.get("/sign-up/finish").await;
    let username = page.body.split("autocomplete=\"username\"").nth(1).expect("a field for password managers");
    assert!(username.split('>').next().unwrap().contains("value=\"boss\""), "{}", page.body);
    assert!(
        page.body.contains("@boss") && page.body.contains("new-password") && !page.body.contains("name=\"username\"")
    );
    assert_eq!(
        browser.post("/sign-up/finish", &[("password", "password1")]).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    assert_eq!(browser.post("/sign-up/finish", &[("password", STRONG)]).await.location(), "/");
    assert_eq!(browser.who().await.as_deref(), Some("boss"));
    assert_eq!(site.count("select count(*) from users where role = 'admin'").await, 1);
    let mut late = site.browser();
    late.get(&link).await;
    assert_eq!(late.post("/sign-up/finish", &[("password", STRONG)]).await.location(), "/sign-up");
}
