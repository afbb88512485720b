-- Tasklatch, migration 8: purge.

-- Deletes tasks, then quarantined entries, then the contents of settled tasks' ledgers that are past their time, oldest first, and
-- answers how many: at most p_limit, a task's contents counting as one. Null: never.
-- Takes only what nobody else has locked, so it never waits for accepts, nor they for more than what is being deleted.
create function tasklatch.purge_v1(
  p_settled_ms double precision, p_abandoned_ms double precision, p_quarantined_ms double precision,
  p_content_ms double precision, p_limit int
) returns int language plpgsql
set enable_seqscan = off set jit = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off
set plan_cache_mode = force_generic_plan set lock_timeout = '5s' as $$
declare
  v_now timestamptz := tasklatch.now_v1();
  v_settled timestamptz := v_now - p_settled_ms * interval '1 millisecond';
  v_abandoned timestamptz := v_now - p_abandoned_ms * interval '1 millisecond';
  v_ids text[];
  v_busy text[];
  v_gone int;
  v_count int;
begin
  v_ids := array(
    select t.id from tasklatch.task t
      where t.settled_at < greatest(v_settled, v_abandoned)
        and (t.check_lease_until is null or t.check_lease_until <= v_now)
        -- `limit` so that it is looked up for each task, and not once for all effects there are.
        and (select true from tasklatch.effect e where e.task_id = t.id and e.lease_until > v_now limit 1) is null
        and (coalesce(t.settled_at < v_abandoned, false)
          or (t.settled_at < v_settled
            and (select true from tasklatch.effect e where e.task_id = t.id and e.state <> 'done' limit 1) is null))
      order by t.settled_at limit p_limit
      for update skip locked);
  -- Their rows are locked, so nothing new becomes due. Look again at what was claimed or made due before that.
  v_busy := array(
    select e.task_id from tasklatch.effect e where e.task_id = any (v_ids)
    except all
    select l.task_id from (
      select e.task_id from tasklatch.effect e
        where e.task_id = any (v_ids) and (e.lease_until is null or e.lease_until <= v_now)
          and (e.state = 'done' or coalesce(
            (select t.settled_at < v_abandoned from tasklatch.task t where t.id = e.task_id), false))
        for update skip locked) l);
  v_ids := array(select id from unnest(v_ids) id where array_position(v_busy, id) is null);
  delete from tasklatch.entry e where e.task_id = any (v_ids);
  delete from tasklatch.effect e where e.task_id = any (v_ids);
  delete from tasklatch.task t where t.id = any (v_ids);
  get diagnostics v_gone = row_count;

  delete from tasklatch.quarantine where id in (
    select q.id from tasklatch.quarantine q
      where q.at < v_now - p_quarantined_ms * interval '1 millisecond'
      order by q.at limit greatest(p_limit - v_gone, 0)
      for update skip locked);
  get diagnostics v_count = row_count;
  v_gone := v_gone + v_count;

  v_ids := array(
    select t.id from tasklatch.task t
      where t.content and t.settled_at < v_now - p_content_ms * interval '1 millisecond'
      order by t.settled_at limit greatest(p_limit - v_gone, 0)
      for no key update skip locked);
  update tasklatch.entry e set content = null where e.task_id = any (v_ids) and e.content is not null;
  update tasklatch.task t set content = false where t.id = any (v_ids);
  return v_gone + cardinality(v_ids);
end $$;

-- Deletes these quarantined entries (`q1,q2`).
create function tasklatch.discard_v1(p_entries text) returns int
language plpgsql set enable_seqscan = off set jit = off set lock_timeout = '5s' as $$
declare
  v_gone int;
begin
  perform tasklatch.lock_quarantine_v1(false);
  delete from tasklatch.quarantine q
    where q.id = any (array(select tasklatch.quarantine_id_v1(e) from unnest(string_to_array(p_entries, ',')) e));
  get diagnostics v_gone = row_count;
  return v_gone;
end $$;

insert into tasklatch.migration (version, name, oldest_code) values (8, 'purge', 1);
