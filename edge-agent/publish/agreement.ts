/** What follows from the store's answer to a birth, besides delivering: another store, another epoch. */
import type { DeliveryAck } from '#contracts/delivery.ts';
import type { PublishedSequences } from '#contracts/sparkplug/outgoing.ts';
import { SequenceRanges, type SequenceRange } from '#domain/sequence-ranges.ts';
import { messageOf } from '#platform/errors.ts';
import type { Logger } from '#platform/logger.ts';
import type { Journal } from '../journal/journal.ts';
import type { Pipeline } from '../pipeline/pipeline.ts';

export interface AgreementContext {
  readonly journal: Journal;
  readonly pipeline: Pipeline;
  readonly published: PublishedSequences;
  readonly log: Logger;
}

/** Whether records are named that lie behind `sequence`. */
export const reachBeyond = (ranges: readonly SequenceRange[], sequence: number): boolean =>
  ranges.some(([, to]) => to > sequence);

/** What another store was told counts no more; what is still journaled is its backlog. */
export async function changeStore(context: AgreementContext, store: string): Promise<void> {
  const { journal, pipeline, log } = context;
  const before = journal.storeId;
  if (before !== undefined) {
    log.error(
      { before, store },
      'another store acknowledges now: what is still journaled is sent to it again',
    );
    journal.forgetAcknowledgements();
    void pipeline
      .event({ type: 'store-changed', before, store })
      .catch((error: unknown) =>
        log.warn({ why: messageOf(error) }, 'the change of store was not journaled'),
      );
  }
  await journal.setStoreId(store);
}

/**
 * The store has records of this epoch that this journal has not sent: it is a restored backup, or a clone runs. What the
 * store lacks goes on in an epoch of its own.
 * @param mine greatest sequence that this agent, or one before it with this journal, may have sent: what the store has behind it is not ours
 */
export async function beginNewEpoch(
  context: AgreementContext,
  ack: DeliveryAck,
  mine: number,
): Promise<void> {
  const { journal, pipeline, published, log } = context;
  log.error(
    { storeHead: ack.head, sent: mine },
    'the store has records of this epoch that this agent never sent: a new epoch begins',
  );
  const stored = SequenceRanges.of(ack.ranges);
  const before = journal.stats().epoch;
  const carried = await journal.beginEpoch((sequence) => sequence > mine || !stored.has(sequence));
  pipeline.latest.forgetSequences(1);
  published.clear();
  void Promise.all([
    pipeline.journalCatalogues(),
    pipeline.event({ type: 'epoch-superseded', before, carried, reason: 'store-ahead-of-journal' }),
  ]).catch((error: unknown) =>
    log.warn({ why: messageOf(error) }, 'the new epoch was not announced in the journal'),
  );
}
