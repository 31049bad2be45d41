create table follows (
    follower_id bigint not null references users on delete cascade,
    followee_id bigint not null references users on delete cascade,
    created_at timestamptz not null default now(),
    primary key (follower_id, followee_id),
    constraint follows_not_oneself check (follower_id <> followee_id)
);

create index follows_followee_id on follows (followee_id, follower_id);

-- Both sides in one statement and in the order of their ids, so that two people who follow each other at the same
-- moment cannot wait for one another.
create function follows_count(changed bigint[], followers bigint[], following bigint[]) returns void language sql as $$
    with delta as (
        select user_id, sum(a)::bigint as followers, sum(b)::bigint as following
        from unnest(changed, followers, following) as d (user_id, a, b) group by user_id
    ), locked as (
        select c.user_id from profile_counts c join delta using (user_id) order by c.user_id for no key update of c
    )
    update profile_counts c set followers = c.followers + d.followers, following = c.following + d.following
    from delta d join locked using (user_id) where c.user_id = d.user_id;
$$;

create function follows_count_added() returns trigger language plpgsql as $$
begin
    perform follows_count(array_agg(u), array_agg(a), array_agg(b)) from (
        select followee_id, 1::bigint, 0::bigint from added union all select follower_id, 0, 1 from added
    ) d (u, a, b);
    return null;
end $$;

create function follows_count_removed() returns trigger language plpgsql as $$
begin
    perform follows_count(array_agg(u), array_agg(a), array_agg(b)) from (
        select followee_id, -1::bigint, 0::bigint from removed union all select follower_id, 0, -1 from removed
    ) d (u, a, b);
    return null;
end $$;

create trigger follows_count_added after insert on follows
    referencing new table as added for each statement execute function follows_count_added();
create trigger follows_count_removed after delete on follows
    referencing old table as removed for each statement execute function follows_count_removed();
