-- Consent and assent, each record under its participant's key. One file per country, purpose "consent".

-- name: schema
CREATE TABLE consent (
    at     INTEGER PRIMARY KEY,
    code   TEXT NOT NULL,
    hash   TEXT NOT NULL UNIQUE, -- of the sealed record's plain text, keyed by the participant's key
    sealed TEXT NOT NULL
);

-- name: consent_known
SELECT 1 FROM consent WHERE hash = ?1;

-- name: consent_add
INSERT INTO consent (code, hash, sealed) VALUES (?1, ?2, ?3);

-- name: consent_all
SELECT code, sealed FROM consent ORDER BY code, at;

-- name: consent_drop
DELETE FROM consent WHERE code = ?1;
