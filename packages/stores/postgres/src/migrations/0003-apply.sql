-- Tasklatch, migration 3: what one fact does to its task.
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
-- They switch off JIT, too: such a plan looks dear enough to be compiled, at every call, for what then takes a millisecond.

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
declare
  v_state text;
begin
  insert into tasklatch.effect (task_id, kind, number, provider, state, due_at, ready_at)
    values (p_task, p_kind, p_number, p_provider, 'due', p_now, p_now)
    on conflict do nothing;
  if found then
    return true;
  end if;
  -- One statement for all states: if it waits for a run that ends just now, it sees that end.
  update tasklatch.effect e set
      again = e.again or e.state = 'running',
      state = case e.state when 'running' then 'running' else 'due' end,
      due_at = case e.state when 'running' then e.due_at else p_now end,
      ready_at = case e.state when 'running' then e.ready_at else p_now end,
      starts = case e.state when 'running' then e.starts else 0 end,
      ends = case e.state when 'running' then e.ends else 0 end,
      done_at = null,
      last_error = case e.state when 'running' then e.last_error end
    where e.task_id = p_task and e.kind = p_kind and e.number = p_number
      and (e.state in ('done', 'dead') or (e.state = 'running' and not e.again))
    returning e.state into v_state;
  return coalesce(v_state = 'due', false);
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
    insert into tasklatch.entry (task_id, seq, key, at, last_at, copies, outcome, fact, content)
      values (p_task, task.entries + 1, v_key, coalesce(p_at, now), coalesce(p_last_at, now), coalesce(p_copies, 1),
        outcome, fact.fact::json, fact.content::json);
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
      dropped = t.dropped + (not v_written)::int,
      content = t.content or (v_written and fact.content is not null)
    where t.id = p_task;

  if step.due = 'settled' then
    woken := tasklatch.make_due_v1(p_task, task.provider, 'settled', (step.next).verdicts, now);
    -- Growth before the verdict is no news any more. What is running ends by itself. All kinds from 'progress' to the last
    -- 'progress:name': the semicolon is what follows the colon.
    update tasklatch.effect e set
        again = false,
        state = case e.state when 'running' then 'running' else 'done' end,
        ready_at = case e.state when 'running' then e.ready_at end,
        done_at = case e.state when 'running' then e.done_at else now end
      where e.task_id = p_task and e.kind >= 'progress' and e.kind < 'progress;';
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

insert into tasklatch.migration (version, name, oldest_code) values (3, 'apply', 1);
