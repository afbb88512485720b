-- Times are Unix milliseconds. Text that SQLite can't hold as it is (NUL, lone surrogates) is escaped: see text-column.ts.

CREATE TABLE tasklatch_schema (version INTEGER NOT NULL);
INSERT INTO tasklatch_schema VALUES (0);

CREATE TABLE tasklatch_task (
  id TEXT NOT NULL PRIMARY KEY,
  provider TEXT NOT NULL,
  external_id TEXT,
  owner TEXT,
  status TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  settled_at INTEGER,
  -- The whole task as JSON. The columns above are what it is found by.
  task TEXT NOT NULL,
  -- Its ledger: entries written, and facts that were joined but not written.
  entries INTEGER NOT NULL,
  dropped INTEGER NOT NULL,
  -- 1: an entry of it has content.
  has_content INTEGER NOT NULL,
  -- Its check: when one may be claimed (never: NULL), and the lease.
  check_at INTEGER,
  check_fence INTEGER NOT NULL,
  check_until INTEGER,
  check_claim TEXT,
  check_starts INTEGER NOT NULL
);
CREATE UNIQUE INDEX tasklatch_task_external ON tasklatch_task (provider, external_id) WHERE external_id IS NOT NULL;
CREATE INDEX tasklatch_task_check ON tasklatch_task (provider, check_at) WHERE check_at IS NOT NULL;
CREATE INDEX tasklatch_task_check_claim ON tasklatch_task (check_claim) WHERE check_claim IS NOT NULL;
CREATE INDEX tasklatch_task_settled ON tasklatch_task (settled_at) WHERE settled_at IS NOT NULL;
-- What purge takes contents from; a task whose ledger has none is not in it.
CREATE INDEX tasklatch_task_content ON tasklatch_task (settled_at) WHERE has_content = 1 AND settled_at IS NOT NULL;
CREATE INDEX tasklatch_task_created ON tasklatch_task (created_at, id);
CREATE INDEX tasklatch_task_owner ON tasklatch_task (owner, created_at, id) WHERE owner IS NOT NULL;
CREATE INDEX tasklatch_task_provider ON tasklatch_task (provider, created_at, id);
CREATE INDEX tasklatch_task_status ON tasklatch_task (status, created_at, id);

CREATE TABLE tasklatch_ledger (
  task_id TEXT NOT NULL,
  seq INTEGER NOT NULL,
  key TEXT NOT NULL,
  at INTEGER NOT NULL,
  last_at INTEGER NOT NULL,
  copies INTEGER NOT NULL,
  outcome TEXT NOT NULL,
  -- The fact without its content, as JSON.
  fact TEXT NOT NULL,
  -- Result, error, headers and body, as JSON. NULL: it had none, or purge took it.
  content TEXT,
  PRIMARY KEY (task_id, seq),
  UNIQUE (task_id, key)
);

CREATE TABLE tasklatch_effect (
  task_id TEXT NOT NULL,
  -- Its cause, or cause and handler: `settled`, `settled:mail`.
  kind TEXT NOT NULL,
  number INTEGER NOT NULL,
  provider TEXT NOT NULL,
  state TEXT NOT NULL,
  due_at INTEGER NOT NULL,
  lease_until INTEGER,
  -- When it may be claimed: due_at, or lease_until while it runs. NULL: never.
  ready_at INTEGER,
  fence INTEGER NOT NULL,
  claim TEXT,
  -- 1: became due again while it was running.
  again INTEGER NOT NULL,
  runs INTEGER NOT NULL,
  starts INTEGER NOT NULL,
  ends INTEGER NOT NULL,
  done_at INTEGER,
  last_error TEXT,
  PRIMARY KEY (task_id, kind, number)
) WITHOUT ROWID;
CREATE INDEX tasklatch_effect_ready ON tasklatch_effect (provider, kind, ready_at) WHERE ready_at IS NOT NULL;
CREATE INDEX tasklatch_effect_claim ON tasklatch_effect (claim) WHERE claim IS NOT NULL;
CREATE INDEX tasklatch_effect_open ON tasklatch_effect (state, task_id) WHERE state <> 'done';

CREATE TABLE tasklatch_quarantine (
  -- Order of arrival; never used twice.
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  provider TEXT NOT NULL,
  -- '' where the fact names none.
  task_id TEXT NOT NULL,
  external_id TEXT NOT NULL,
  key TEXT NOT NULL,
  unparseable INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  at INTEGER NOT NULL,
  last_at INTEGER NOT NULL,
  copies INTEGER NOT NULL,
  -- The whole fact as JSON, content and all.
  fact TEXT NOT NULL,
  UNIQUE (provider, task_id, external_id, key)
);
CREATE INDEX tasklatch_quarantine_bytes ON tasklatch_quarantine (provider, bytes);
CREATE INDEX tasklatch_quarantine_at ON tasklatch_quarantine (at);
