//! Removes everything that makes each row slow to insert: foreign keys, further indexes, counting triggers. One join
//! checks a million rows and one sort indexes them, in a tenth of the time that row by row takes. The removed parts are
//! read from the catalogue and restored in the same transaction: other transactions never see the tables without them.

use sqlx::PgConnection;

/// The statements that restore the removed parts, in their order.
pub(super) struct Dressing(Vec<String>);

/// Statements to remove and to restore, in the order of removal. Primary keys and users' unique names stay: rows are
/// inserted in their order.
const CATALOGUE: &str = "
    with bare as (select unnest(array['profile_counts', 'posts', 'post_tags', 'post_mentions', 'post_words', 'likes', 'follows']::regclass[]) as id)
    select format('alter table %s drop constraint %I', conrelid::regclass, conname),
           format('alter table %s add constraint %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid)), 1, oid
    from pg_constraint where contype = 'f' and conrelid in (select id from bare)
    union all
    select format('drop index %s', indexrelid::regclass), pg_get_indexdef(indexrelid), 2, indexrelid
    from pg_index where indrelid in (select id from bare)
      and not exists (select 1 from pg_constraint where conindid = indexrelid and contype in ('p', 'u', 'x'))
    union all
    select format('alter table %s disable trigger user', id), format('alter table %s enable trigger user', id), 3, id
    from (select id from bare union select 'users'::regclass) t
    order by 3, 4";

/// Removes them. From here on readers of the tables wait as well.
pub(super) async fn strip(db: &mut PgConnection) -> sqlx::Result<Dressing> {
    let both: Vec<(String, String)> = sqlx::query_as(CATALOGUE).fetch_all(&mut *db).await?;
    let mut on = Vec::with_capacity(both.len());
    for (off, back) in both {
        sqlx::query(&off).execute(&mut *db).await?;
        on.push(back);
    }
    on.reverse();
    Ok(Dressing(on))
}

/// Restores them; this is where a row that breaks a constraint is found.
pub(super) async fn dress(db: &mut PgConnection, dressing: Dressing) -> sqlx::Result<()> {
    sqlx::query("set local maintenance_work_mem = '256MB'").execute(&mut *db).await?;
    for statement in dressing.0 {
        sqlx::query(&statement).execute(&mut *db).await?;
    }
    Ok(())
}
