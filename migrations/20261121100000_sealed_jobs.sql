-- Mails that hold a code wait sealed with a key that only the memory of one process has; and work that has an end.
alter table jobs
    -- which process holds the key; null when there is nothing to open
    add column sealed_by uuid,
    -- of no use afterwards: dropped, neither done nor tried again; null when it never is
    add column expires_at timestamptz,
    -- being done until then (`run_at` says the same); null while it waits
    add column leased_until timestamptz;

-- What somebody waits for, which has an end, goes before what can wait.
create index jobs_next on jobs (expires_at, run_at, id) where dead_at is null;
drop index jobs_run_at;
