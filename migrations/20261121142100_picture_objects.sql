-- Pictures may lie in a bucket instead: their row names what they are called there, and holds no bytes then.
alter table avatar_images
    alter column small drop not null,
    alter column large drop not null,
    add column object text,
    add constraint avatar_images_somewhere check (
        case when object is null then small is not null and large is not null else small is null and large is null end
    );

-- To find out whose an object in the bucket is.
create unique index avatar_images_object on avatar_images (object) where object is not null;
