-- Posts and bios are rendered when they are written. The version says by which rules: the background work renders again
-- what an older version of the server rendered. 0 is also what an older copy of the server writes.
alter table posts add column render_version smallint not null default 0;
alter table users add column bio_version smallint not null default 0;

-- Nearly empty once the background work is done: what it looks for.
create index posts_outdated on posts (id) where render_version < 1 and deleted_at is null;
create index users_outdated on users (id) where bio_version < 1;

-- An older copy may change a post's words, but neither how they look nor by which rules.
create or replace function posts_forget_html() returns trigger language plpgsql as $$
begin
    if new.body is distinct from old.body then
        if new.html is not distinct from old.html then
            new.html := null;
        end if;
        if new.render_version = old.render_version then
            new.render_version := 0;
        end if;
    end if;
    return new;
end $$;

create or replace function users_bio_changed() returns trigger language plpgsql as $$
begin
    if new.bio is distinct from old.bio then
        if new.bio_html is not distinct from old.bio_html then
            new.bio_html := null;
        end if;
        if new.bio_version = old.bio_version then
            new.bio_version := 0;
        end if;
    end if;
    return new;
end $$;

-- One user can be mentioned by two names in one text: the one of now, and a former one that still leads to them.
alter table post_mentions drop constraint post_mentions_pkey, add primary key (post_id, user_id, name);
alter table bio_mentions drop constraint bio_mentions_pkey, add primary key (owner_id, user_id, name);
