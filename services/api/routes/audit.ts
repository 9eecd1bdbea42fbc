import {
  auditRoute,
  deadLettersRoute,
  type DeadLetterView,
  type StreamAuditView,
} from '#contracts/api/audit.ts';
import type { AgentPresence } from '#contracts/presence.ts';
import type { DeadLetter, StreamAudit } from '#domain/sample-store.ts';
import { SequenceRanges } from '#domain/sequence-ranges.ts';
import { booksOf } from '#domain/stream-books.ts';
import { msToNs, nsToIso } from '#domain/time.ts';
import type { ApiContext } from '../api-context.ts';
import type { RouteTable } from '../route-table.ts';

const MAX_MISSING_RANGES = 1_000;
const PAYLOAD_PREVIEW_BYTES = 1_024;

export function addAuditRoutes(routes: RouteTable, context: ApiContext): void {
  routes.get(auditRoute, async () => {
    const streams = await context.gate.run(() => context.store.audit());
    const agents = new Map(context.presence.agents().map((each) => [each.agent, each]));
    const newest = new Map<string, number>();
    for (const { stream, epochNumber } of streams) {
      newest.set(stream.agent, Math.max(epochNumber, newest.get(stream.agent) ?? 0));
    }
    return {
      items: streams.map((audit) => {
        const current = newest.get(audit.stream.agent) === audit.epochNumber;
        return streamView(audit, current, agents.get(audit.stream.agent));
      }),
    };
  });
  routes.get(deadLettersRoute, async ({ query }) => {
    const letters = await context.gate.run(() => context.store.deadLetters(query.limit));
    return { items: letters.map(deadLetterView) };
  });
}

/** The identity of DESIGN.md, Audit, at the cut; see {@link StreamAuditView}. */
export function streamView(
  audit: StreamAudit,
  current: boolean,
  agent: AgentPresence | undefined,
): StreamAuditView {
  const { stream, epochNumber, cut, closed } = audit;
  const { storedAtCut, stored, rejectedAtCut, rejected, declaredLostAtCut, declaredLost } = audit;
  const { inFlight, lostAtClose, unexplained } = booksOf(audit);
  const received = SequenceRanges.of(audit.received);
  const head = received.max ?? 0;
  return {
    agent: stream.agent,
    epoch: stream.epoch,
    epochNumber,
    current,
    cut: cut?.sequence ?? null,
    produced: cut?.produced ?? null,
    discarded: cut?.discarded ?? null,
    storedAtCut,
    stored,
    rejectedAtCut,
    rejected,
    declaredLostAtCut,
    declaredLost: declaredLost + lostAtClose,
    closed: closed !== undefined,
    lostAtClose,
    inFlight,
    missing: (head > 0 ? received.missing(1, head) : [])
      .slice(0, MAX_MISSING_RANGES)
      .map(([from, to]): [number, number] => [from, to]),
    unexplained: unexplained ?? null,
    oldestUnacknowledgedMs: (current ? agent?.health?.journal.oldestUnacknowledgedMs : undefined) ?? null,
    agentHeardAt: agent ? nsToIso(msToNs(Math.floor(agent.lastHeardAt))) : null,
  };
}

function deadLetterView(letter: DeadLetter): DeadLetterView {
  const { id, receivedAt, topic, code, reason, stream, sequence, samples, payload } = letter;
  return {
    id,
    receivedAt: nsToIso(receivedAt),
    topic,
    code,
    reason,
    ...(stream ? { agent: stream.agent, epoch: stream.epoch } : {}),
    ...(sequence === undefined ? {} : { sequence }),
    ...(samples === undefined ? {} : { samples }),
    payloadBytes: payload.byteLength,
    payload: Buffer.from(payload.subarray(0, PAYLOAD_PREVIEW_BYTES)).toString('base64'),
  };
}
