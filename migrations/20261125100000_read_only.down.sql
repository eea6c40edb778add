-- Takes the switch and its guards away; a site in read-only mode accepts changes again.

DROP FUNCTION internal.refuse_when_read_only() CASCADE;
DROP FUNCTION internal.set_read_only(boolean);
DROP TABLE internal.read_only;
