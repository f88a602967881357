-- The estimates of one country, as measured: <country>-measure-estimates.db in the vault, encrypted.
-- All figures are replaced together, in one transaction. NULL is a number the design cannot give.
-- name: schema
CREATE TABLE figure (at INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, title TEXT, dataset TEXT NOT NULL, strand TEXT NOT NULL,
    stat TEXT NOT NULL, ci TEXT, population TEXT, source TEXT, caveat TEXT, question TEXT, recall TEXT, base_text TEXT,
    indicator TEXT, indicator_version TEXT, probability INTEGER NOT NULL, sensitive INTEGER NOT NULL, design_text TEXT,
    dataset_evidence TEXT, dataset_hash TEXT, recipe_file TEXT, recipe_evidence TEXT, recipe_hash TEXT,
    n_rows INTEGER NOT NULL, n_psu INTEGER NOT NULL, n_strata INTEGER NOT NULL, flags INTEGER NOT NULL);
CREATE TABLE cell (figure INTEGER NOT NULL, at INTEGER NOT NULL, row TEXT NOT NULL, row_label TEXT, col TEXT NOT NULL, col_label TEXT,
    var TEXT, var_label TEXT, category TEXT, label TEXT, by_var TEXT, by_value TEXT, by_label TEXT,
    n INTEGER NOT NULL, base INTEGER NOT NULL, psu INTEGER NOT NULL, estimate REAL, se REAL, lo REAL, hi REAL, deff REAL, df REAL,
    base_weighted REAL, flags INTEGER NOT NULL, PRIMARY KEY (figure, at)) WITHOUT ROWID;
CREATE TABLE contrast (figure INTEGER NOT NULL, at INTEGER NOT NULL, row TEXT NOT NULL, col_a TEXT NOT NULL, col_b TEXT NOT NULL,
    difference REAL, se REAL, lo REAL, hi REAL, p REAL, df REAL, PRIMARY KEY (figure, at)) WITHOUT ROWID;
-- name: clear_figures
DELETE FROM figure;
-- name: clear_cells
DELETE FROM cell;
-- name: clear_contrasts
DELETE FROM contrast;
-- name: figure_add
INSERT INTO figure VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24,
    ?25, ?26, ?27);
-- name: cell_add
INSERT INTO cell VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24);
-- name: contrast_add
INSERT INTO contrast VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11);
-- name: figure_count
SELECT count(*) FROM figure;
-- name: figures
SELECT * FROM figure ORDER BY at;
-- name: cell_count
SELECT count(*) FROM cell WHERE figure = ?1;
-- name: cells
SELECT * FROM cell WHERE figure = ?1 ORDER BY at;
-- name: contrast_count
SELECT count(*) FROM contrast WHERE figure = ?1;
-- name: contrasts
SELECT * FROM contrast WHERE figure = ?1 ORDER BY at;
