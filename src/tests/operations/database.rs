//! Databases as operators configure them: the schema of the tables, settings of a role or a pooler, and read-only
//! phases.

use secrecy::SecretString;
use server::{
    config::Source,
    db::{self, Finding, Readiness, Unusable},
};
use sqlx::{ConnectOptions, Connection, PgConnection, PgPool, postgres::PgConnectOptions};

use crate::{
    cli::doctor,
    tests::{Site, support::site::as_served},
};

/// Opens a new connection, with the settings of the database and its roles.
async fn fresh(pool: &PgPool) -> PgConnection {
    pool.connect_options().as_ref().clone().connect().await.unwrap()
}

async fn sql(conn: &mut PgConnection, sql: &str) {
    sqlx::raw_sql(sql).execute(conn).await.unwrap();
}

/// Changes a default of the database, for new connections.
async fn set_default(pool: &PgPool, change: &str) {
    let mut conn = pool.acquire().await.unwrap();
    // Works also while the current default refuses writes.
    sql(&mut conn, "set default_transaction_read_only = off").await;
    let name: String =
        sqlx::query_scalar("select quote_ident(current_database())").fetch_one(&mut *conn).await.unwrap();
    sql(&mut conn, &format!("alter database {name} {change}")).await;
}

/// Creates an empty database beside that of the test; the last line of the test drops it.
async fn another(pool: &PgPool, clauses: &str) -> (String, PgConnectOptions) {
    let name = format!("another_{}", server::base::random::request_id().to_lowercase().replace('-', "_"));
    let statement = format!("create database \"{name}\" {clauses} template template0");
    sqlx::raw_sql(&statement).execute(pool).await.unwrap();
    let options = pool.connect_options().as_ref().clone().database(&name);
    (name, options)
}

async fn drop_database(pool: &PgPool, name: &str) {
    sqlx::raw_sql(&format!("drop database \"{name}\" with (force)")).execute(pool).await.unwrap();
}

#[sqlx::test(migrations = false)]
async fn all_tables_are_in_the_search_paths_first_schema(pool: PgPool) {
    // Removes the tables that the run's template gives a new database.
    let schemas = "drop schema public cascade; create schema public; create schema kith";
    sqlx::raw_sql(schemas).execute(&pool).await.unwrap();
    set_default(&pool, "set search_path = kith, public").await;
    let served = as_served(&pool, 4);
    db::require(&mut fresh(&pool).await).await.unwrap();
    db::migrate(&served).await.unwrap();
    assert_eq!(db::readiness(&served).await.unwrap(), Readiness::Ready);
    let site = Site::with_cast(&served).await;
    let mut ada = site.signed_in("ada").await;
    assert_eq!(ada.who().await.as_deref(), Some("ada"));
    assert_eq!(site.count("select count(*) from kith.sessions where user_id is not null").await, 1);
    assert_eq!(site.count("select count(*) from pg_tables where schemaname = 'public'").await, 0);
    // The same program with another search path must not start a second, empty site.
    set_default(&pool, "set search_path = public, kith").await;
    let why = db::require(&mut fresh(&pool).await).await.unwrap_err();
    assert!(
        matches!(&why, Unusable::OtherSchema { schema, tables, .. } if schema == "public" && tables == "kith"),
        "{why}"
    );
}

#[sqlx::test]
async fn refuses_an_unusable_search_path_in_one_line(pool: PgPool) {
    let mut conn = fresh(&pool).await;
    sql(&mut conn, r#"create schema kith; create schema extensions; create schema "my-kith""#).await;
    for (path, said) in [
        ("public", None),
        ("nowhere, public", None),
        ("kith, public", Some("in the schema public, but")),
        ("nowhere", Some("no schema")),
        (r#""my-kith""#, Some("only have letters")),
    ] {
        sql(&mut conn, &format!("set search_path = {path}")).await;
        let why = db::require(&mut conn).await.err().map(|why| why.to_string());
        match (&why, said) {
            (None, None) => {}
            (Some(why), Some(said)) => assert!(why.contains(said) && !why.contains('\n'), "{path}: {why}"),
            _ => panic!("{path}: {why:?}"),
        }
    }
    sql(&mut conn, "set search_path = public; alter extension pg_trgm set schema extensions").await;
    let why = db::require(&mut conn).await.unwrap_err().to_string();
    assert!(
        why.contains("pg_trgm is in the schema extensions") && why.contains("set search_path = public, extensions"),
        "{why}"
    );
    sql(&mut conn, "set search_path = public, extensions").await;
    db::require(&mut conn).await.unwrap();
    sql(&mut conn, "set default_transaction_read_only = on").await;
    assert!(matches!(db::require(&mut conn).await, Err(Unusable::ReadOnly)));
}

#[sqlx::test(migrations = false)]
async fn a_database_in_another_encoding_is_refused(pool: PgPool) {
    for encoding in ["SQL_ASCII", "LATIN1"] {
        let clauses = format!("encoding '{encoding}' lc_collate 'C' lc_ctype 'C'");
        let (name, options) = another(&pool, &clauses).await;
        let mut conn = options.connect().await.unwrap();
        let why = db::require(&mut conn).await.unwrap_err().to_string();
        assert!(why.contains(encoding) && why.contains("needs UTF8") && !why.contains('\n'), "{why}");
        conn.close().await.unwrap();
        drop_database(&pool, &name).await;
    }
}

#[sqlx::test(migrations = false)]
async fn reports_a_locale_that_folds_only_ascii(pool: PgPool) {
    for (locale, folds) in [("C", false), ("C.UTF-8", true)] {
        let clauses = format!("encoding 'UTF8' locale_provider 'libc' lc_collate 'C' lc_ctype '{locale}'");
        let (name, options) = another(&pool, &clauses).await;
        let mut conn = options.connect().await.unwrap();
        let found = db::findings(&mut conn, 1).await.unwrap();
        assert_eq!(!found.contains(&Finding::FoldsAsciiOnly(locale.to_owned())), folds, "{found:?}");
        db::require(&mut conn).await.unwrap();
        conn.close().await.unwrap();
        drop_database(&pool, &name).await;
    }
}

#[sqlx::test]
async fn limits_that_a_pooler_dropped_are_noticed(pool: PgPool) {
    let lost = |found: Vec<Finding>| {
        found.into_iter().find_map(|finding| match finding {
            Finding::LimitsLost(settings) => Some(settings),
            _ => None,
        })
    };
    let mut kept = as_served(&pool, 1).acquire().await.unwrap();
    assert_eq!(lost(db::findings(&mut kept, 1).await.unwrap()), None);
    let mut bare = fresh(&pool).await;
    let settings = lost(db::findings(&mut bare, 1).await.unwrap()).expect("told");
    assert!(settings.contains(&"statement_timeout = 5s".to_owned()), "{settings:?}");
    // If they are set on the role or the database, as docs/operate.md says, they apply again.
    for limit in settings {
        sql(&mut bare, &format!("set {}", limit.replace("= ", "= '") + "'")).await;
    }
    assert_eq!(lost(db::findings(&mut bare, 1).await.unwrap()), None);
}

#[sqlx::test]
async fn a_pool_larger_than_postgres_allows_is_noticed(pool: PgPool) {
    let mut conn = fresh(&pool).await;
    let told = async |conn: &mut PgConnection, wanted| {
        let found = db::findings(conn, wanted).await.unwrap();
        found.into_iter().find(|finding| matches!(finding, Finding::TooFewConnections { .. })).map(|f| f.to_string())
    };
    let most: i64 =
        sqlx::query_scalar("select current_setting('max_connections')::bigint").fetch_one(&pool).await.unwrap();
    assert_eq!(told(&mut conn, 5).await, None);
    let said = told(&mut conn, u32::try_from(most).unwrap() + 1).await.expect("told");
    assert!(said.contains("max_connections") && said.contains("KITH_DATABASE_CONNECTIONS"), "{said}");
    set_default(&pool, "connection limit 4").await;
    assert!(told(&mut conn, 5).await.is_some_and(|said| said.contains("limit of the database")));
}

#[sqlx::test]
async fn writes_work_again_right_after_a_read_only_phase(pool: PgPool) {
    let served = as_served(&pool, 4);
    let site = Site::with_cast(&served).await;
    let mut ada = site.signed_in("ada").await;
    let post = async |ada: &mut crate::tests::Browser, body: &str| ada.post("/posts", &[("body", body)]).await.status;
    assert_eq!(post(&mut ada, "before").await, 303);
    // The read-only phase: all open and new connections refuse writes.
    set_default(&pool, "set default_transaction_read_only = on").await;
    let mut held = Vec::new();
    for _ in 0..4 {
        let mut conn = served.acquire().await.unwrap();
        sql(&mut conn, "set default_transaction_read_only = on").await;
        held.push(conn);
    }
    drop(held);
    assert_eq!(site.browser().get("/readyz").await.body, "read-only");
    assert_eq!(post(&mut ada, "during").await, 503);
    assert_eq!(ada.get("/").await.status, 200);
    // Only new connections see its end: open ones still refuse.
    set_default(&pool, "reset default_transaction_read_only").await;
    tokio::time::sleep(std::time::Duration::from_millis(150)).await;
    let _ = post(&mut ada, "the one that notices").await;
    for n in 0..8 {
        assert_eq!(post(&mut ada, &format!("after {n}")).await, 303);
    }
    let ready = site.browser().get("/readyz").await;
    assert_eq!((ready.status.as_u16(), ready.body.as_str()), (200, "ok"));
}

#[sqlx::test]
async fn doctor_fails_for_a_read_only_database(pool: PgPool) {
    let url: SecretString = pool.connect_options().to_url_lossy().to_string().into();
    let examine = async || {
        let url = secrecy::ExposeSecret::expose_secret(&url);
        let env = [("DATABASE_URL", url), ("KITH_ORIGIN", "https://kith.example"), ("KITH_DATABASE_CONNECTIONS", "2")];
        doctor::run(&Source::read(None, env).unwrap()).await.map_err(|error| format!("{error:#}"))
    };
    assert_eq!(examine().await, Ok(()));
    set_default(&pool, "set default_transaction_read_only = on").await;
    assert!(examine().await.is_err_and(|why| why.contains("see above")));
}
