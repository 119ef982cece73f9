-- +goose Up
-- The slips of anonymous surveys, kept as digests. Nothing says which slip gave which answer, nor when it was used: rows lie
-- in the order of the digests, and are changed ten at a time.
CREATE TABLE survey_slip (
  slip    BLOB PRIMARY KEY CHECK (length(slip) = 32),
  case_id TEXT NOT NULL,
  used    INTEGER NOT NULL DEFAULT 0 CHECK (used IN (0, 1))
) STRICT, WITHOUT ROWID;
CREATE INDEX survey_slip_case ON survey_slip (case_id);

-- How many of a group gave an answer to a question. Single answers are not kept.
CREATE TABLE survey_count (
  case_id  TEXT NOT NULL,
  part     TEXT NOT NULL,                  -- group; empty: they did not say
  question TEXT NOT NULL,
  answer   TEXT NOT NULL,
  n        INTEGER NOT NULL CHECK (n > 0),
  PRIMARY KEY (case_id, part, question, answer)
) STRICT, WITHOUT ROWID;

-- Surveys that were counted: nothing is taken any more, whatever becomes of the act that counted.
CREATE TABLE survey_end (case_id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
