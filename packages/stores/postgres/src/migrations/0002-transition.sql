-- Tasklatch, migration 2: the state machine, exactly as packages/core/src/transition.ts has it.

-- A fact as the code packs it: texts escaped; result, error, fact and content as JSON within a text, so that nothing unpacks them.
create type tasklatch.fact_v1 as (
  provider text,
  task_id text,
  external_id text,
  source text,
  trust text,
  status text,
  progress double precision,
  result text,
  error text,
  key text,
  body_bytes bigint,
  check_in_ms double precision,
  not_sent text,
  unparseable boolean,
  announce boolean,
  replay text,
  open_id text,
  open_deadline_ms double precision,
  releases text,
  fact text,
  content text
);

create function tasklatch.now_v1() returns timestamptz
language sql volatile as $$ select date_trunc('milliseconds', clock_timestamp()) $$;

create function tasklatch.ms_v1(at timestamptz) returns bigint
language sql stable as $$ select (extract(epoch from at) * 1000)::bigint $$;

create function tasklatch.terminal_v1(status text) returns boolean
language sql immutable as $$ select status in ('succeeded', 'failed', 'canceled', 'expired') $$;

create function tasklatch.rank_v1(status text) returns int
language sql immutable as $$
  select case status when 'submitting' then 0 when 'unclear' then 1 when 'pending' then 2 when 'running' then 3 else 4 end
$$;

-- Joins one new fact into its task. `taken`: the fact's external id belongs to another task of the provider.
create function tasklatch.transition_v1(
  task tasklatch.task, fact tasklatch.fact_v1, now timestamptz, taken boolean,
  out next tasklatch.task, out outcome text, out changed boolean, out due text
) language plpgsql immutable as $$
declare
  hint boolean := fact.trust = 'hint';
  -- A hint claims nothing but the id it names.
  said text := case when fact.trust = 'hint' then null else fact.status end;
  was_terminal boolean := tasklatch.terminal_v1(task.status);
  terminal boolean;
  settles boolean;
  grew boolean;
  released boolean;
  held timestamptz;
  asked timestamptz;
begin
  next := task;
  changed := false;
  -- A hinted id gives way to an authentic one; any other difference means that the fact is about something else.
  if taken or (task.external_id <> fact.external_id and (hint or not task.external_id_hinted)) then
    outcome := 'foreign';
    return;
  end if;

  -- An authentic id before a hinted one; then the one written first.
  if fact.external_id is not null and (task.external_id is null or (task.external_id_hinted and not hint)) then
    next.external_id := fact.external_id;
    next.external_id_hinted := hint;
  end if;

  -- A provider's verdict before our own `expired`; then the one written first.
  settles := coalesce(tasklatch.terminal_v1(said), false)
    and (not was_terminal or (task.status = 'expired' and said <> 'expired'));
  terminal := was_terminal or settles;
  if settles then
    next.status := said;
    next.result := fact.result::json;
    next.error := fact.error::json;
    next.verdicts := task.verdicts + 1;
    next.settled_at := now;
  elsif not terminal and said is not null then
    if tasklatch.rank_v1(said) > tasklatch.rank_v1(task.status) then
      next.status := said;
    end if;
    next.progress := greatest(task.progress, fact.progress);
  end if;
  if terminal then
    next.progress := case when next.status = 'succeeded' then 100 end;
  end if;
  next.hinted := not terminal and (task.hinted or hint);

  grew := next.status <> task.status or next.progress is distinct from task.progress;
  changed := grew or settles or next.external_id is distinct from task.external_id or next.hinted <> task.hinted;
  if changed then
    next.version := task.version + 1;
    next.updated_at := now;
  end if;

  released := coalesce(fact.not_sent = task.send_token, false) and next.status = 'submitting';
  if released then
    next.send_token := null;
  end if;
  if terminal then
    next.next_check_at := null;
  elsif released then
    next.next_check_at := task.deadline_at;
  elsif fact.check_in_ms is not null then
    held := coalesce(task.next_check_at, task.deadline_at);
    asked := least(now + fact.check_in_ms * interval '1 millisecond', greatest(task.deadline_at, now));
    -- Once there was a hint, nothing may put the confirming check off.
    next.next_check_at := case when hint or task.hinted then least(held, asked) else asked end;
  end if;

  outcome := case
    when hint then 'hint'
    when settles then 'settled'
    when not was_terminal or said is null or not tasklatch.terminal_v1(said) or said = 'expired' then 'noted'
    when task.status = said then 'confirmed'
    else 'contradicted'
  end;
  -- What the submit answer says, the app hears from `submit` itself.
  due := case when settles then 'settled' when grew and not terminal and fact.source <> 'submit' then 'progress' end;
end $$;

insert into tasklatch.migration (version, name, oldest_code) values (2, 'transition', 1);
