-- What somebody who arrives looks like elsewhere, for the page on which they choose a name: asked for once.
alter table arrivals
    add column face_asked boolean not null default false,
    -- small, made anew by us; none until it is there, or when it cannot be had
    add column face bytea,
    add column face_type text,
    add constraint arrivals_face_whole check ((face is null) = (face_type is null));
