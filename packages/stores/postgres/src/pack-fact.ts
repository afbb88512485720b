import { type Fact, isTerminal, splitFact } from '@tasklatch/core';
import { escapeText } from './escape-text.js';

/**
 * A fact as `record_v1` takes it (type fact_v1 in the migrations): what the state machine reads as plain values; the fact, its
 * content and the verdict's JSON as text, which the database passes on without looking inside.
 */
export function packFact(fact: Fact): Readonly<Record<string, unknown>> {
  const verdict = fact.trust === 'authentic' && fact.status !== null && isTerminal(fact.status);
  const { bare, content } = splitFact(fact);
  return {
    provider: escapeText(fact.provider),
    task_id: escapeText(fact.taskId),
    external_id: escapeText(fact.externalId),
    source: fact.source,
    trust: fact.trust,
    status: fact.status,
    progress: fact.progress,
    result: verdict && fact.result !== null ? JSON.stringify(fact.result) : null,
    error: verdict && fact.error !== null ? JSON.stringify(fact.error) : null,
    key: escapeText(fact.key),
    body_bytes: fact.delivery?.body?.length ?? 0,
    check_in_ms: fact.checkInMs,
    not_sent: escapeText(fact.notSent),
    unparseable: fact.unparseable,
    announce: fact.announce,
    replay: escapeText(fact.replay),
    open_id: escapeText(fact.open?.id ?? null),
    open_deadline_ms: fact.open?.deadlineMs ?? null,
    releases: fact.releases,
    fact: JSON.stringify(bare),
    content: content === null ? null : JSON.stringify(content),
  };
}
