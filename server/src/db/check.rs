//! The requirements on a database beyond its schema: [`require`] refuses a database in which Kith would fail later,
//! [`findings`] reports problems that make it work worse than it could.

use sqlx::PgConnection;

use super::{read_only, settings::SETTINGS};

/// The reason why a database is unusable, and the remedy.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    #[error(transparent)]
    Query(#[from] sqlx::Error),
    #[error(
        "the encoding of the database {database} is {encoding}; Kith needs UTF8: create database … encoding 'UTF8' template template0"
    )]
    Encoding { database: String, encoding: String },
    #[error(
        "the database is read-only (a standby, or default_transaction_read_only is on); name the primary in DATABASE_URL"
    )]
    ReadOnly,
    #[error(
        "no schema in the search_path of the role {role} exists; create one, or: alter role {role} set search_path = public"
    )]
    NoSchema { role: String },
    #[error(
        "the search_path of the role {role} begins with the schema {schema:?}; its name may only have letters, digits and _"
    )]
    SchemaName { role: String, schema: String },
    #[error(
        "the tables of Kith are in the schema {tables}, but the search_path of the role {role} begins with {schema}: alter role {role} set search_path = {tables}"
    )]
    OtherSchema { role: String, schema: String, tables: String },
    #[error(
        "the role {role} may not create tables in the schema {schema}: grant create, usage on schema {schema} to {role}"
    )]
    MayNotCreate { role: String, schema: String },
    #[error(
        "the extension pg_trgm is in the schema {trigrams}, which is not in the search_path of the role {role}: alter role {role} set search_path = {schema}, {trigrams}"
    )]
    Trigrams { role: String, schema: String, trigrams: String },
}

/// Fails for a database in which Kith could not work. All its tables are in one schema: the first of the search path
/// that exists (`current_schema()`).
///
/// # Errors
/// The reason, or [`Unusable::Query`] when the database does not answer.
pub async fn require(db: &mut PgConnection) -> Result<(), Unusable> {
    let facts = sqlx::query!(
        r#"
        select current_database()::text as "database!", current_user::text as "role!",
               current_setting('server_encoding') as "encoding!", current_schema()::text as schema,
               has_schema_privilege(current_schema(), 'create') as may_create
        "#
    )
    .fetch_one(&mut *db)
    .await?;
    let role = facts.role;
    if facts.encoding != "UTF8" {
        return Err(Unusable::Encoding { database: facts.database, encoding: facts.encoding });
    }
    if read_only::is_read_only(db).await? {
        return Err(Unusable::ReadOnly);
    }
    let Some(schema) = facts.schema else { return Err(Unusable::NoSchema { role }) };
    if !schema.chars().all(|c| c.is_alphanumeric() || c == '_') || schema.starts_with(|c: char| c.is_numeric()) {
        return Err(Unusable::SchemaName { role, schema });
    }
    if let Some(tables) = other_schema(db, &schema).await? {
        return Err(Unusable::OtherSchema { role, schema, tables });
    }
    if facts.may_create != Some(true) {
        return Err(Unusable::MayNotCreate { role, schema });
    }
    match unreachable_trigrams(db).await? {
        Some(trigrams) => Err(Unusable::Trigrams { role, schema, trigrams }),
        None => Ok(()),
    }
}

/// Returns the schema of an older installation, if it is on the search path and the first schema has none.
async fn other_schema(db: &mut PgConnection, first: &str) -> sqlx::Result<Option<String>> {
    let schemas = sqlx::query_scalar!(
        r#"
        select n.nspname::text as "name!" from pg_namespace n
        where n.nspname = any (current_schemas(false))
          and exists (select from pg_class c where c.relnamespace = n.oid and c.relname = '_sqlx_migrations')
          and exists (select from pg_class c where c.relnamespace = n.oid and c.relname = 'known_browsers')
        order by array_position(current_schemas(false), n.nspname)
        "#
    )
    .fetch_all(db)
    .await?;
    Ok(schemas.iter().all(|schema| schema != first).then(|| schemas.into_iter().next()).flatten())
}

async fn unreachable_trigrams(db: &mut PgConnection) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar!(
        r#"
        select n.nspname::text as "name!" from pg_extension e join pg_namespace n on n.oid = e.extnamespace
        where e.extname = 'pg_trgm' and n.nspname <> all (current_schemas(true))
        "#
    )
    .fetch_optional(db)
    .await
}

/// A finding for the operator.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Finding {
    #[error(
        "{} not in force for these connections (a pooler such as PgBouncer drops what a connection asks for): set them on the role, as docs/operate.md says",
        .0.join(", ")
    )]
    LimitsLost(Vec<String>),
    #[error(
        "this instance opens up to {wanted}, but Postgres allows {allowed}: lower KITH_DATABASE_CONNECTIONS, or raise {setting}"
    )]
    TooFewConnections { wanted: u32, allowed: i32, setting: String },
    #[error(
        "LC_CTYPE is {0}: searches by rough spelling find names in ASCII letters only; a database with C.UTF-8 or another UTF-8 locale does better"
    )]
    FoldsAsciiOnly(String),
}

impl Finding {
    /// Returns true if something will fail because of it.
    pub fn is_fault(&self) -> bool {
        !matches!(self, Self::FoldsAsciiOnly(_))
    }
}

/// Compares a connection from the pool with the requested settings. `wanted` is the size of the pool.
///
/// # Errors
/// When the database does not answer.
pub async fn findings(db: &mut PgConnection, wanted: u32) -> sqlx::Result<Vec<Finding>> {
    let mut found = Vec::new();
    let lost_settings = lost_limits(db).await?;
    if !lost_settings.is_empty() {
        found.push(Finding::LimitsLost(lost_settings));
    }
    let (allowed, setting) = allowed_connections(db).await?;
    if i64::from(wanted) > i64::from(allowed) {
        found.push(Finding::TooFewConnections { wanted, allowed, setting });
    }
    let folding = sqlx::query!(
        r#"
        select lower(U&'\00C4\0416') = U&'\00E4\0436' as "folds!", datctype as "locale!"
        from pg_database where datname = current_database()
        "#
    )
    .fetch_one(db)
    .await?;
    if !folding.folds {
        found.push(Finding::FoldsAsciiOnly(folding.locale));
    }
    Ok(found)
}

/// Returns the requested settings that this connection does not have. TCP settings are skipped: they have no effect on
/// a socket.
async fn lost_limits(db: &mut PgConnection) -> sqlx::Result<Vec<String>> {
    let asked = SETTINGS.iter().filter(|(name, _)| !name.starts_with("tcp_"));
    let (names, values): (Vec<String>, Vec<String>) =
        asked.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).unzip();
    sqlx::query_scalar!(
        r#"
        select name || ' = ' || value as "setting!" from unnest($1::text[], $2::text[]) as asked (name, value)
        where current_setting(name, true) is distinct from value
        "#,
        &names,
        &values,
    )
    .fetch_all(db)
    .await
}

/// Returns the most connections this role can have in this database, and the setting that limits them.
async fn allowed_connections(db: &mut PgConnection) -> sqlx::Result<(i32, String)> {
    let limit = sqlx::query!(
        r#"
        select count as "count!", setting as "setting!" from (
            select current_setting('max_connections')::int - case when r.rolsuper then 0 else
                       current_setting('superuser_reserved_connections')::int
                       + coalesce(current_setting('reserved_connections', true)::int, 0)
                   end as count, 'max_connections' as setting
            from pg_roles r where r.rolname = current_user
            union all
            select r.rolconnlimit, 'the connection limit of the role' from pg_roles r
            where r.rolname = current_user and r.rolconnlimit >= 0 and not r.rolsuper
            union all
            select d.datconnlimit, 'the connection limit of the database' from pg_database d
            where d.datname = current_database() and d.datconnlimit >= 0
        ) limits
        order by count limit 1
        "#
    )
    .fetch_one(db)
    .await?;
    Ok((limit.count, limit.setting))
}
