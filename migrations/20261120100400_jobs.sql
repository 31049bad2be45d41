-- Work that leaves the machine, written by the transaction that wants it done and carried out after it commits.
create table jobs (
    id bigint generated always as identity primary key,
    kind text not null,
    payload jsonb not null,
    created_at timestamptz not null default now(),
    run_at timestamptz not null default now(),
    attempts smallint not null default 0,
    last_error text,
    -- given up on: kept for the operator (`kith doctor`) until the sweeper removes it
    dead_at timestamptz
);

create index jobs_run_at on jobs (run_at) where dead_at is null;
