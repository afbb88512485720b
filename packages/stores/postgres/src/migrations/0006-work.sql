-- Tasklatch, migration 6: claim, extend, finish.

create function tasklatch.entry_json_v1(e tasklatch.entry) returns json
language sql stable as $$
  select json_build_object('id', e.task_id || ':' || e.seq, 'seq', e.seq, 'at', tasklatch.ms_v1(e.at),
    'lastAt', tasklatch.ms_v1(e.last_at), 'copies', e.copies, 'outcome', e.outcome, 'fact', e.fact,
    'content', e.content)
$$;

-- Claims due checks. p_from: a JSON array of {provider, limit}. Answers a JSON array of leases.
create function tasklatch.claim_checks_v1(p_claim text, p_lease_ms double precision, p_from text) returns text
language plpgsql
set enable_seqscan = off set jit = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off
set plan_cache_mode = force_generic_plan set lock_timeout = '5s' as $$
declare
  v_now timestamptz;
  v_until timestamptz;
  v_ids text[];
begin
  perform tasklatch.transaction_v1();
  -- A claim sent again while the first one is still under way waits for it.
  perform pg_advisory_xact_lock(tasklatch.lock_key_v1('c', p_claim));
  v_now := tasklatch.now_v1();
  v_until := v_now + p_lease_ms * interval '1 millisecond';
  v_ids := array(
    select t.id from tasklatch.task t where t.check_claim = p_claim and t.check_lease_until > v_now order by t.id);
  if cardinality(v_ids) = 0 then
    v_ids := array(
      select due.id
        from (select w.provider, sum(w."limit")::bigint most
                from json_to_recordset(p_from::json) w(provider text, "limit" bigint) group by w.provider) want,
          lateral (
            select t.id from tasklatch.task t
              where t.provider = want.provider and t.next_check_at <= v_now
                and (t.check_lease_until is null or t.check_lease_until <= v_now)
              order by t.next_check_at limit want.most
              for no key update skip locked) due);
    update tasklatch.task t set
        check_fence = t.check_fence + 1,
        check_starts = t.check_starts + 1,
        check_lease_until = v_until,
        check_claim = p_claim,
        next_check_at = v_until
      where t.id = any (v_ids);
  end if;
  return coalesce((
    select json_agg(json_build_object('taskId', t.id, 'fence', t.check_fence, 'starts', t.check_starts,
        'overdue', t.deadline_at <= v_now, 'task', tasklatch.task_json_v1(t)) order by u.n)
      from unnest(v_ids) with ordinality u(id, n) join tasklatch.task t on t.id = u.id), '[]');
end $$;

-- Claims due effects. p_from: a JSON array of {provider, limit, kinds}, kinds separated by commas. Answers a JSON array of leases.
create function tasklatch.claim_effects_v1(p_claim text, p_lease_ms double precision, p_from text) returns text
language plpgsql
set enable_seqscan = off set jit = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off
set plan_cache_mode = force_generic_plan set lock_timeout = '5s' as $$
declare
  v_now timestamptz;
  v_until timestamptz;
  v_tasks text[];
  v_kinds text[];
  v_numbers int[];
begin
  perform tasklatch.transaction_v1();
  perform pg_advisory_xact_lock(tasklatch.lock_key_v1('c', p_claim));
  v_now := tasklatch.now_v1();
  v_until := v_now + p_lease_ms * interval '1 millisecond';
  select array_agg(e.task_id order by e.due_at, e.task_id), array_agg(e.kind order by e.due_at, e.task_id),
      array_agg(e.number order by e.due_at, e.task_id)
    into v_tasks, v_kinds, v_numbers
    from tasklatch.effect e where e.claim = p_claim and e.lease_until > v_now;
  if v_tasks is null then
    -- Each kind has its own queue: a million effects of a kind nobody asks for must not be walked over. Locked but not taken are
    -- at most `limit` of each kind, and only until the end of this statement.
    select array_agg(due.task_id order by due.ready_at), array_agg(due.kind order by due.ready_at),
        array_agg(due.number order by due.ready_at)
      into v_tasks, v_kinds, v_numbers
      from (select w.provider, sum(w."limit")::bigint most, string_agg(w.kinds, ',') kinds
              from json_to_recordset(p_from::json) w(provider text, "limit" bigint, kinds text) group by w.provider) want,
        lateral (
          select d.* from (select distinct unnest(string_to_array(want.kinds, ',')) kind) k, lateral (
              select e.task_id, e.kind, e.number, e.ready_at from tasklatch.effect e
                where e.provider = want.provider and e.kind = k.kind and e.ready_at <= v_now
                order by e.ready_at limit want.most
                for no key update skip locked) d
            order by d.ready_at limit want.most) due;
    update tasklatch.effect e set
        state = 'running',
        fence = e.fence + 1,
        runs = e.runs + 1,
        starts = e.starts + 1,
        lease_until = v_until,
        ready_at = v_until,
        claim = p_claim
      from unnest(v_tasks, v_kinds, v_numbers) u(task_id, kind, number)
      where e.task_id = u.task_id and e.kind = u.kind and e.number = u.number;
  end if;
  return coalesce((
    select json_agg(json_build_object('taskId', e.task_id, 'kind', e.kind, 'number', e.number, 'fence', e.fence,
        'starts', e.starts, 'ends', e.ends, 'task', tasklatch.task_json_v1(t),
        'entry', case when split_part(e.kind, ':', 1) = 'fact' then (select tasklatch.entry_json_v1(l) from tasklatch.entry l
            where l.task_id = e.task_id and l.seq = e.number) end) order by u.n)
      from unnest(v_tasks, v_kinds, v_numbers) with ordinality u(task_id, kind, number, n)
        join tasklatch.effect e on e.task_id = u.task_id and e.kind = u.kind and e.number = u.number
        join tasklatch.task t on t.id = e.task_id), '[]');
end $$;

-- Moves the end of a lease. False: lost.
create function tasklatch.extend_check_v1(p_task text, p_fence int, p_lease_ms double precision) returns boolean
language plpgsql set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan set lock_timeout = '5s' as $$
declare
  v_until timestamptz := tasklatch.now_v1() + p_lease_ms * interval '1 millisecond';
begin
  update tasklatch.task t set
      next_check_at = case when t.next_check_at = t.check_lease_until then v_until else t.next_check_at end,
      check_lease_until = v_until
    where t.id = p_task and t.check_fence = p_fence and t.check_lease_until is not null;
  return found;
end $$;

create function tasklatch.extend_effect_v1(
  p_task text, p_kind text, p_number int, p_fence int, p_lease_ms double precision
) returns boolean
language plpgsql set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan set lock_timeout = '5s' as $$
declare
  v_until timestamptz := tasklatch.now_v1() + p_lease_ms * interval '1 millisecond';
begin
  update tasklatch.effect e set lease_until = v_until, ready_at = v_until
    where e.task_id = p_task and e.kind = p_kind and e.number = p_number and e.fence = p_fence and e.state = 'running';
  return found;
end $$;

-- Ends a check. p_in_ms: when the next one is due, if nobody asked for it sooner meanwhile; null: at the deadline. False: lost.
create function tasklatch.finish_check_v1(p_task text, p_fence int, p_in_ms double precision) returns boolean
language plpgsql set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan set lock_timeout = '5s' as $$
declare
  v_now timestamptz := tasklatch.now_v1();
  v_next timestamptz := v_now + p_in_ms * interval '1 millisecond';
begin
  update tasklatch.task t set
      next_check_at = case
        when t.next_check_at is null then null
        when v_next is null then greatest(t.deadline_at, v_now)
        when t.next_check_at <> t.check_lease_until then t.next_check_at
        when t.deadline_at > v_now then least(v_next, t.deadline_at)
        else v_next
      end,
      check_lease_until = null,
      check_claim = null
    where t.id = p_task and t.check_fence = p_fence and t.check_lease_until is not null;
  return found;
end $$;

-- Ends an effect. p_end: done, split, again, dead. p_into: the kinds of a split, separated by commas. Answers `lost`, `ended`, or `due` when
-- an effect became due at once.
create function tasklatch.finish_effect_v1(
  p_task text, p_kind text, p_number int, p_fence int,
  p_end text, p_into text, p_in_ms double precision, p_error text
) returns text
language plpgsql set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan set lock_timeout = '5s' as $$
declare
  v_done boolean := p_end in ('done', 'split');
  v_now timestamptz;
  v_due timestamptz;
  v_provider text;
  v_state text;
  v_part text;
  v_woken boolean;
begin
  if p_end = 'split' then
    -- It touches several effects of the task, and makes new ones: in turn with facts and purge, as the order of locks has it.
    perform from tasklatch.task t where t.id = p_task for no key update;
  end if;
  v_now := tasklatch.now_v1();
  v_due := case when p_end = 'again' then v_now + p_in_ms * interval '1 millisecond' else v_now end;
  update tasklatch.effect e set
      state = case when p_end = 'again' or (v_done and e.again) then 'due' when v_done then 'done' else 'dead' end,
      due_at = case when p_end = 'again' or (v_done and e.again) then v_due else e.due_at end,
      ready_at = case when p_end = 'again' or (v_done and e.again) then v_due end,
      lease_until = null,
      claim = null,
      starts = case when v_done and e.again then 0 else e.starts end,
      ends = case when v_done and e.again then 0 else e.ends + 1 end,
      done_at = case when v_done and not e.again then v_now end,
      last_error = case when not v_done then p_error when e.again then null else e.last_error end,
      again = e.again and not v_done
    where e.task_id = p_task and e.kind = p_kind and e.number = p_number and e.fence = p_fence and e.state = 'running'
    returning e.provider, e.state into v_provider, v_state;
  -- When this is the end of an effect's own transaction only COMMIT is missing. Should the client be gone, nobody waits long for its rows.
  perform set_config('idle_in_transaction_session_timeout', '10s', true);
  if v_state is null then
    return 'lost';
  end if;
  v_woken := v_state = 'due' and v_due <= v_now;
  foreach v_part in array coalesce(string_to_array(p_into, ','), '{}') loop
    v_woken := tasklatch.make_due_v1(p_task, v_provider, v_part, p_number, v_now) or v_woken;
  end loop;
  return case when v_woken then 'due' else 'ended' end;
end $$;

-- Whether the lease of an effect is still held. Locks nothing: an effect's own transaction may take its time, and must not keep facts
-- about its task waiting; finish_effect_v1 at its end decides.
create function tasklatch.holds_effect_v1(p_task text, p_kind text, p_number int, p_fence int) returns boolean
language plpgsql set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan as $$
begin
  return exists (select from tasklatch.effect e
    where e.task_id = p_task and e.kind = p_kind and e.number = p_number and e.fence = p_fence and e.state = 'running');
end $$;

insert into tasklatch.migration (version, name, oldest_code) values (6, 'work', 1);
