//! Detects a database that accepts no writes.

use sqlx::PgConnection;

/// Asks Postgres if the transaction is read-only; on a standby it always is.
pub(super) async fn is_read_only(db: &mut PgConnection) -> sqlx::Result<bool> {
    sqlx::query_scalar!(r#"select current_setting('transaction_read_only')::boolean as "is!""#).fetch_one(db).await
}
