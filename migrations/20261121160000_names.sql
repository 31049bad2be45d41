-- A name in somebody's words is kept with whom it meant, so that it leads to them under whatever they are called later,
-- and never to somebody else who takes the name. What they wrote is rendered again in the background.

-- Rows of who left are kept until that is done: leaving does not wait for all who ever named somebody.
alter table post_mentions
    drop constraint post_mentions_user_id_fkey,
    -- as the words have it, small
    add column name text;

update post_mentions m set name = u.username from users u where u.id = m.user_id;
alter table post_mentions alter column name set not null;

-- An older copy of the server knows no names: they are those of now.
create function post_mentions_named() returns trigger language plpgsql as $$
begin
    new.name := (select username from users where id = new.user_id);
    return new;
end $$;

create trigger post_mentions_named before insert on post_mentions
    for each row when (new.name is null) execute function post_mentions_named();

-- Whom a bio names.
create table bio_mentions (
    owner_id bigint not null references users on delete cascade,
    -- no reference, as above
    user_id bigint not null,
    name text not null,
    primary key (owner_id, user_id)
);

create index bio_mentions_user_id on bio_mentions (user_id, owner_id);

insert into bio_mentions (owner_id, user_id, name)
select distinct u.id, n.id, n.username
from users u
cross join lateral regexp_matches(lower(u.bio), '@([a-z][a-z0-9_]{2,23})', 'g') m
join users n on n.username = m[1]
where u.bio_html is not null;

-- Who is called otherwise now, or left, and how far the background work has come with what names them.
create table names_changed (
    user_id bigint primary key,
    at timestamptz not null default clock_timestamp(),
    posts_below bigint not null default 9223372036854775807,
    bios_above bigint not null default 0
);

create index names_changed_at on names_changed (at);

-- The row of a person is held alone by whoever changes their name or deletes them; who names them holds it shared, so
-- whatever named them is seen here.
create function users_name_changed() returns trigger language plpgsql as $$
begin
    if exists (select from post_mentions where user_id = old.id) or exists (select from bio_mentions where user_id = old.id)
    then
        insert into names_changed (user_id) values (old.id)
        on conflict (user_id) do update
        set at = excluded.at, posts_below = excluded.posts_below, bios_above = excluded.bios_above;
    end if;
    return null;
end $$;

create trigger users_name_changed after update of username on users for each row
    when (old.username <> new.username) execute function users_name_changed();
create trigger users_name_gone after delete on users for each row execute function users_name_changed();

-- The name of who left is nobody else's for as long as one that was given up.
alter table former_usernames drop constraint former_usernames_user_id_fkey;

-- What a post said before is rendered as it is read.
alter table post_versions drop column html;
