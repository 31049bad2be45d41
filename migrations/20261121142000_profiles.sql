-- What people say of themselves besides their bio. A copy of the server that knows none of it goes on as before.
alter table users
    add column pronouns text not null default '',
    add column place text not null default '',
    -- addresses on the web, in the order in which they are shown
    add column links text[] not null default '{}',
    -- the bio as it is shown; null: as it was typed
    add column bio_html text,
    add constraint users_pronouns_length check (char_length(pronouns) <= 30),
    add constraint users_place_length check (char_length(place) <= 50),
    add constraint users_links_few check (cardinality(links) <= 4 and octet_length(array_to_string(links, '')) <= 4096);

-- Who changes the bio alone, as an older copy of the server does, leaves no HTML of another bio behind.
create function users_bio_changed() returns trigger language plpgsql as $$
begin
    if new.bio is distinct from old.bio and new.bio_html is not distinct from old.bio_html then
        new.bio_html := null;
    end if;
    return new;
end $$;

create trigger users_bio_changed before update of bio on users
    for each row execute function users_bio_changed();

-- Somebody's replies, newest first.
create index posts_replies_by_author on posts (author_id, id desc) where parent_id is not null;

-- What somebody liked, the newest like first. It also serves whatever the index before it did.
create index likes_by_person on likes (user_id, created_at desc, post_id desc);
drop index likes_user_id;

-- Who follows somebody and whom they follow, the newest first. The first of them serves what the index before it did.
create index follows_followers on follows (followee_id, created_at desc, follower_id desc);
create index follows_following on follows (follower_id, created_at desc, followee_id desc);
drop index follows_followee_id;
