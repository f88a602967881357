-- The release store: <study>/.trefoil/release.db, encrypted. All that may be printed, and nothing else.
-- One country is replaced as a whole, in one transaction. A number that is not released is NULL.
-- name: schema
CREATE TABLE release (country TEXT PRIMARY KEY, hash TEXT NOT NULL, policy TEXT NOT NULL, rules TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE source (country TEXT NOT NULL, what TEXT NOT NULL, name TEXT NOT NULL, hash TEXT NOT NULL,
    PRIMARY KEY (country, what, name)) WITHOUT ROWID;
CREATE TABLE figure (country TEXT NOT NULL, id TEXT NOT NULL, at INTEGER NOT NULL, title TEXT, kind INTEGER NOT NULL,
    strand INTEGER NOT NULL, unit TEXT, population TEXT, source TEXT, caveat TEXT, question TEXT, recall TEXT,
    base_text TEXT, indicator TEXT, indicator_version TEXT, policy TEXT, vintage TEXT, trace TEXT, hash TEXT NOT NULL,
    probability INTEGER NOT NULL, sensitive INTEGER NOT NULL, flags INTEGER NOT NULL,
    PRIMARY KEY (country, id)) WITHOUT ROWID;
CREATE TABLE cell (country TEXT NOT NULL, figure TEXT NOT NULL, at INTEGER NOT NULL, row TEXT NOT NULL, row_label TEXT,
    col TEXT NOT NULL, col_label TEXT, state INTEGER NOT NULL, value REAL, lo REAL, hi REAL, se REAL, df REAL, deff REAL,
    n REAL, base REAL, psu REAL, text TEXT, flags INTEGER NOT NULL,
    PRIMARY KEY (country, figure, at)) WITHOUT ROWID;
CREATE TABLE contrast (country TEXT NOT NULL, figure TEXT NOT NULL, at INTEGER NOT NULL, row TEXT NOT NULL,
    col_a TEXT NOT NULL, col_b TEXT NOT NULL, difference REAL, se REAL, lo REAL, hi REAL, p REAL, df REAL,
    PRIMARY KEY (country, figure, at)) WITHOUT ROWID;
CREATE TABLE quote (country TEXT NOT NULL, id TEXT NOT NULL, text TEXT NOT NULL, attribution TEXT NOT NULL, code TEXT,
    theme TEXT, participant TEXT, segment TEXT, transcript TEXT, transcript_hash TEXT, consent TEXT,
    start INTEGER NOT NULL, stop INTEGER NOT NULL, PRIMARY KEY (country, id)) WITHOUT ROWID;
CREATE TABLE legal (country TEXT NOT NULL, id TEXT NOT NULL, instrument TEXT, article TEXT, criterion TEXT,
    criterion_label TEXT, status TEXT, date TEXT, note TEXT, evidence TEXT, PRIMARY KEY (country, id)) WITHOUT ROWID;
-- name: clear_release
DELETE FROM release WHERE country = ?1;
-- name: clear_source
DELETE FROM source WHERE country = ?1;
-- name: clear_figure
DELETE FROM figure WHERE country = ?1;
-- name: clear_cell
DELETE FROM cell WHERE country = ?1;
-- name: clear_contrast
DELETE FROM contrast WHERE country = ?1;
-- name: clear_quote
DELETE FROM quote WHERE country = ?1;
-- name: clear_legal
DELETE FROM legal WHERE country = ?1;
-- name: put_release
INSERT INTO release (country, hash, policy, rules) VALUES (?1, ?2, ?3, ?4);
-- name: put_source
INSERT INTO source (country, what, name, hash) VALUES (?1, ?2, ?3, ?4);
-- name: put_figure
INSERT INTO figure (country, id, at, title, kind, strand, unit, population, source, caveat, question, recall, base_text,
    indicator, indicator_version, policy, vintage, trace, hash, probability, sensitive, flags)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22);
-- name: put_cell
INSERT INTO cell (country, figure, at, row, row_label, col, col_label, state, value, lo, hi, se, df, deff, n, base, psu,
    text, flags)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19);
-- name: put_contrast
INSERT INTO contrast (country, figure, at, row, col_a, col_b, difference, se, lo, hi, p, df)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12);
-- name: put_quote
INSERT INTO quote (country, id, text, attribution, code, theme, participant, segment, transcript, transcript_hash, consent,
    start, stop)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13);
-- name: put_legal
INSERT INTO legal (country, id, instrument, article, criterion, criterion_label, status, date, note, evidence)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10);
-- name: get_release
SELECT hash, policy, rules FROM release WHERE country = ?1;
-- name: get_countries
SELECT country FROM release ORDER BY country;
-- name: get_sources
SELECT what, name, hash FROM source WHERE country = ?1 ORDER BY what, name;
-- name: get_figures
SELECT id, title, kind, strand, unit, population, source, caveat, question, recall, base_text, indicator,
    indicator_version, policy, vintage, trace, hash, probability, sensitive, flags
FROM figure WHERE country = ?1 ORDER BY at;
-- name: get_cells
SELECT row, row_label, col, col_label, state, value, lo, hi, se, df, deff, n, base, psu, text, flags
FROM cell WHERE country = ?1 AND figure = ?2 ORDER BY at;
-- name: get_contrasts
SELECT row, col_a, col_b, difference, se, lo, hi, p, df FROM contrast WHERE country = ?1 AND figure = ?2 ORDER BY at;
-- name: get_quotes
SELECT id, text, attribution, code, theme, participant, segment, transcript, transcript_hash, consent, start, stop
FROM quote WHERE country = ?1 ORDER BY id;
-- name: get_legal
SELECT id, instrument, article, criterion, criterion_label, status, date, note, evidence
FROM legal WHERE country = ?1 ORDER BY id;
