-- Sessions that ended within the hour. Such an id opens nothing and belongs to nobody any more: it only tells a browser
-- that was signed in a moment ago from a stranger, so that a long text it sends is read and given back.
create table ended_sessions (
    -- as sessions.id had it
    id text primary key,
    ended_at timestamptz not null
);

create index ended_sessions_ended_at on ended_sessions (ended_at);

-- However a session ends, its row is deleted; one that expired ended then, not when it was swept.
create function sessions_ended() returns trigger language plpgsql as $$
begin
    if least(old.expires_at, now()) > now() - interval '1 hour' then
        insert into ended_sessions (id, ended_at) values (old.id, least(old.expires_at, now())) on conflict do nothing;
    end if;
    return null;
end $$;

create trigger sessions_ended after delete on sessions for each row
    when (old.user_id is not null) execute function sessions_ended();
