-- The register of evidence: names, hashes, links, and the ledger. No answer of anyone.

-- name: schema
CREATE TABLE evidence (
    id      TEXT PRIMARY KEY,
    kind    TEXT NOT NULL,
    country TEXT NOT NULL,
    strand  TEXT NOT NULL,
    name    TEXT NOT NULL,
    title   TEXT NOT NULL,
    hash    TEXT NOT NULL,
    file    TEXT NOT NULL,
    detail  TEXT NOT NULL,
    current INTEGER NOT NULL CHECK (current IN (0, 1))
);
CREATE UNIQUE INDEX evidence_one_current ON evidence (kind, country, name) WHERE current = 1;
CREATE TABLE source (
    derived TEXT NOT NULL,
    source  TEXT NOT NULL,
    PRIMARY KEY (derived, source)
) WITHOUT ROWID;
CREATE TABLE ledger (
    entry   INTEGER PRIMARY KEY,
    act     TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail  TEXT NOT NULL,
    hash    TEXT NOT NULL
);
CREATE TABLE head (
    one     INTEGER PRIMARY KEY CHECK (one = 1),
    entries INTEGER NOT NULL,
    hash    TEXT NOT NULL
);
INSERT INTO head VALUES (1, 0, '');
CREATE TRIGGER ledger_stays BEFORE UPDATE ON ledger
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER ledger_keeps BEFORE DELETE ON ledger
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;

-- name: evidence_by_id
SELECT id, kind, country, strand, name, title, hash, file, detail, current
FROM evidence WHERE id = ?1;

-- name: evidence_current
SELECT id, kind, country, strand, name, title, hash, file, detail, current
FROM evidence WHERE kind = ?1 AND country = ?2 AND name = ?3 AND current = 1;

-- name: evidence_list
SELECT id, kind, country, strand, name, title, hash, file, detail, current
FROM evidence WHERE current = 1 AND (?1 = '' OR country = ?1) ORDER BY id;

-- name: evidence_insert
INSERT INTO evidence (id, kind, country, strand, name, title, hash, file, detail, current)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 1);

-- name: evidence_retire
UPDATE evidence SET current = 0 WHERE kind = ?1 AND country = ?2 AND name = ?3 AND current = 1;

-- name: evidence_revive
UPDATE evidence SET current = 1 WHERE id = ?1;

-- name: source_add
INSERT INTO source (derived, source) VALUES (?1, ?2) ON CONFLICT DO NOTHING;

-- name: source_list
SELECT source FROM source WHERE derived = ?1 ORDER BY source;

-- name: derived_list
SELECT derived FROM source WHERE source = ?1 ORDER BY derived;

-- name: head
SELECT entries, hash FROM head WHERE one = 1;

-- name: head_set
UPDATE head SET entries = ?1, hash = ?2 WHERE one = 1;

-- name: ledger_add
INSERT INTO ledger (entry, act, subject, detail, hash) VALUES (?1, ?2, ?3, ?4, ?5);

-- name: ledger_all
SELECT entry, act, subject, detail, hash FROM ledger ORDER BY entry;
