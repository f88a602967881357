-- Series of counts. One file per country, strand threats, purpose "counts". Append-only.

-- name: schema
CREATE TABLE series (
    hash TEXT PRIMARY KEY,
    id   TEXT NOT NULL,
    size INTEGER NOT NULL
);
CREATE TABLE series_field (
    hash  TEXT NOT NULL REFERENCES series (hash),
    at    INTEGER NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (hash, at)
);
CREATE TABLE observation (
    hash      TEXT NOT NULL REFERENCES series (hash),
    at        INTEGER NOT NULL,
    area      TEXT,
    period    TEXT,
    breakdown TEXT,
    value     REAL,
    missing   INTEGER NOT NULL,
    status    TEXT,
    note      TEXT,
    document  TEXT,
    PRIMARY KEY (hash, at)
);
CREATE TRIGGER series_stays BEFORE UPDATE ON series
BEGIN SELECT RAISE(ABORT, 'vintages are append-only'); END;
CREATE TRIGGER observation_stays BEFORE UPDATE ON observation
BEGIN SELECT RAISE(ABORT, 'vintages are append-only'); END;

-- name: series_by_hash
SELECT size FROM series WHERE hash = ?1;

-- name: series_add
INSERT INTO series (hash, id, size) VALUES (?1, ?2, ?3);

-- name: field_add
INSERT INTO series_field (hash, at, value) VALUES (?1, ?2, ?3);

-- name: field_list
SELECT at, value FROM series_field WHERE hash = ?1 ORDER BY at;

-- name: observation_add
INSERT INTO observation (hash, at, area, period, breakdown, value, missing, status, note, document)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10);

-- name: observation_list
SELECT area, period, breakdown, value, missing, status, note, document
FROM observation WHERE hash = ?1 ORDER BY at;
