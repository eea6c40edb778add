-- Classes are listed by full name again.

ALTER TABLE users DROP COLUMN family_name;
