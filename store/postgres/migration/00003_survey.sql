-- +goose Up
-- The slips of anonymous surveys, kept as digests. Nothing says which slip gave which answer, nor when it was used: rows are
-- changed ten at a time.
CREATE TABLE survey_slip (
  slip    bytea PRIMARY KEY CHECK (length(slip) = 32),
  case_id text NOT NULL,
  used    boolean NOT NULL DEFAULT false
);
CREATE INDEX survey_slip_case ON survey_slip (case_id);

-- How many of a group gave an answer to a question. Single answers are not kept.
CREATE TABLE survey_count (
  case_id  text NOT NULL,
  part     text NOT NULL,                  -- group; empty: they did not say
  question text NOT NULL,
  answer   text NOT NULL,
  n        bigint NOT NULL CHECK (n > 0),
  PRIMARY KEY (case_id, part, question, answer)
);

-- Surveys that were counted: nothing is taken any more, whatever becomes of the act that counted.
CREATE TABLE survey_end (case_id text PRIMARY KEY);
