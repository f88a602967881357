-- Snapshots of tables, by content. One file per country and strand, purpose "response".

-- name: schema
CREATE TABLE snapshot (
    hash    TEXT PRIMARY KEY,
    dataset TEXT NOT NULL,
    name    TEXT NOT NULL,
    n_rows  INTEGER NOT NULL,
    n_cols  INTEGER NOT NULL,
    flags   INTEGER NOT NULL
);
CREATE TABLE snapshot_column (
    hash   TEXT NOT NULL REFERENCES snapshot (hash) ON DELETE CASCADE,
    at     INTEGER NOT NULL,
    name   TEXT NOT NULL,
    label  TEXT,
    type   INTEGER NOT NULL,
    flags  INTEGER NOT NULL,
    packed INTEGER NOT NULL,
    size   INTEGER NOT NULL,
    data   BLOB NOT NULL,
    PRIMARY KEY (hash, at)
);
CREATE TABLE snapshot_row (
    hash TEXT NOT NULL REFERENCES snapshot (hash) ON DELETE CASCADE,
    at   INTEGER NOT NULL,
    who  BLOB NOT NULL, -- stands for the participant; names nobody
    seal BLOB NOT NULL, -- hash of data
    data BLOB,          -- under the participant's key; NULL: withdrawn
    PRIMARY KEY (hash, at)
);
CREATE INDEX snapshot_row_who ON snapshot_row (who);

-- name: row_table
CREATE TABLE IF NOT EXISTS snapshot_row (
    hash TEXT NOT NULL REFERENCES snapshot (hash) ON DELETE CASCADE,
    at   INTEGER NOT NULL,
    who  BLOB NOT NULL,
    seal BLOB NOT NULL,
    data BLOB,
    PRIMARY KEY (hash, at)
);

-- name: row_add
INSERT INTO snapshot_row (hash, at, who, seal, data) VALUES (?1, ?2, ?3, ?4, ?5);

-- name: row_list
SELECT at, who, seal, data FROM snapshot_row WHERE hash = ?1 ORDER BY at;

-- name: row_all
SELECT seal, data FROM snapshot_row ORDER BY hash, at;

-- name: row_count_of
SELECT count(*) FROM snapshot_row WHERE who = ?1 AND data IS NOT NULL;

-- name: row_erase
UPDATE snapshot_row SET data = NULL WHERE who = ?1;

-- name: snapshot_by_hash
SELECT name, n_rows, n_cols, flags FROM snapshot WHERE hash = ?1;

-- name: snapshot_add
INSERT INTO snapshot (hash, dataset, name, n_rows, n_cols, flags) VALUES (?1, ?2, ?3, ?4, ?5, ?6);

-- name: column_add
INSERT INTO snapshot_column (hash, at, name, label, type, flags, packed, size, data)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9);

-- name: column_list
SELECT name, label, type, flags, packed, size, data FROM snapshot_column WHERE hash = ?1
ORDER BY at;

-- name: snapshot_forget
DELETE FROM snapshot WHERE dataset = ?1 AND hash <> ?2;
