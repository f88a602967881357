-- The running of the field: what is out, who carries it, who goes where, who looked at what.
-- No answer of anyone; secrets as hashes (fieldwork.h).
-- name: schema
CREATE TABLE form (
    country TEXT NOT NULL, id TEXT NOT NULL, version TEXT NOT NULL,
    title TEXT NOT NULL, evidence TEXT NOT NULL, state INTEGER NOT NULL, current INTEGER NOT NULL,
    encrypted INTEGER NOT NULL, xml TEXT NOT NULL, md5 TEXT NOT NULL, draft_token TEXT,
    own_assignments INTEGER NOT NULL, own_quotas INTEGER NOT NULL,
    clear TEXT NOT NULL, self TEXT, who INTEGER NOT NULL,
    strand INTEGER NOT NULL, purpose TEXT NOT NULL, dataset TEXT,
    PRIMARY KEY (country, id, version)) WITHOUT ROWID;
CREATE TABLE media (
    country TEXT NOT NULL, form TEXT NOT NULL, version TEXT NOT NULL, name TEXT NOT NULL,
    path TEXT, md5 TEXT,
    PRIMARY KEY (country, form, version, name)) WITHOUT ROWID;
CREATE TABLE device (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, country TEXT NOT NULL, team TEXT NOT NULL,
    person TEXT NOT NULL, token_hash TEXT NOT NULL UNIQUE, revoked INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE person (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, country TEXT NOT NULL, team TEXT NOT NULL,
    role TEXT NOT NULL, password TEXT, totp TEXT, ha1 TEXT, active INTEGER NOT NULL,
    totp_step INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE assignment (
    country TEXT NOT NULL, kind TEXT NOT NULL, psu TEXT NOT NULL, unit TEXT NOT NULL,
    person TEXT NOT NULL, team TEXT NOT NULL, place INTEGER NOT NULL, note TEXT NOT NULL,
    PRIMARY KEY (country, kind, psu, unit)) WITHOUT ROWID;
CREATE TABLE quota (
    country TEXT NOT NULL, cell TEXT NOT NULL, target INTEGER NOT NULL, done INTEGER NOT NULL,
    PRIMARY KEY (country, cell)) WITHOUT ROWID;
CREATE TABLE review (
    number INTEGER PRIMARY KEY, country TEXT NOT NULL, form TEXT NOT NULL, instance TEXT NOT NULL,
    record INTEGER NOT NULL, state TEXT NOT NULL, person TEXT NOT NULL, comment TEXT NOT NULL,
    at INTEGER NOT NULL);
CREATE INDEX review_of ON review (country, form, instance, number);
-- name: changes
PRAGMA data_version;

-- name: form_list
SELECT country, id, version, title, evidence, state, current, encrypted, xml, md5, draft_token,
       own_assignments, own_quotas, clear, self, who, strand, purpose, dataset
  FROM form ORDER BY country, id, version;
-- name: form_one
SELECT country, id, version, title, evidence, state, current, encrypted, xml, md5, draft_token,
       own_assignments, own_quotas, clear, self, who, strand, purpose, dataset
  FROM form WHERE country = ?1 AND id = ?2 AND version = ?3;
-- name: form_retire
UPDATE form SET current = 0 WHERE country = ?1 AND id = ?2;
-- name: form_put
INSERT INTO form (country, id, version, title, evidence, state, current, encrypted, xml, md5,
                  draft_token, own_assignments, own_quotas, clear, self, who, strand, purpose, dataset)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19)
ON CONFLICT (country, id, version) DO UPDATE SET
    title = excluded.title, evidence = excluded.evidence, state = excluded.state,
    current = excluded.current, encrypted = excluded.encrypted, xml = excluded.xml,
    md5 = excluded.md5, draft_token = excluded.draft_token,
    own_assignments = excluded.own_assignments, own_quotas = excluded.own_quotas,
    clear = excluded.clear, self = excluded.self, who = excluded.who, strand = excluded.strand,
    purpose = excluded.purpose, dataset = excluded.dataset;
-- name: form_state
UPDATE form SET state = ?3 WHERE country = ?1 AND id = ?2 AND state <> 0 RETURNING version;
-- name: media_list
SELECT name, path, md5 FROM media WHERE country = ?1 AND form = ?2 AND version = ?3 ORDER BY name;
-- name: media_clear
DELETE FROM media WHERE country = ?1 AND form = ?2 AND version = ?3;
-- name: media_put
INSERT INTO media (country, form, version, name, path, md5) VALUES (?1, ?2, ?3, ?4, ?5, ?6);

-- name: device_list
SELECT id, name, country, team, person, token_hash, revoked FROM device ORDER BY country, id;
-- name: device_put
INSERT INTO device (id, name, country, team, person, token_hash, revoked)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0);
-- name: device_one
SELECT id FROM device WHERE id = ?1;
-- name: device_revoke
UPDATE device SET revoked = 1 WHERE id = ?1 RETURNING id;

-- name: person_list
SELECT id, name, country, team, role, password, totp, ha1, active, totp_step
  FROM person ORDER BY country, id;
-- name: person_put
INSERT INTO person (id, name, country, team, role, password, totp, ha1, active, totp_step)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 1, 0)
ON CONFLICT (id) DO UPDATE SET name = excluded.name, country = excluded.country,
    team = excluded.team, role = excluded.role, password = excluded.password,
    totp = excluded.totp, ha1 = excluded.ha1, active = 1, totp_step = 0;
-- name: person_end
UPDATE person SET active = 0 WHERE id = ?1 RETURNING id;
-- name: person_step
UPDATE person SET totp_step = ?2 WHERE id = ?1 AND totp_step < ?2 RETURNING id;

-- name: assignment_clear
DELETE FROM assignment WHERE country = ?1 AND kind = ?2;
-- name: assignment_put
INSERT INTO assignment (country, kind, psu, unit, person, team, place, note)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8);
-- name: assignment_list
SELECT kind, psu, unit, person, team, place, note FROM assignment
 WHERE country = ?1 ORDER BY kind, place, psu, unit;

-- name: quota_clear
DELETE FROM quota WHERE country = ?1;
-- name: quota_put
INSERT INTO quota (country, cell, target, done) VALUES (?1, ?2, ?3, ?4);
-- name: quota_list
SELECT cell, target, done FROM quota WHERE country = ?1 ORDER BY cell;

-- name: review_put
INSERT INTO review (country, form, instance, record, state, person, comment, at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8);
-- name: review_list
SELECT form, instance, record, state, person, comment, at FROM review
 WHERE country = ?1 ORDER BY number;
