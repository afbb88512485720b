-- Tasklatch, migration 7: get, list, ledger.

-- A task as JSON; null for unknown.
create function tasklatch.get_v1(p_id text) returns text
language plpgsql stable set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan as $$
begin
  return (select tasklatch.task_json_v1(t) from tasklatch.task t where t.id = p_id);
end $$;

create function tasklatch.find_v1(p_provider text, p_external_id text) returns text
language plpgsql stable set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan as $$
begin
  return (select tasklatch.task_json_v1(t) from tasklatch.task t
    where tasklatch.pair_v1(t.provider, t.external_id) = tasklatch.pair_v1(p_provider, p_external_id));
end $$;

-- Tasks, newest first, as a JSON array; one more than p_limit if there are more. Null: no such condition.
-- p_before_at, p_before_id: createdAt and id of the last task of the page before.
create function tasklatch.list_v1(
  p_owner text, p_provider text, p_status text, p_effect text, p_limit int, p_before_at bigint, p_before_id text
) returns text language plpgsql stable set enable_seqscan = off set jit = off as $$
declare
  v_sql text := 'select t.* from tasklatch.task t where true';
  v_answer text;
begin
  if p_owner is not null then
    v_sql := v_sql || ' and tasklatch.ref_v1(t.owner) = tasklatch.ref_v1($1) and t.owner = $1';
  end if;
  if p_provider is not null then
    v_sql := v_sql || ' and t.provider = $2';
  end if;
  if p_status is not null then
    v_sql := v_sql || ' and t.status = $3';
  end if;
  if p_effect is not null then
    v_sql := v_sql || ' and exists (select from tasklatch.effect e where e.task_id = t.id and e.state = $4)';
  end if;
  if p_before_at is not null then
    v_sql := v_sql || ' and (t.created_at, t.id) < (to_timestamp($6 / 1000.0)::timestamptz(3), $7)';
  end if;
  -- Planned anew each time, for these very conditions and values.
  execute 'select json_agg(tasklatch.task_json_v1(t)) from (' || v_sql
      || ' order by t.created_at desc, t.id desc limit $5 + 1) t'
    into v_answer using p_owner, p_provider, p_status, p_effect, p_limit, p_before_at, p_before_id;
  return coalesce(v_answer, '[]');
end $$;

-- What was said about a task and what ran because of it, as JSON.
create function tasklatch.ledger_v1(p_task text) returns text
language plpgsql stable set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan as $$
begin
  return json_build_object(
    'entries', coalesce((
      select json_agg(tasklatch.entry_json_v1(e) order by e.seq) from tasklatch.entry e where e.task_id = p_task), '[]'),
    'effects', coalesce((
      select json_agg(json_build_object('kind', e.kind, 'number', e.number, 'state', e.state, 'runs', e.runs,
          'starts', e.starts, 'ends', e.ends, 'dueAt', tasklatch.ms_v1(e.due_at),
          'leaseUntil', tasklatch.ms_v1(e.lease_until), 'doneAt', tasklatch.ms_v1(e.done_at), 'lastError', e.last_error)
          order by e.kind, e.number)
        from tasklatch.effect e where e.task_id = p_task), '[]'),
    'dropped', coalesce((select t.dropped from tasklatch.task t where t.id = p_task), 0));
end $$;

-- The oldest entries of the quarantine, of one provider or (null) of all, as a JSON array.
create function tasklatch.quarantine_v1(p_provider text, p_limit int) returns text
language plpgsql stable set enable_seqscan = off set jit = off as $$
declare
  v_sql text := 'select q.* from tasklatch.quarantine q';
  v_answer text;
begin
  if p_provider is not null then
    v_sql := v_sql || ' where q.provider = $1';
  end if;
  execute 'select json_agg(json_build_object(''id'', ''q'' || q.id, ''seq'', 0, ''at'', tasklatch.ms_v1(q.at),
        ''lastAt'', tasklatch.ms_v1(q.last_at), ''copies'', q.copies, ''outcome'', ''quarantined'',
        ''fact'', (q.packed ->> ''fact'')::json, ''content'', (q.packed ->> ''content'')::json) order by q.id)
      from (' || v_sql || ' order by q.id limit $2) q'
    into v_answer using p_provider, p_limit;
  return coalesce(v_answer, '[]');
end $$;

insert into tasklatch.migration (version, name, oldest_code) values (7, 'read', 1);
