-- A class is listed by family name, which the full name does not tell apart (« Marie Le Goff »).

ALTER TABLE users ADD COLUMN family_name text CONSTRAINT family_name_length CHECK (char_length(family_name) <= 255);

COMMENT ON COLUMN users.family_name IS 'The part of the name by which a class is sorted; null when the platform does not tell it.';
