-- Tasklatch, migration 1: the tables. Run the files of this folder in order, each in one transaction.
-- For another schema, replace the word tasklatch throughout.
--
-- Text that PostgreSQL can't hold (NUL, unpaired surrogates) is escaped by the code as U+001A and four hex digits.
-- There are no foreign keys: entries and effects are only written under their task's row lock, and go with it.

create schema if not exists tasklatch;

-- What was applied. oldest_code: code that knows fewer migrations than this does not work on this schema any more.
create table tasklatch.migration (
  version int primary key,
  name text not null,
  oldest_code int not null,
  applied_at timestamptz not null default now()
);

-- An id as it is indexed: itself, or its hash when it is too long for an index. Only immutable functions inside, so that it can be
-- inlined.
create function tasklatch.ref_v1(id text) returns text
language sql immutable parallel safe as $$
  select case when octet_length(id) <= 500 then id
    else E'\x1A#' || encode(sha256(replace(id, '\', '\\')::bytea), 'hex') end
$$;

-- Two as one: an index on it can't be mistaken for any other by a planner that knows nothing about the rows yet.
create function tasklatch.pair_v1(provider text, id text) returns text
language sql immutable parallel safe as $$ select tasklatch.ref_v1(provider || E'\x1A|' || id) $$;

create table tasklatch.task (
  id text collate "C" primary key,
  provider text collate "C" not null,
  key text,
  owner text,
  model text,
  fingerprint text,
  expects_callback boolean not null,
  status text collate "C" not null check (status in
    ('submitting', 'unclear', 'pending', 'running', 'succeeded', 'failed', 'canceled', 'expired')),
  external_id text,
  external_id_hinted boolean not null default false,
  hinted boolean not null default false,
  progress double precision,
  -- json, not jsonb: what providers say may hold characters that jsonb refuses.
  result json,
  error json,
  sends int not null,
  send_token text,
  verdicts int not null default 0,
  version int not null default 1,
  created_at timestamptz(3) not null,
  updated_at timestamptz(3) not null,
  settled_at timestamptz(3),
  deadline_at timestamptz(3) not null,
  next_check_at timestamptz(3),
  check_lease_until timestamptz(3),
  check_fence int not null default 0,
  check_claim text collate "C",
  check_starts int not null default 0,
  -- How many ledger entries there are, which is the last one's seq; and how many found no room.
  entries int not null default 0,
  dropped int not null default 0,
  -- Whether any of its ledger entries has content.
  content boolean not null default false,
  -- Promise 7: what has not ended has a next check.
  check ((status in ('succeeded', 'failed', 'canceled', 'expired')) = (next_check_at is null))
) with (fillfactor = 85, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);

create unique index task_external_id on tasklatch.task (tasklatch.pair_v1(provider, external_id));
create index task_check_due on tasklatch.task (provider, next_check_at) where next_check_at is not null;
create index task_check_claim on tasklatch.task (check_claim) where check_claim is not null;
create index task_settled on tasklatch.task (settled_at) where settled_at is not null;
create index task_content on tasklatch.task (settled_at) where settled_at is not null and content;
create index task_newest on tasklatch.task (created_at desc, id desc);
create index task_owner on tasklatch.task (tasklatch.ref_v1(owner), created_at desc, id desc);
create index task_provider on tasklatch.task (provider, created_at desc, id desc);
create index task_status on tasklatch.task (status, created_at desc, id desc);

-- The ledger.
create table tasklatch.entry (
  task_id text collate "C" not null,
  seq int not null,
  key text collate "C" not null,
  at timestamptz(3) not null,
  last_at timestamptz(3) not null,
  copies int not null default 1,
  outcome text not null,
  fact json not null,
  -- What the fact leaves out and may be forgotten before it; null: nothing, or forgotten.
  content json,
  primary key (task_id, seq)
) with (fillfactor = 90, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);

create unique index entry_key on tasklatch.entry (task_id, key);

create table tasklatch.effect (
  task_id text collate "C" not null,
  -- The cause, or cause:handler.
  kind text collate "C" not null check (split_part(kind, ':', 1) in ('settled', 'progress', 'fact')),
  number int not null,
  provider text collate "C" not null,
  state text collate "C" not null check (state in ('due', 'running', 'done', 'dead')),
  due_at timestamptz(3) not null,
  -- When it may be claimed: due_at, or the end of the lease while it is running.
  ready_at timestamptz(3),
  lease_until timestamptz(3),
  fence int not null default 0,
  claim text collate "C",
  runs int not null default 0,
  starts int not null default 0,
  ends int not null default 0,
  -- Became due again while it was running.
  again boolean not null default false,
  done_at timestamptz(3),
  last_error text,
  primary key (task_id, kind, number),
  check ((state in ('due', 'running')) = (ready_at is not null)),
  check ((state = 'running') = (lease_until is not null))
) with (fillfactor = 85, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);

create index effect_ready on tasklatch.effect (provider, kind, ready_at) where ready_at is not null;
create index effect_claim on tasklatch.effect (claim) where claim is not null;
create index effect_open on tasklatch.effect (state, task_id) where state <> 'done';

create function tasklatch.identity_v1(provider text, task_id text, external_id text, key text) returns text
language sql immutable parallel safe as $$
  select tasklatch.ref_v1(provider || E'\x1A|' || coalesce(task_id, '') || E'\x1A|' || coalesce(external_id, '') || E'\x1A|' || key)
$$;

-- Authentic deliveries without a task, or without a meaning yet.
create table tasklatch.quarantine (
  id bigint generated always as identity primary key,
  provider text collate "C" not null,
  task_id text,
  external_id text,
  key text not null,
  unparseable boolean not null,
  body_bytes bigint not null,
  at timestamptz(3) not null,
  last_at timestamptz(3) not null,
  copies int not null default 1,
  -- The fact as record_v1 was given it; its members `fact` and `content` hold it as the code made it.
  packed json not null
);

create unique index quarantine_identity on tasklatch.quarantine
  (tasklatch.identity_v1(provider, task_id, external_id, key));
create index quarantine_provider on tasklatch.quarantine (provider, id) include (body_bytes);
create index quarantine_task on tasklatch.quarantine (tasklatch.pair_v1(provider, task_id))
  where task_id is not null and not unparseable;
create index quarantine_external_id on tasklatch.quarantine (tasklatch.pair_v1(provider, external_id))
  where task_id is null and external_id is not null and not unparseable;
create index quarantine_at on tasklatch.quarantine (at);

insert into tasklatch.migration (version, name, oldest_code) values (1, 'tables', 1);
