-- An export reads the unlikes of a user in pages by this index, and a deletion finds them by it.
create index unlikes_by_user on unlikes (user_id, post_id);
drop index unlikes_user_id;
