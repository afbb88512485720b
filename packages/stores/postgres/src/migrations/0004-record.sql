-- Tasklatch, migration 4: record. The order of its locks is said in migration 3.

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
set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan set lock_timeout = '5s' as $$
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

insert into tasklatch.migration (version, name, oldest_code) values (4, 'record', 1);
