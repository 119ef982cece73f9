-- +goose Up
-- Times are microseconds since 1970 in UTC, 0: none. Hashes are SHA-256, 32 bytes. Text that is compared is compared by its
-- bytes (COLLATE "C"), wherever the database stands.

CREATE TABLE meta (
  one      boolean PRIMARY KEY CHECK (one),
  store    text NOT NULL,            -- random; names this store in backups
  readonly text NOT NULL DEFAULT ''  -- why nothing is written until a person confirms; empty: written
);

-- What was done to the store itself: restored, confirmed.
CREATE TABLE event (
  seq    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at     bigint NOT NULL,
  kind   text NOT NULL,
  person text NOT NULL,
  text   text NOT NULL
);

-- Head of the ledger of acts (1) and of the log of views (2). Row 1 is moved by every batch and is the fence: epoch is that
-- of the writer, and a batch of another writer makes it NULL, which is refused.
CREATE TABLE ledger_head (
  log     smallint PRIMARY KEY CHECK (log IN (1, 2)),
  size    bigint NOT NULL CHECK (size >= 0),
  root    bytea NOT NULL CHECK (length(root) = 32),
  edge    bytea NOT NULL,
  notices bigint NOT NULL DEFAULT 0 CHECK (notices >= 0), -- size of the outbox
  epoch   bigint NOT NULL DEFAULT 0
);

CREATE TABLE case_head (
  n         bigint PRIMARY KEY,
  id        text COLLATE "C" NOT NULL UNIQUE CHECK (id <> ''),
  revision  bigint NOT NULL CHECK (revision > 0),
  acts      bigint NOT NULL CHECK (acts >= 0),
  duties    bigint NOT NULL CHECK (duties >= 0),   -- rows of duty
  shown     bigint NOT NULL CHECK (shown >= 0),    -- rows of finding
  procedure text NOT NULL,
  edition   text NOT NULL,
  unit      text COLLATE "C" NOT NULL,
  unit_kind text NOT NULL,
  number    text COLLATE "C" NOT NULL,
  title     text NOT NULL,
  stage     text NOT NULL,
  handlers  text NOT NULL,                         -- JSON
  opener    text COLLATE "C" NOT NULL,
  opened    bigint NOT NULL,
  updated   bigint NOT NULL,
  closed    boolean NOT NULL,
  due       bigint NOT NULL,
  overdue   bigint NOT NULL CHECK (overdue >= 0),
  findings  bigint NOT NULL CHECK (findings >= 0), -- those that stand, warnings aside
  receipt   text COLLATE "C" NOT NULL,
  secret    text NOT NULL,
  words     text COLLATE "C" NOT NULL,
  standing  bytea NOT NULL
);
CREATE INDEX case_list ON case_head (closed, updated DESC, id);
CREATE INDEX case_unit ON case_head (unit, closed, updated DESC, id);
CREATE INDEX case_late ON case_head (unit, updated DESC, id) WHERE overdue > 0;
CREATE INDEX case_number ON case_head (number) WHERE number <> '';
CREATE UNIQUE INDEX case_receipt ON case_head (receipt) WHERE receipt <> '';

-- Whose case it is: its opener and its handlers.
CREATE TABLE case_person (
  person text COLLATE "C" NOT NULL,
  n      bigint NOT NULL REFERENCES case_head,
  PRIMARY KEY (person, n)
);
CREATE INDEX case_person_n ON case_person (n);

-- Words of a case, apart from its head because they seldom change.
CREATE TABLE case_word (
  n     bigint PRIMARY KEY REFERENCES case_head,
  words text[] COLLATE "C" NOT NULL
);
CREATE INDEX case_word_words ON case_word USING gin (words);

CREATE TABLE act (
  idx     bigint PRIMARY KEY CHECK (idx >= 0),     -- position in the ledger
  n       bigint NOT NULL REFERENCES case_head,
  number  bigint NOT NULL CHECK (number > 0),
  act     text COLLATE "C" NOT NULL UNIQUE CHECK (act <> ''),
  request bytea NOT NULL CHECK (length(request) = 32),
  leaf    bytea NOT NULL CHECK (length(leaf) = 32),
  bytes   bytea NOT NULL CHECK (length(bytes) > 0),
  UNIQUE (n, number)
);

CREATE TABLE duty (
  seq     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  n       bigint NOT NULL REFERENCES case_head,
  duty    text COLLATE "C" NOT NULL,
  subject text COLLATE "C" NOT NULL,
  cause   bigint NOT NULL,
  state   text NOT NULL,
  opened  bigint NOT NULL,
  amber   bigint NOT NULL,
  due     bigint NOT NULL,
  done    bigint NOT NULL,
  waiting boolean NOT NULL,
  liberty boolean NOT NULL,
  next    bigint NOT NULL,
  unit    text NOT NULL,
  handler text NOT NULL,
  held    text COLLATE "C" NOT NULL,               -- unit that holds the case now
  UNIQUE (n, duty, subject, cause)
);
CREATE INDEX duty_open ON duty ((due = 0), due) WHERE done = 0;
CREATE INDEX duty_held ON duty (held, (due = 0), due) WHERE done = 0;
CREATE INDEX duty_next ON duty (next, n) WHERE next <> 0;

CREATE TABLE finding (
  seq       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  n         bigint NOT NULL REFERENCES case_head,
  rule      text COLLATE "C" NOT NULL,
  clause    text COLLATE "C" NOT NULL,
  subject   text COLLATE "C" NOT NULL,
  cause     bigint NOT NULL,
  at        bigint NOT NULL,
  severity  bigint NOT NULL,
  unjudged  boolean NOT NULL,
  missing   text NOT NULL,
  warn      boolean NOT NULL,
  duty      text NOT NULL,
  due       bigint NOT NULL,
  made      bigint NOT NULL,
  withdrawn bigint NOT NULL,
  unit      text NOT NULL,
  UNIQUE (n, rule, clause, subject, cause)
);

-- Last number of a register, and who drew each: the numbers drawn are 1 to last.
CREATE TABLE register (
  unit text COLLATE "C" NOT NULL,
  year bigint NOT NULL,
  kind text COLLATE "C" NOT NULL,
  last bigint NOT NULL CHECK (last > 0),
  PRIMARY KEY (unit, year, kind)
);
CREATE TABLE drawn (
  unit   text COLLATE "C" NOT NULL,
  year   bigint NOT NULL,
  kind   text COLLATE "C" NOT NULL,
  number bigint NOT NULL CHECK (number > 0),
  idx    bigint NOT NULL REFERENCES act,
  PRIMARY KEY (unit, year, kind, number)
);

CREATE TABLE outbox (
  seq    bigint PRIMARY KEY CHECK (seq > 0),       -- nothing is missing
  topic  text NOT NULL,
  n      bigint NOT NULL REFERENCES case_head,
  number bigint NOT NULL,
  text   text NOT NULL,
  at     bigint NOT NULL
);

CREATE TABLE view (
  idx     bigint PRIMARY KEY CHECK (idx >= 0),
  at      bigint NOT NULL,
  person  text NOT NULL,
  post    text NOT NULL,
  case_id text COLLATE "C" NOT NULL,
  what    text NOT NULL,
  purpose text NOT NULL,
  refused boolean NOT NULL,
  salts   bytea NOT NULL,
  leaf    bytea NOT NULL CHECK (length(leaf) = 32)
);
CREATE INDEX view_case ON view (case_id, idx);

CREATE TABLE account (
  login    text COLLATE "C" PRIMARY KEY,
  person   text NOT NULL,
  password text NOT NULL,
  failed   bigint NOT NULL,
  since    bigint NOT NULL,
  locked   bigint NOT NULL,
  changed  bigint NOT NULL,
  must     boolean NOT NULL
);

CREATE TABLE session (
  token   bytea PRIMARY KEY CHECK (length(token) = 32),
  person  text COLLATE "C" NOT NULL,
  login   text NOT NULL,
  started bigint NOT NULL,
  seen    bigint NOT NULL,
  client  text NOT NULL
);
CREATE INDEX session_person ON session (person);

CREATE TABLE draft (
  key     text COLLATE "C" PRIMARY KEY,
  person  text COLLATE "C" NOT NULL,
  case_id text NOT NULL,
  act     text NOT NULL,
  subject text NOT NULL,
  body    bytea NOT NULL,
  saved   bigint NOT NULL
);
CREATE INDEX draft_person ON draft (person);

-- +goose StatementBegin
CREATE FUNCTION record_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'what is in % is never changed and never deleted', TG_TABLE_NAME; END $$;
-- +goose StatementEnd
CREATE TRIGGER act_stays BEFORE UPDATE OR DELETE ON act FOR EACH ROW EXECUTE FUNCTION record_stays();
CREATE TRIGGER act_kept BEFORE TRUNCATE ON act EXECUTE FUNCTION record_stays();
CREATE TRIGGER view_stays BEFORE UPDATE OR DELETE ON view FOR EACH ROW EXECUTE FUNCTION record_stays();
CREATE TRIGGER view_kept BEFORE TRUNCATE ON view EXECUTE FUNCTION record_stays();
CREATE TRIGGER drawn_stays BEFORE UPDATE OR DELETE ON drawn FOR EACH ROW EXECUTE FUNCTION record_stays();
CREATE TRIGGER drawn_kept BEFORE TRUNCATE ON drawn EXECUTE FUNCTION record_stays();
