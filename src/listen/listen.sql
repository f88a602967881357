-- name: schema
CREATE TABLE code (
    at INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, label TEXT NOT NULL, theme TEXT NOT NULL,
    definition TEXT NOT NULL);
CREATE TABLE segment (
    at INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, transcript TEXT NOT NULL, code TEXT NOT NULL,
    coder TEXT NOT NULL, start_cp INTEGER NOT NULL, end_cp INTEGER NOT NULL, text TEXT NOT NULL,
    quote TEXT, transcript_hash TEXT NOT NULL);
CREATE TABLE law (
    at INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, instrument TEXT NOT NULL, article TEXT NOT NULL,
    criterion TEXT NOT NULL, criterion_label TEXT NOT NULL, status TEXT NOT NULL, date TEXT NOT NULL,
    note TEXT NOT NULL, evidence TEXT NOT NULL);
CREATE TABLE origin (name TEXT PRIMARY KEY, hash TEXT NOT NULL, evidence TEXT NOT NULL);
-- name: clear_code
DELETE FROM code
-- name: clear_segment
DELETE FROM segment
-- name: clear_law
DELETE FROM law
-- name: clear_origin
DELETE FROM origin
-- name: put_code
INSERT INTO code (at, id, label, theme, definition) VALUES (?, ?, ?, ?, ?)
-- name: put_segment
INSERT INTO segment (at, id, transcript, code, coder, start_cp, end_cp, text, quote, transcript_hash)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
-- name: put_law
INSERT INTO law (at, id, instrument, article, criterion, criterion_label, status, date, note, evidence)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
-- name: put_origin
INSERT INTO origin (name, hash, evidence) VALUES (?, ?, ?)
-- name: codes
SELECT id, label, theme, definition FROM code ORDER BY at
-- name: segments
SELECT id, transcript, code, coder, start_cp, end_cp, text, quote, transcript_hash FROM segment
ORDER BY at
-- name: laws
SELECT id, instrument, article, criterion, criterion_label, status, date, note, evidence FROM law
ORDER BY at
-- name: origin
SELECT hash, evidence FROM origin WHERE name = ?
