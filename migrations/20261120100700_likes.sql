create table likes (
    post_id bigint not null references posts on delete cascade,
    user_id bigint not null references users on delete cascade,
    created_at timestamptz not null default now(),
    primary key (post_id, user_id)
);

create index likes_user_id on likes (user_id);

-- Statement triggers, so that they also run for the cascades of a deleted person or post.
create function likes_count_added() returns trigger language plpgsql as $$
begin
    update posts p set like_count = p.like_count + n.n
    from (select post_id, count(*) as n from added group by post_id) n
    where p.id = n.post_id;
    return null;
end $$;

create function likes_count_removed() returns trigger language plpgsql as $$
begin
    update posts p set like_count = p.like_count - n.n
    from (select post_id, count(*) as n from removed group by post_id) n
    where p.id = n.post_id;
    return null;
end $$;

create trigger likes_count_added after insert on likes
    referencing new table as added for each statement execute function likes_count_added();
create trigger likes_count_removed after delete on likes
    referencing old table as removed for each statement execute function likes_count_removed();
