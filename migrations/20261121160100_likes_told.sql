-- Of a row about likes only whether any are left is to be asked. `notifications_holds` asks the same among other things, and
-- took a good part of the time in which somebody who likes twenty thousand posts leaves.
create or replace function likes_told_removed() returns trigger language plpgsql as $$
begin
    update notifications n set withdrawn_at = now()
    from (select distinct post_id from removed) r
    where n.post_id = r.post_id and n.kind = 'like' and n.withdrawn_at is null
      and not exists (select from likes l where l.post_id = n.post_id and is_told(n.user_id, l.user_id));
    return null;
end $$;
