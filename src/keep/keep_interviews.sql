-- Participants, their consent, and transcripts. One file per country, purpose "interviews".

-- name: schema
CREATE TABLE participant (
    id          TEXT PRIMARY KEY,
    activity    TEXT NOT NULL,
    role        TEXT NOT NULL,
    institution TEXT NOT NULL,
    attribution TEXT NOT NULL,
    may_use     INTEGER NOT NULL CHECK (may_use IN (0, 1)),
    may_quote   INTEGER NOT NULL CHECK (may_quote IN (0, 1)),
    withdrawn   INTEGER NOT NULL CHECK (withdrawn IN (0, 1))
);
CREATE TABLE transcript (
    id          TEXT PRIMARY KEY,
    participant TEXT NOT NULL,
    language    TEXT NOT NULL,
    text        TEXT NOT NULL,
    hash        TEXT NOT NULL,
    evidence    TEXT NOT NULL
);

-- name: participants_clear
DELETE FROM participant;

-- name: participant_add
INSERT INTO participant (id, activity, role, institution, attribution, may_use, may_quote, withdrawn)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8);

-- name: participant_list
SELECT id, activity, role, institution, attribution, may_use, may_quote, withdrawn
FROM participant ORDER BY id;

-- name: transcript_put
INSERT INTO transcript (id, participant, language, text, hash, evidence)
VALUES (?1, ?2, ?3, ?4, ?5, ?6)
ON CONFLICT (id) DO UPDATE SET participant = excluded.participant, language = excluded.language,
    text = excluded.text, hash = excluded.hash, evidence = excluded.evidence;

-- name: transcript_list
SELECT id, participant, language, text, evidence, hash FROM transcript ORDER BY id;
