//! The rules of the schema as a whole.

use sqlx::PgPool;

use crate::tests::Site;

/// References deleted together with a user or a post that have no index to find them by, and the reason. None at
/// present.
const EXCEPTIONS: [&str; 0] = [];

/// Constraints by which deleting a row deletes others (or empties their reference), without an index that leads with
/// exactly their columns. A partial index without the rows that refer to nothing is sufficient as well.
const UNSUPPORTED: &str = "
    select c.conname::text from pg_constraint c
    where c.contype = 'f' and c.confdeltype in ('c', 'n') and c.connamespace = 'public'::regnamespace and not exists (
        select from pg_index i where i.indrelid = c.conrelid and i.indisvalid
          and (select array_agg(k order by k) from unnest((i.indkey::int2[])[0:cardinality(c.conkey) - 1]) k)
              = (select array_agg(k order by k) from unnest(c.conkey) k)
          and (i.indpred is null or cardinality(c.conkey) = 1 and pg_get_expr(i.indpred, i.indrelid) = (
              select format('(%I IS NOT NULL)', a.attname) from pg_attribute a
              where a.attrelid = c.conrelid and a.attnum = c.conkey[1]
          ))
    )
    order by 1";

#[sqlx::test]
async fn every_foreign_key_with_delete_action_has_an_index(pool: PgPool) {
    let missing: Vec<String> = sqlx::query_scalar(UNSUPPORTED).fetch_all(&pool).await.unwrap();
    assert_eq!(missing, EXCEPTIONS, "nothing but the exceptions, and no exception that is none any more");
    // Without an index the test would notice.
    let site = Site::new(&pool);
    site.sql("drop index unlikes_by_user").await;
    let missing: Vec<String> = sqlx::query_scalar(UNSUPPORTED).fetch_all(&pool).await.unwrap();
    assert_eq!(missing, ["unlikes_user_id_fkey"]);
}
