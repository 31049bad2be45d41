-- Tables, columns and functions are called by the standard terms (docs, glossary in CONTRIBUTING.md).

alter table codes rename to email_codes;
alter table email_codes rename column tries to attempts;
alter table email_codes rename constraint codes_pkey to email_codes_pkey;
alter table email_codes rename constraint codes_flow_key to email_codes_flow_key;
alter table email_codes rename constraint codes_user_id_fkey to email_codes_user_id_fkey;
alter table email_codes rename constraint codes_purpose_known to email_codes_purpose_known;
alter index codes_user_id rename to email_codes_user_id;
alter index codes_expires_at rename to email_codes_expires_at;

alter table links rename to email_links;
alter table email_links rename constraint links_pkey to email_links_pkey;
alter table email_links rename constraint links_token_key to email_links_token_key;
alter table email_links rename constraint links_user_id_fkey to email_links_user_id_fkey;
alter table email_links rename constraint links_purpose_known to email_links_purpose_known;
alter index links_user_id rename to email_links_user_id;
alter index links_expires_at rename to email_links_expires_at;
alter index links_earlier_hashes rename to email_links_earlier_hashes;

alter table oauth_flows rename to authorization_requests;
alter table authorization_requests rename constraint oauth_flows_pkey to authorization_requests_pkey;
alter table authorization_requests rename constraint oauth_flows_intent_known to authorization_requests_intent_known;
alter table authorization_requests rename constraint oauth_flows_owner_whole to authorization_requests_owner_whole;
alter table authorization_requests rename constraint oauth_flows_user_id_fkey to authorization_requests_user_id_fkey;
alter index oauth_flows_expires_at rename to authorization_requests_expires_at;
alter index oauth_flows_user_id rename to authorization_requests_user_id;

alter table arrivals rename to pending_oauth_sign_ups;
alter table pending_oauth_sign_ups rename column proved to verified;
alter table pending_oauth_sign_ups rename column face to avatar;
alter table pending_oauth_sign_ups rename column face_type to avatar_type;
alter table pending_oauth_sign_ups rename column face_asked to avatar_requested;
alter table pending_oauth_sign_ups rename constraint arrivals_pkey to pending_oauth_sign_ups_pkey;
alter table pending_oauth_sign_ups rename constraint arrivals_face_whole to pending_oauth_sign_ups_avatar_whole;
alter index arrivals_expires_at rename to pending_oauth_sign_ups_expires_at;

alter table registrations rename column code_tries to code_attempts;
alter table registrations rename column proved_at to verified_at;

alter table lively_tags rename to trending_tags;
alter table trending_tags rename column people to users;
alter table trending_tags rename constraint lively_tags_pkey to trending_tags_pkey;
alter table lively_counted rename to trending_count;
alter table trending_count rename column at to counted_at;
alter table trending_count rename constraint lively_counted_pkey to trending_count_pkey;
alter table trending_count rename constraint lively_counted_one_row to trending_count_one_row;

alter table names_changed rename to changed_usernames;
alter table changed_usernames rename constraint names_changed_pkey to changed_usernames_pkey;
alter index names_changed_at rename to changed_usernames_at;

alter table sessions rename column how to sign_in_method;

create or replace function users_name_changed() returns trigger language plpgsql as $$
begin
    if exists (select from post_mentions where user_id = old.id) or exists (select from bio_mentions where user_id = old.id)
    then
        insert into changed_usernames (user_id) values (old.id)
        on conflict (user_id) do update
        set at = excluded.at, posts_below = excluded.posts_below, bios_above = excluded.bios_above;
    end if;
    return null;
end $$;

alter function is_told(bigint, bigint) rename to is_notified;
alter function likes_told_removed() rename to likes_notified_removed;
alter function follows_told_removed() rename to follows_notified_removed;
alter function posts_told_deleted() rename to posts_notified_deleted;
alter function posts_told_held() rename to posts_notified_locked;
alter function users_told_suspended() rename to users_notified_suspended;
alter trigger likes_told_removed on likes rename to likes_notified_removed;
alter trigger follows_told_removed on follows rename to follows_notified_removed;
alter trigger posts_told_deleted on posts rename to posts_notified_deleted;
alter trigger posts_told_held on posts rename to posts_notified_locked;
alter trigger users_told_suspended on users rename to users_notified_suspended;

create or replace function likes_notified_removed() returns trigger language plpgsql as $$
begin
    perform from notifications n
    where n.post_id in (select post_id from removed) and n.kind = 'like' and n.withdrawn_at is null
    order by n.id for no key update;
    update notifications n set withdrawn_at = now()
    from (select distinct post_id from removed) r
    where n.post_id = r.post_id and n.kind = 'like' and n.withdrawn_at is null
      and not exists (select from likes l where l.post_id = n.post_id and is_notified(n.user_id, l.user_id));
    return null;
end $$;

create or replace function notifications_holds(told notifications) returns boolean language sql stable as $$
    select case told.kind
        when 'like' then exists (
            select from likes l where l.post_id = told.post_id and is_notified(told.user_id, l.user_id)
        )
        when 'follow' then is_notified(told.user_id, told.actor_id) and exists (
            select from follows f where f.follower_id = told.actor_id and f.followee_id = told.user_id
        )
        when 'mention' then is_notified(told.user_id, told.actor_id) and exists (
            select from post_mentions m where m.post_id = told.post_id and m.user_id = told.user_id
        )
        else is_notified(told.user_id, told.actor_id)
    end
$$;

alter table email_codes drop constraint email_codes_purpose_known;
update email_codes set purpose = 'oauth_sign_up' where purpose = 'arrive';
alter table email_codes add constraint email_codes_purpose_known
    check (purpose in ('sign_in', 'elevate', 'change_email', 'oauth_sign_up'));

-- The end of the reservation, not its start.
alter table former_usernames rename column released_at to reserved_until;
