-- Tasklatch, migration 3: record.
--
-- Order of locks, the same in every function, so that no two calls wait for each other in a circle:
--   1. advisory, 'i': ids of tasks that do not exist yet, sorted
--   2. advisory, 'e': external ids that a task may be given, sorted
--   3. rows of tasks, sorted by id; then their effects
--   4. advisory, 'q': the quarantine
-- What turns out to be needed later is only tried for; if that fails the call fails as a serialization failure.
--
-- The functions that are called from outside switch off every way of reading a table but indexes and nested loops: plans are
-- kept for a session's life, and one made while a table was empty must still do when it holds millions of rows.

create function tasklatch.lock_key_v1(what text, id text) returns bigint
language sql stable as $$ select hashtextextended(what || ':' || id, 'tasklatch.task'::regclass::oid::bigint) $$;

-- What open, record and claim need of their transaction.
create function tasklatch.transaction_v1() returns void
language plpgsql as $$
begin
  -- They look again after they waited for a lock, which needs a fresh snapshot for each statement.
  if current_setting('transaction_isolation') <> 'read committed' then
    raise exception 'Tasklatch needs transactions that are READ COMMITTED, and this one is %.',
      upper(current_setting('transaction_isolation'))
      using errcode = 'invalid_transaction_state',
        hint = 'Set default_transaction_isolation to "read committed" for the connections of the store.';
  end if;
  -- What is acknowledged must survive a crash of the server, and so must the fence of a lease, whatever is good enough for others here.
  if current_setting('synchronous_commit') = 'off' then
    perform set_config('synchronous_commit', 'on', true);
  end if;
end $$;

-- For a lock that should be held already.
create function tasklatch.try_lock_v1(what text, id text) returns void
language plpgsql as $$
begin
  if not pg_try_advisory_xact_lock(tasklatch.lock_key_v1(what, id)) then
    perform tasklatch.in_between_v1();
  end if;
end $$;

create function tasklatch.in_between_v1() returns void
language plpgsql as $$
begin
  raise exception 'Tasklatch: another call got in between; call again.' using errcode = 'serialization_failure';
end $$;

create function tasklatch.task_json_v1(t tasklatch.task) returns json
language sql stable as $$
  select json_build_object(
    'id', t.id, 'provider', t.provider, 'key', t.key, 'owner', t.owner, 'model', t.model, 'fingerprint', t.fingerprint,
    'expectsCallback', t.expects_callback, 'status', t.status,
    'externalId', t.external_id, 'externalIdHinted', t.external_id_hinted, 'hinted', t.hinted,
    'progress', t.progress, 'result', t.result, 'error', t.error,
    'sends', t.sends, 'sendToken', t.send_token, 'verdicts', t.verdicts, 'version', t.version,
    'createdAt', tasklatch.ms_v1(t.created_at), 'updatedAt', tasklatch.ms_v1(t.updated_at),
    'settledAt', tasklatch.ms_v1(t.settled_at), 'deadlineAt', tasklatch.ms_v1(t.deadline_at),
    'nextCheckAt', tasklatch.ms_v1(t.next_check_at))
$$;

-- Makes an effect due. True if it may be claimed now and could not before.
create function tasklatch.make_due_v1(p_task text, p_provider text, p_kind text, p_number int, p_now timestamptz)
returns boolean language plpgsql as $$
begin
  insert into tasklatch.effect (task_id, kind, number, provider, state, due_at, ready_at)
    values (p_task, p_kind, p_number, p_provider, 'due', p_now, p_now)
    on conflict do nothing;
  if found then
    return true;
  end if;
  update tasklatch.effect set
      state = 'due', due_at = p_now, ready_at = p_now, starts = 0, ends = 0, steps = '{}', done_at = null, last_error = null
    where task_id = p_task and kind = p_kind and number = p_number and state in ('done', 'dead');
  if found then
    return true;
  end if;
  update tasklatch.effect set again = true
    where task_id = p_task and kind = p_kind and number = p_number and state = 'running' and not again;
  return false;
end $$;

-- Joins one fact into its task, whose row is locked. p_at, p_last_at, p_copies: of the quarantined entry it comes from, else null.
-- `woken`: an effect became due.
create function tasklatch.apply_v1(
  p_task text, fact tasklatch.fact_v1, now timestamptz, p_ledger_entries int,
  p_at timestamptz, p_last_at timestamptz, p_copies int,
  out outcome text, out changed boolean, out duplicate boolean, out woken boolean
) language plpgsql as $$
declare
  task tasklatch.task;
  step record;
  v_key text := tasklatch.ref_v1(fact.key);
  v_written boolean;
  v_number int;
  v_taken boolean := false;
begin
  changed := false;
  duplicate := false;
  woken := false;
  update tasklatch.entry e set
      copies = e.copies + coalesce(p_copies, 1), last_at = greatest(e.last_at, coalesce(p_last_at, now))
    where e.task_id = p_task and e.key = v_key
    returning e.outcome into outcome;
  if found then
    duplicate := true;
    return;
  end if;

  select * into task from tasklatch.task t where t.id = p_task;
  if fact.external_id is not null and fact.external_id is distinct from task.external_id then
    v_taken := exists (
      select from tasklatch.task t
        where tasklatch.pair_v1(t.provider, t.external_id) = tasklatch.pair_v1(fact.provider, fact.external_id)
          and t.id <> p_task);
  end if;
  step := tasklatch.transition_v1(task, fact, now, v_taken);
  outcome := step.outcome;
  changed := step.changed;

  v_written := task.entries < p_ledger_entries
    or outcome = 'settled' or fact.source = 'operator' or fact.not_sent is not null;
  if v_written then
    insert into tasklatch.entry (task_id, seq, key, at, last_at, copies, outcome, fact)
      values (p_task, task.entries + 1, v_key, coalesce(p_at, now), coalesce(p_last_at, now), coalesce(p_copies, 1),
        outcome, fact.fact::json);
  end if;
  if (step.next).external_id is distinct from task.external_id then
    perform tasklatch.try_lock_v1('e', fact.provider || ' ' || fact.external_id);
  end if;
  update tasklatch.task t set
      status = (step.next).status,
      external_id = (step.next).external_id,
      external_id_hinted = (step.next).external_id_hinted,
      hinted = (step.next).hinted,
      progress = (step.next).progress,
      result = case when outcome = 'settled' then (step.next).result else t.result end,
      error = case when outcome = 'settled' then (step.next).error else t.error end,
      send_token = (step.next).send_token,
      verdicts = (step.next).verdicts,
      version = (step.next).version,
      updated_at = (step.next).updated_at,
      settled_at = (step.next).settled_at,
      next_check_at = (step.next).next_check_at,
      entries = t.entries + v_written::int,
      dropped = t.dropped + (not v_written)::int
    where t.id = p_task;

  if step.due = 'settled' then
    woken := tasklatch.make_due_v1(p_task, task.provider, 'settled', (step.next).verdicts, now);
    -- Growth before the verdict is no news any more. One that is running ends by itself.
    update tasklatch.effect e set
        again = false,
        state = case e.state when 'running' then 'running' else 'done' end,
        ready_at = case e.state when 'running' then e.ready_at end,
        done_at = case e.state when 'running' then e.done_at else now end
      where e.task_id = p_task and e.kind = 'progress' and e.number = 0;
  elsif step.due = 'progress' then
    woken := tasklatch.make_due_v1(p_task, task.provider, 'progress', 0, now);
  end if;
  if fact.announce and v_written and outcome <> 'foreign' then
    woken := tasklatch.make_due_v1(p_task, task.provider, 'fact', task.entries + 1, now) or woken;
  end if;
  if fact.replay is not null then
    for v_number in
      select e.number from tasklatch.effect e
        where e.task_id = p_task and e.kind = fact.replay and e.state in ('done', 'dead') order by e.number
    loop
      woken := tasklatch.make_due_v1(p_task, task.provider, fact.replay, v_number, now) or woken;
    end loop;
  end if;
  if (step.next).external_id is distinct from task.external_id then
    woken := tasklatch.adopt_v1(p_task, now, p_ledger_entries) or woken;
  end if;
end $$;

-- Takes what belongs to the task out of the quarantine and joins it, in order of arrival. True if an effect became due.
create function tasklatch.adopt_v1(p_task text, p_now timestamptz, p_ledger_entries int)
returns boolean language plpgsql as $$
declare
  v_provider text;
  v_external_id text;
  v_ids bigint[];
  v_taken tasklatch.quarantine[];
  v_entry tasklatch.quarantine;
  v_said record;
  v_woken boolean := false;
begin
  select t.provider, t.external_id into v_provider, v_external_id from tasklatch.task t where t.id = p_task;
  v_ids := array(
    select q.id from tasklatch.quarantine q
      where tasklatch.pair_v1(q.provider, q.task_id) = tasklatch.pair_v1(v_provider, p_task)
        and q.task_id is not null and not q.unparseable
    union all
    select q.id from tasklatch.quarantine q
      where tasklatch.pair_v1(q.provider, q.external_id) = tasklatch.pair_v1(v_provider, v_external_id)
        and q.task_id is null and q.external_id is not null and not q.unparseable);
  if cardinality(v_ids) = 0 then
    return false;
  end if;
  with gone as (delete from tasklatch.quarantine q where q.id = any (v_ids) returning q)
    select array_agg(gone.q order by (gone.q).id) into v_taken from gone;
  foreach v_entry in array coalesce(v_taken, '{}') loop
    v_said := tasklatch.apply_v1(p_task, json_populate_record(null::tasklatch.fact_v1, v_entry.packed), p_now,
      p_ledger_entries, v_entry.at, v_entry.last_at, v_entry.copies);
    v_woken := v_woken or v_said.woken;
  end loop;
  return v_woken;
end $$;

-- Keeps a fact in the quarantine, which is locked. used_entries and used_bytes: what it holds of the provider, null for not counted yet.
create function tasklatch.keep_v1(
  fact tasklatch.fact_v1, now timestamptz, p_entries int, p_bytes bigint,
  inout used_entries bigint, inout used_bytes bigint, out outcome text, out duplicate boolean
) language plpgsql as $$
begin
  -- What may be adopted needs its id kept still: held already, unless the task it is about was purged a moment ago.
  if fact.task_id is not null and not fact.unparseable then
    perform tasklatch.try_lock_v1('i', fact.task_id);
  elsif fact.external_id is not null and not fact.unparseable then
    perform tasklatch.try_lock_v1('e', fact.provider || ' ' || fact.external_id);
  end if;
  outcome := 'quarantined';
  update tasklatch.quarantine q set copies = q.copies + 1, last_at = now
    where tasklatch.identity_v1(q.provider, q.task_id, q.external_id, q.key)
      = tasklatch.identity_v1(fact.provider, fact.task_id, fact.external_id, fact.key);
  duplicate := found;
  if duplicate then
    return;
  end if;
  if used_entries is null then
    select count(*), coalesce(sum(q.body_bytes), 0) into used_entries, used_bytes
      from tasklatch.quarantine q where q.provider = fact.provider;
  end if;
  if used_entries >= p_entries or used_bytes + fact.body_bytes > p_bytes then
    outcome := 'full';
    return;
  end if;
  insert into tasklatch.quarantine
      (provider, task_id, external_id, key, unparseable, body_bytes, at, last_at, packed)
    values (fact.provider, fact.task_id, fact.external_id, fact.key, fact.unparseable, fact.body_bytes, now, now,
      row_to_json(fact));
  used_entries := used_entries + 1;
  used_bytes := used_bytes + fact.body_bytes;
end $$;

-- Writes a batch of facts (a JSON array of fact_v1). Answers a JSON object: `now`; `said`, one [outcome, duplicate, changed, woken,
-- task id] for each fact; `tasks`, the tasks they are about, as they stand now.
create function tasklatch.record_v1(
  p_facts text, p_ledger_entries int, p_quarantine_entries int, p_quarantine_bytes bigint
) returns text language plpgsql
set enable_seqscan = off set plan_cache_mode = force_generic_plan set lock_timeout = '5s' as $$
declare
  facts tasklatch.fact_v1[];
  f tasklatch.fact_v1;
  task record;
  applied record;
  kept record;
  v_now timestamptz;
  -- For each fact the id of its task, as far as it is known; then those that were opened.
  v_ids text[] := '{}';
  -- For each fact whether that is for good, unless the task is purged.
  v_sure boolean[] := '{}';
  v_locked text[];
  v_id text;
  v_key bigint;
  v_id_locks bigint[] := '{}';
  v_external_locks bigint[] := '{}';
  v_quarantine_locked boolean := false;
  -- What the quarantine holds of one provider, so that it is counted once for a batch.
  v_counted text;
  v_used_entries bigint;
  v_used_bytes bigint;
  v_said json[] := '{}';
  i int := 0;
begin
  perform tasklatch.transaction_v1();
  facts := array(select r from json_populate_recordset(null::tasklatch.fact_v1, p_facts::json) r);

  -- Which ids must be kept still while we look?
  foreach f in array facts loop
    i := i + 1;
    v_sure[i] := false;
    v_ids[i] := f.task_id;
    if f.task_id is not null then
      select t.id, t.provider, t.external_id, t.external_id_hinted into task from tasklatch.task t where t.id = f.task_id;
    elsif f.external_id is not null then
      select t.id, t.provider, t.external_id, t.external_id_hinted into task from tasklatch.task t
        where tasklatch.pair_v1(t.provider, t.external_id) = tasklatch.pair_v1(f.provider, f.external_id);
      v_ids[i] := task.id;
    else
      continue;
    end if;
    if task.id is null or task.provider <> f.provider then
      v_id_locks := array_append(v_id_locks, tasklatch.lock_key_v1('i', coalesce(f.task_id, f.open_id)));
    end if;
    -- An authentic external id never changes again.
    if f.external_id is not null and (task.external_id is null or task.external_id_hinted) then
      v_external_locks := array_append(v_external_locks, tasklatch.lock_key_v1('e', f.provider || ' ' || f.external_id));
    end if;
    v_sure[i] := task.provider = f.provider and (f.task_id is not null or not task.external_id_hinted);
  end loop;
  if cardinality(v_id_locks) > 0 then
    for v_key in select distinct k from unnest(v_id_locks) k where k is not null order by k loop
      perform pg_advisory_xact_lock(v_key);
    end loop;
  end if;
  if cardinality(v_external_locks) > 0 then
    for v_key in select distinct k from unnest(v_external_locks) k order by k loop
      perform pg_advisory_xact_lock(v_key);
    end loop;
    for i in 1 .. cardinality(facts) loop
      f := facts[i];
      if f.task_id is null and f.external_id is not null and not coalesce(v_sure[i], false) then
        select t.id into v_id from tasklatch.task t
          where tasklatch.pair_v1(t.provider, t.external_id) = tasklatch.pair_v1(f.provider, f.external_id);
        v_ids[i] := v_id;
      end if;
    end loop;
  end if;
  v_locked := array(select t.id from tasklatch.task t where t.id = any (v_ids) order by t.id for no key update);

  v_now := tasklatch.now_v1();
  i := 0;
  foreach f in array facts loop
    i := i + 1;
    if f.releases is not null then
      v_quarantine_locked := tasklatch.lock_quarantine_v1(v_quarantine_locked);
      delete from tasklatch.quarantine q where q.id = tasklatch.quarantine_id_v1(f.releases);
      v_counted := null;
    end if;
    v_id := v_ids[i];
    if not coalesce(v_sure[i], false) or array_position(v_locked, v_id) is null then
      v_id := tasklatch.known_v1(f, v_now, v_locked);
      if v_id is not null and array_position(v_locked, v_id) is null then
        v_locked := array_append(v_locked, v_id);
      end if;
    end if;
    if v_id is not null and not f.unparseable then
      applied := tasklatch.apply_v1(v_id, f, v_now, p_ledger_entries, null, null, null);
      v_said := array_append(v_said,
        json_build_array(applied.outcome, applied.duplicate, applied.changed, applied.woken, v_id));
      if applied.changed then
        -- It may have adopted, and there may be more room now.
        v_counted := null;
      end if;
    elsif f.source <> 'delivery' then
      v_said := array_append(v_said, json_build_array('foreign', false, false, false, v_id));
    else
      v_quarantine_locked := tasklatch.lock_quarantine_v1(v_quarantine_locked);
      if v_counted is distinct from f.provider then
        v_counted := f.provider;
        v_used_entries := null;
      end if;
      kept := tasklatch.keep_v1(f, v_now, p_quarantine_entries, p_quarantine_bytes, v_used_entries, v_used_bytes);
      v_used_entries := kept.used_entries;
      v_used_bytes := kept.used_bytes;
      v_said := array_append(v_said, json_build_array(kept.outcome, kept.duplicate, false, false, v_id));
    end if;
  end loop;

  return json_build_object(
    'now', tasklatch.ms_v1(v_now),
    'said', array_to_json(v_said),
    'tasks', (select json_agg(tasklatch.task_json_v1(t)) from tasklatch.task t where t.id = any (v_locked)));
end $$;

create function tasklatch.lock_quarantine_v1(held boolean) returns boolean
language plpgsql as $$
begin
  if not held then
    perform pg_advisory_xact_lock(tasklatch.lock_key_v1('q', ''));
  end if;
  return true;
end $$;

create function tasklatch.quarantine_id_v1(entry text) returns bigint
language sql immutable as $$ select case when entry ~ '^q[0-9]{1,18}$' then substr(entry, 2)::bigint end $$;

-- The id of the task a fact is about; opened if the fact may open it; null for unknown. `locked`: tasks whose rows this call has locked.
create function tasklatch.known_v1(fact tasklatch.fact_v1, now timestamptz, locked text[]) returns text
language plpgsql as $$
declare
  v_id text;
begin
  if fact.task_id is not null then
    select t.id into v_id from tasklatch.task t where t.id = fact.task_id and t.provider = fact.provider;
  elsif fact.external_id is not null then
    select t.id into v_id from tasklatch.task t
      where tasklatch.pair_v1(t.provider, t.external_id) = tasklatch.pair_v1(fact.provider, fact.external_id);
    if v_id is null and fact.open_id is not null and not fact.unparseable then
      insert into tasklatch.task
          (id, provider, expects_callback, status, sends, created_at, updated_at, deadline_at, next_check_at)
        values (fact.open_id, fact.provider, true, 'pending', 0, now, now,
          now + fact.open_deadline_ms * interval '1 millisecond', now + fact.open_deadline_ms * interval '1 millisecond')
        on conflict (id) do nothing;
      if found then
        return fact.open_id;
      end if;
      select t.id into v_id from tasklatch.task t where t.id = fact.open_id and t.provider = fact.provider;
    end if;
  end if;
  if v_id is not null and array_position(locked, v_id) is null then
    perform from tasklatch.task t where t.id = v_id for no key update skip locked;
    if not found then
      perform tasklatch.in_between_v1();
    end if;
  end if;
  return v_id;
end $$;

insert into tasklatch.migration (version, name, oldest_code) values (3, 'record', 1);
