-- A code may also prove an address, or the account that has it, to somebody who comes from a provider.
alter table codes drop constraint codes_purpose_known;
alter table codes add constraint codes_purpose_known
    check (purpose in ('sign_in', 'elevate', 'change_email', 'arrive'));
