-- Submissions that were opened: each file of a record under its participant's own key (keep/open.h).
-- name: schema
CREATE TABLE record (
    instance   TEXT PRIMARY KEY,
    number     INTEGER NOT NULL, -- of its first post in the inbox
    form       TEXT NOT NULL,
    version    TEXT NOT NULL,
    deprecated TEXT,             -- the instance that it edits
    state      INTEGER NOT NULL, -- 0 waits for files, 1 opened, 2 does not open
    code       TEXT,             -- whose key seals its files; NULL while it waits
    coded      INTEGER NOT NULL DEFAULT 0, -- the code is a participant's, not the instance's
    stopped    INTEGER NOT NULL DEFAULT 0,
    why        TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX record_form ON record (form, number);
CREATE TABLE part (
    instance TEXT NOT NULL REFERENCES record (instance) ON DELETE CASCADE,
    name     TEXT NOT NULL,      -- '' is the submission's XML
    data     BLOB NOT NULL,
    PRIMARY KEY (instance, name)
) STRICT;
CREATE TABLE post (
    number   INTEGER PRIMARY KEY,
    instance TEXT NOT NULL
) STRICT;
CREATE INDEX post_instance ON post (instance);
CREATE TABLE walked (
    form    TEXT PRIMARY KEY,
    through INTEGER NOT NULL     -- every record of the inbox up to here was looked at
) STRICT;
-- name: walked_get
SELECT through FROM walked WHERE form = ?1;
-- name: walked_put
INSERT INTO walked (form, through) VALUES (?1, ?2) ON CONFLICT (form) DO UPDATE SET through = excluded.through;
-- name: post_known
SELECT 1 FROM post WHERE number = ?1;
-- name: post_add
INSERT INTO post (number, instance) VALUES (?1, ?2) ON CONFLICT (number) DO NOTHING;
-- name: record_get
SELECT number, form, version, deprecated, state FROM record WHERE instance = ?1;
-- name: record_put
INSERT INTO record (instance, number, form, version, deprecated, state, code, coded, stopped, why)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
ON CONFLICT (instance) DO UPDATE SET number = min(number, excluded.number), deprecated = excluded.deprecated,
    state = excluded.state, code = excluded.code, coded = excluded.coded,
    stopped = max(stopped, excluded.stopped), why = excluded.why;
-- name: record_list
SELECT instance, number, version, deprecated, code, coded, stopped FROM record
WHERE form = ?1 AND state = 1 ORDER BY number;
-- name: record_closed
SELECT instance, number, version, deprecated, stopped,
    (SELECT count(*) FROM post WHERE post.instance = record.instance)
FROM record WHERE form = ?1 AND state <> 1 ORDER BY number;
-- name: record_remove
DELETE FROM record WHERE instance = ?1;
-- name: part_put
INSERT INTO part (instance, name, data) VALUES (?1, ?2, ?3)
ON CONFLICT (instance, name) DO UPDATE SET data = excluded.data;
-- name: part_list
SELECT name, data FROM part WHERE instance = ?1 ORDER BY name;
-- name: part_get
SELECT data FROM part WHERE instance = ?1 AND name = ?2;
-- name: part_clear
DELETE FROM part WHERE instance = ?1;
-- name: form_counts
SELECT state, count(*) FROM record WHERE form = ?1 GROUP BY state;
