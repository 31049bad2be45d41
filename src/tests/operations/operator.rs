//! The operator's commands, as they are typed.

use clap::Parser;
use sqlx::PgPool;

use crate::{
    cli::{Cli, user::User},
    tests::Site,
};

#[derive(Parser)]
struct Line {
    #[command(subcommand)]
    user: User,
}

async fn kith_user(site: &Site, line: &str) -> Result<(), String> {
    let words = std::iter::once("user").chain(line.split(' '));
    let line = Line::try_parse_from(words).map_err(|error| error.to_string())?;
    line.user.run(&site.server).await.map_err(|error| format!("{error:#}"))
}

#[test]
fn command_line_definition_is_valid() {
    use clap::CommandFactory;
    Cli::command().debug_assert();
}

#[sqlx::test]
async fn operator_lists_signs_out_suspends_and_restores_users(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut alan = site.signed_in("alan").await;
    kith_user(&site, "list al").await.unwrap();
    kith_user(&site, "sign-out @Alan").await.unwrap();
    assert_eq!(alan.who().await, None);
    alan.sign_in("alan").await;
    kith_user(&site, "suspend alan@kith.example --reason adverts --hours 2").await.unwrap();
    assert_eq!(alan.who().await, None);
    kith_user(&site, "restore alan").await.unwrap();
    alan.sign_in("alan").await;
    assert_eq!(
        site.count("select count(*) from audit_events where kind in ('suspended', 'restored', 'everywhere_ended')")
            .await,
        3
    );
}

#[sqlx::test]
async fn operator_changes_roles_and_starts_password_resets(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    kith_user(&site, "role alan admin").await.unwrap();
    assert_eq!(site.count("select count(*) from users where username = 'alan' and role = 'admin'").await, 1);
    kith_user(&site, "role alan member").await.unwrap();
    kith_user(&site, "reset alan").await.unwrap();
    assert_eq!(site.count("select count(*) from jobs where kind = 'reset_link'").await, 1);
    kith_user(&site, "show alan").await.unwrap();
    assert!(kith_user(&site, "role alan emperor").await.is_err());
}

#[sqlx::test]
async fn explains_refused_commands_in_one_line(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    for (line, why) in [
        ("sign-out nobody_here", "nobody has the username"),
        ("create-admin --email ada@kith.example --username newcomer", "already has an account"),
        ("create-admin --email new@kith.example --username ada", "taken"),
        ("create-admin --email nonsense --username newcomer", "e-mail address"),
        ("suspend alan --reason x --hours 0", "at least 1"),
        ("suspend alan --reason x --hours=-5", "at least 1"),
        ("suspend alan --reason x --hours 876001", "at most 876000"),
        ("suspend alan --reason x --hours 87600000", "at most 876000"),
        ("suspend alan --reason x --hours 2147483647", "at most 876000"),
    ] {
        let said = kith_user(&site, line).await.expect_err(line);
        assert!(said.contains(why) && !said.contains('\n'), "{line}: {said}");
    }
    assert_eq!(site.count("select count(*) from registrations").await, 0);
    assert_eq!(site.count("select count(*) from users where suspended_at is not null").await, 0);
    for beyond in ["2147483648", "99999999999999999999", "1e3", "ten"] {
        assert!(kith_user(&site, &format!("suspend alan --reason x --hours {beyond}")).await.is_err(), "{beyond}");
    }
}

#[sqlx::test]
async fn displays_a_suspension_of_a_hundred_years(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    kith_user(&site, "suspend alan --reason x --hours 876000").await.unwrap();
    let until: String =
        sqlx::query_scalar("select to_char(suspended_until, 'YYYY-MM-DD') from users where username = 'alan'")
            .fetch_one(&pool)
            .await
            .unwrap();
    assert!(crate::cli::user::shown(&site.server, "alan").await.unwrap().contains(&format!("until {until}")));
    kith_user(&site, "list").await.unwrap();
}

#[sqlx::test]
async fn suspension_ends_beyond_the_calendar_count_as_permanent(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    kith_user(&site, "suspend alan --reason adverts").await.unwrap();
    for until in ["12026-01-01", "294276-12-31", "infinity", "10000-01-01"] {
        site.sql(&format!("update users set suspended_until = '{until}' where username = 'alan'")).await;
        kith_user(&site, "list").await.unwrap();
        let shown = crate::cli::user::shown(&site.server, "alan").await.unwrap();
        assert!(shown.contains(" UTC for good: adverts"), "{until}: {shown}");
        let answer = site.browser().try_sign_in("alan", crate::tests::PASSWORD).await;
        assert_eq!(answer.status, 422, "{until}");
        assert!(answer.body.contains("This account is suspended. The reason given: adverts"), "{until}");
    }
}

#[sqlx::test]
async fn finds_accounts_by_international_address(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    site.sql("update users set email = 'Ana@xn--bcher-kva.example' where username = 'alan'").await;
    for who in [
        "ana@bücher.example",
        "ANA@BÜCHER.example",
        " ana@xn--bcher-kva.example",
        "@alan",
        "ＡＬＡＮ",
        "ana＠bücher.example",
    ] {
        let shown = crate::cli::user::shown(&site.server, who).await.unwrap_or_else(|why| panic!("{who}: {why}"));
        assert!(shown.starts_with("@alan"), "{who}: {shown}");
    }
    for part in ["bücher", "ana@bücher.example", "Bücher.example", "xn--bcher", "ala"] {
        let found = server::accounts::list(&site.server, part, 10).await.unwrap();
        assert_eq!(found.iter().map(|found| found.username.as_str()).collect::<Vec<_>>(), ["alan"], "{part}");
    }
}

/// A writer that refuses everything.
struct Closed;

impl std::io::Write for Closed {
    fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
        Err(std::io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[sqlx::test]
async fn invites_only_if_the_link_can_be_written(pool: PgPool) {
    use crate::cli::user::invite_admin;
    let site = Site::new(&pool);
    let mut second = Vec::new();
    invite_admin(&site.server, "boss@kith.example", "boss", &mut [&mut Closed, &mut second]).await.unwrap();
    assert!(String::from_utf8(second).unwrap().contains("https://kith.example/sign-up/invitation?token="));
    assert_eq!(site.count("select count(*) from registrations").await, 1);
    let refused = invite_admin(&site.server, "two@kith.example", "two", &mut [&mut Closed, &mut Closed]).await;
    assert!(refused.is_err_and(|why| why.to_string().contains("nobody was invited")));
    assert_eq!(site.count("select count(*) from registrations where username = 'two'").await, 0);
}

#[sqlx::test]
async fn inviting_an_administrator_creates_no_user_yet(pool: PgPool) {
    let site = Site::new(&pool);
    kith_user(&site, "create-admin --email boss@kith.example --username boss").await.unwrap();
    assert_eq!(site.count("select count(*) from users").await, 0);
    assert_eq!(site.count("select count(*) from registrations where role = 'admin'").await, 1);
}

#[sqlx::test]
async fn a_suspension_invalidates_earlier_email_links_and_codes(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    let mut alan = site.browser();
    alan.post("/forgot-password", &[("email", "alan@kith.example")]).await;
    let token = crate::tests::identity::recovery::link_to(&site, "alan@kith.example", "/reset-password").await;
    alan.post("/sign-in/code/send", &[("email", "alan@kith.example")]).await;
    let code = site.code_to("alan@kith.example").await;
    kith_user(&site, "suspend alan --reason spam").await.unwrap();
    kith_user(&site, "restore alan").await.unwrap();
    alan.get(&format!("/reset-password?token={token}")).await;
    assert_eq!(alan.get("/reset-password").await.location(), "/forgot-password");
    assert_eq!(alan.post("/sign-in/code", &[("code", &code)]).await.location(), "/sign-in/code");
    assert_eq!(alan.who().await, None);
}

#[sqlx::test]
async fn shows_the_state_and_history_of_an_account(pool: PgPool) {
    let site = Site::with_cast(&pool).await;
    site.signed_in("grace").await;
    let of = async |who: &str| crate::cli::user::shown(&site.server, who).await.unwrap();
    let minute = |at: &str| {
        let sql = format!(
            "select to_char({at} at time zone 'utc', 'YYYY-MM-DD HH24:MI') from users u where username = 'grace'"
        );
        let db = site.server.db();
        async move { sqlx::query_scalar::<_, String>(&sql).fetch_one(db).await.unwrap() }
    };
    let signed_in = minute("(select at from audit_events where kind = 'signed_in')").await;
    let shown = of("grace").await;
    for part in ["@grace", "moderator", "grace@kith.example", "1 session", "not suspended"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let event = format!("{signed_in} UTC  Signed in with your password  Firefox 144 on Linux  203.0.113.7");
    assert!(shown.lines().any(|line| line == event), "{event}: {shown}");
    kith_user(&site, "suspend grace --reason adverts --hours 49").await.unwrap();
    let (since, until) = (minute("u.suspended_at").await, minute("u.suspended_until").await);
    let shown = of("grace@kith.example").await;
    assert!(shown.contains(&format!("suspended since {since} UTC until {until} UTC: adverts")), "{shown}");
    assert!(shown.contains("0 sessions") && !shown.contains("not suspended"), "{shown}");
    // The operator's actions have neither device nor address.
    let event = format!("{since} UTC  The account was suspended: adverts");
    assert!(shown.lines().any(|line| line == event), "{event}: {shown}");
    let told = site.browser().try_sign_in("grace", crate::tests::PASSWORD).await;
    let day = &until[..10];
    assert!(
        told.body.contains(&format!("This account is suspended until {day}. The reason given: adverts")),
        "{}",
        told.body
    );
    kith_user(&site, "restore grace").await.unwrap();
    kith_user(&site, "suspend grace --reason adverts").await.unwrap();
    assert!(of("grace").await.contains(" UTC for good: adverts"));
    let told = site.browser().try_sign_in("grace", crate::tests::PASSWORD).await;
    assert!(told.body.contains("This account is suspended. The reason given: adverts"), "{}", told.body);
}
