-- +goose Up
-- Times are microseconds since 1970 in UTC, 0: none. Truth values are 0 and 1. Hashes are SHA-256, 32 bytes.

CREATE TABLE meta (
  one       INTEGER PRIMARY KEY CHECK (one = 1),
  store     TEXT NOT NULL,             -- random; names this store in backups
  readonly  TEXT NOT NULL DEFAULT ''   -- why nothing is written until a person confirms; empty: written
) STRICT;

-- What was done to the store itself: restored, confirmed.
CREATE TABLE event (
  seq    INTEGER PRIMARY KEY AUTOINCREMENT,
  at     INTEGER NOT NULL,
  kind   TEXT NOT NULL,
  person TEXT NOT NULL,
  text   TEXT NOT NULL
) STRICT;

-- Head of the ledger of acts (1) and of the log of views (2), moved once for every batch.
CREATE TABLE ledger_head (
  log     INTEGER PRIMARY KEY CHECK (log IN (1, 2)),
  size    INTEGER NOT NULL CHECK (size >= 0),
  root    BLOB NOT NULL CHECK (length(root) = 32),
  edge    BLOB NOT NULL,
  notices INTEGER NOT NULL DEFAULT 0 CHECK (notices >= 0), -- size of the outbox
  epoch   INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE case_head (
  n         INTEGER PRIMARY KEY,
  id        TEXT NOT NULL UNIQUE CHECK (id <> ''),
  revision  INTEGER NOT NULL CHECK (revision > 0),
  acts      INTEGER NOT NULL CHECK (acts >= 0),
  duties    INTEGER NOT NULL CHECK (duties >= 0),   -- rows of duty
  shown     INTEGER NOT NULL CHECK (shown >= 0),    -- rows of finding
  procedure TEXT NOT NULL,
  edition   TEXT NOT NULL,
  unit      TEXT NOT NULL,
  unit_kind TEXT NOT NULL,
  number    TEXT NOT NULL,
  title     TEXT NOT NULL,
  stage     TEXT NOT NULL,
  handlers  TEXT NOT NULL,                          -- JSON
  opener    TEXT NOT NULL,
  opened    INTEGER NOT NULL,
  updated   INTEGER NOT NULL,
  closed    INTEGER NOT NULL CHECK (closed IN (0, 1)),
  due       INTEGER NOT NULL,
  overdue   INTEGER NOT NULL CHECK (overdue >= 0),
  findings  INTEGER NOT NULL CHECK (findings >= 0), -- those that stand, warnings aside
  receipt   TEXT NOT NULL,
  secret    TEXT NOT NULL,
  words     TEXT NOT NULL,
  standing  BLOB NOT NULL
) STRICT;
CREATE INDEX case_list ON case_head (closed, updated DESC, id);
CREATE INDEX case_unit ON case_head (unit, closed, updated DESC, id);
CREATE INDEX case_late ON case_head (unit, updated DESC, id) WHERE overdue > 0;
CREATE INDEX case_number ON case_head (number) WHERE number <> '';
CREATE UNIQUE INDEX case_receipt ON case_head (receipt) WHERE receipt <> '';

-- Whose case it is: its opener and its handlers.
CREATE TABLE case_person (
  person TEXT NOT NULL,
  n      INTEGER NOT NULL REFERENCES case_head,
  PRIMARY KEY (person, n)
) STRICT, WITHOUT ROWID;
CREATE INDEX case_person_n ON case_person (n);

-- Where a word occurs.
CREATE TABLE case_word (
  word TEXT NOT NULL,
  n    INTEGER NOT NULL REFERENCES case_head,
  PRIMARY KEY (word, n)
) STRICT, WITHOUT ROWID;

CREATE TABLE act (
  idx     INTEGER PRIMARY KEY CHECK (idx >= 0),     -- position in the ledger
  n       INTEGER NOT NULL REFERENCES case_head,
  number  INTEGER NOT NULL CHECK (number > 0),
  act     TEXT NOT NULL UNIQUE CHECK (act <> ''),
  request BLOB NOT NULL CHECK (length(request) = 32),
  leaf    BLOB NOT NULL CHECK (length(leaf) = 32),
  bytes   BLOB NOT NULL CHECK (length(bytes) > 0),
  UNIQUE (n, number)
) STRICT;

CREATE TABLE duty (
  seq     INTEGER PRIMARY KEY,
  n       INTEGER NOT NULL REFERENCES case_head,
  duty    TEXT NOT NULL,
  subject TEXT NOT NULL,
  cause   INTEGER NOT NULL,
  state   TEXT NOT NULL,
  opened  INTEGER NOT NULL,
  amber   INTEGER NOT NULL,
  due     INTEGER NOT NULL,
  done    INTEGER NOT NULL,
  waiting INTEGER NOT NULL CHECK (waiting IN (0, 1)),
  liberty INTEGER NOT NULL CHECK (liberty IN (0, 1)),
  next    INTEGER NOT NULL,
  unit    TEXT NOT NULL,
  handler TEXT NOT NULL,
  held    TEXT NOT NULL,                            -- unit that holds the case now
  UNIQUE (n, duty, subject, cause)
) STRICT;
CREATE INDEX duty_open ON duty ((due = 0), due) WHERE done = 0;
CREATE INDEX duty_held ON duty (held, (due = 0), due) WHERE done = 0;
CREATE INDEX duty_next ON duty (next, n) WHERE next <> 0;

CREATE TABLE finding (
  seq       INTEGER PRIMARY KEY,
  n         INTEGER NOT NULL REFERENCES case_head,
  rule      TEXT NOT NULL,
  clause    TEXT NOT NULL,
  subject   TEXT NOT NULL,
  cause     INTEGER NOT NULL,
  at        INTEGER NOT NULL,
  severity  INTEGER NOT NULL,
  unjudged  INTEGER NOT NULL CHECK (unjudged IN (0, 1)),
  missing   TEXT NOT NULL,
  warn      INTEGER NOT NULL CHECK (warn IN (0, 1)),
  duty      TEXT NOT NULL,
  due       INTEGER NOT NULL,
  made      INTEGER NOT NULL,
  withdrawn INTEGER NOT NULL,
  unit      TEXT NOT NULL,
  UNIQUE (n, rule, clause, subject, cause)
) STRICT;

-- Last number of a register, and who drew each: the numbers drawn are 1 to last.
CREATE TABLE register (
  unit TEXT NOT NULL,
  year INTEGER NOT NULL,
  kind TEXT NOT NULL,
  last INTEGER NOT NULL CHECK (last > 0),
  PRIMARY KEY (unit, year, kind)
) STRICT, WITHOUT ROWID;
CREATE TABLE drawn (
  unit   TEXT NOT NULL,
  year   INTEGER NOT NULL,
  kind   TEXT NOT NULL,
  number INTEGER NOT NULL CHECK (number > 0),
  idx    INTEGER NOT NULL REFERENCES act,
  PRIMARY KEY (unit, year, kind, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE outbox (
  seq    INTEGER PRIMARY KEY CHECK (seq > 0),       -- nothing is missing
  topic  TEXT NOT NULL,
  n      INTEGER NOT NULL REFERENCES case_head,
  number INTEGER NOT NULL,
  text   TEXT NOT NULL,
  at     INTEGER NOT NULL
) STRICT;

CREATE TABLE view (
  idx     INTEGER PRIMARY KEY CHECK (idx >= 0),
  at      INTEGER NOT NULL,
  person  TEXT NOT NULL,
  post    TEXT NOT NULL,
  case_id TEXT NOT NULL,
  what    TEXT NOT NULL,
  purpose TEXT NOT NULL,
  refused INTEGER NOT NULL CHECK (refused IN (0, 1)),
  salts   BLOB NOT NULL,
  leaf    BLOB NOT NULL CHECK (length(leaf) = 32)
) STRICT;
CREATE INDEX view_case ON view (case_id, idx);

CREATE TABLE account (
  login    TEXT PRIMARY KEY,
  person   TEXT NOT NULL,
  password TEXT NOT NULL,
  failed   INTEGER NOT NULL,
  since    INTEGER NOT NULL,
  locked   INTEGER NOT NULL,
  changed  INTEGER NOT NULL,
  must     INTEGER NOT NULL CHECK (must IN (0, 1))
) STRICT, WITHOUT ROWID;

CREATE TABLE session (
  token   BLOB PRIMARY KEY CHECK (length(token) = 32),
  person  TEXT NOT NULL,
  login   TEXT NOT NULL,
  started INTEGER NOT NULL,
  seen    INTEGER NOT NULL,
  client  TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX session_person ON session (person);

CREATE TABLE draft (
  key     TEXT PRIMARY KEY,
  person  TEXT NOT NULL,
  case_id TEXT NOT NULL,
  act     TEXT NOT NULL,
  subject TEXT NOT NULL,
  body    BLOB NOT NULL,
  saved   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX draft_person ON draft (person);

-- +goose StatementBegin
CREATE TRIGGER act_stays BEFORE UPDATE ON act BEGIN SELECT RAISE(ABORT, 'an act is never changed'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER act_kept BEFORE DELETE ON act BEGIN SELECT RAISE(ABORT, 'an act is never deleted'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER view_stays BEFORE UPDATE ON view BEGIN SELECT RAISE(ABORT, 'a view is never changed'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER view_kept BEFORE DELETE ON view BEGIN SELECT RAISE(ABORT, 'a view is never deleted'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER drawn_stays BEFORE UPDATE ON drawn BEGIN SELECT RAISE(ABORT, 'a number drawn is never changed'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER drawn_kept BEFORE DELETE ON drawn BEGIN SELECT RAISE(ABORT, 'a number drawn is never given back'); END;
-- +goose StatementEnd
