-- Tasklatch, migration 5: open.

-- Creates the task of a draft (a JSON object), or grants the send of an existing one again where that is safe. Answers a JSON object:
-- `task`, `created`, `send`, and `woken`: an effect became due, because the quarantine held what was said about the task.
create function tasklatch.open_v1(p_draft text, p_ledger_entries int) returns text
language plpgsql
set enable_seqscan = off set jit = off set plan_cache_mode = force_generic_plan set lock_timeout = '5s' as $$
declare
  draft record;
  task tasklatch.task;
  v_now timestamptz;
  v_key bigint;
  v_created boolean := false;
  v_send boolean := false;
  v_woken boolean := false;
begin
  perform tasklatch.transaction_v1();
  select * into draft from json_to_record(p_draft::json) as d(
    id text, provider text, key text, owner text, model text, fingerprint text, expects_callback boolean,
    send_token text, send_within_ms double precision, deadline_ms double precision);
  perform pg_advisory_xact_lock(tasklatch.lock_key_v1('i', draft.id));
  select * into task from tasklatch.task t where t.id = draft.id for no key update;
  v_now := tasklatch.now_v1();

  if task.id is null then
    v_created := true;
    v_send := true;
    for v_key in
      select distinct tasklatch.lock_key_v1('e', q.provider || ' ' || q.external_id) k from tasklatch.quarantine q
        where tasklatch.pair_v1(q.provider, q.task_id) = tasklatch.pair_v1(draft.provider, draft.id)
          and q.task_id is not null and not q.unparseable and q.external_id is not null
        order by k
    loop
      perform pg_advisory_xact_lock(v_key);
    end loop;
    insert into tasklatch.task
        (id, provider, key, owner, model, fingerprint, expects_callback, status, sends, send_token,
          created_at, updated_at, deadline_at, next_check_at)
      values (draft.id, draft.provider, draft.key, draft.owner, draft.model, draft.fingerprint, draft.expects_callback,
        'submitting', 1, draft.send_token, v_now, v_now,
        v_now + draft.deadline_ms * interval '1 millisecond',
        v_now + least(draft.send_within_ms, draft.deadline_ms) * interval '1 millisecond');
    v_woken := tasklatch.adopt_v1(draft.id, v_now, p_ledger_entries);
    select * into task from tasklatch.task t where t.id = draft.id;
  elsif task.fingerprint is distinct from draft.fingerprint then
    v_send := false;
  elsif task.send_token = draft.send_token then
    v_send := true;
  elsif task.status = 'submitting' and task.send_token is null then
    v_send := true;
    update tasklatch.task t set
        sends = t.sends + 1,
        send_token = draft.send_token,
        next_check_at = least(v_now + draft.send_within_ms * interval '1 millisecond', t.deadline_at)
      where t.id = draft.id
      returning t.* into task;
  end if;

  return json_build_object('task', tasklatch.task_json_v1(task), 'created', v_created, 'send', v_send, 'woken', v_woken);
end $$;

insert into tasklatch.migration (version, name, oldest_code) values (5, 'open', 1);
