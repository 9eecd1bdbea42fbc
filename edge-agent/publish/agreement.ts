/** What follows from the store's answer to a birth, besides delivering: another store, another epoch. */
import type { DeliveryAck } from '#contracts/delivery.ts';
import type { PublishedSequences } from '#contracts/sparkplug/outgoing.ts';
import { SequenceRanges, type SequenceRange } from '#domain/sequence-ranges.ts';
import type { Clock } from '#platform/clock.ts';
import { messageOf } from '#platform/errors.ts';
import type { Logger } from '#platform/logger.ts';
import type { Journal } from '../journal/journal.ts';
import { eventRecord } from '../pipeline/body-records.ts';
import type { Pipeline } from '../pipeline/pipeline.ts';
import { recordsOfRestoredStore } from './restored-store.ts';

export interface AgreementContext {
  readonly journal: Journal;
  readonly pipeline: Pipeline;
  readonly published: PublishedSequences;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Whether records are named that lie behind `sequence`. */
export const reachBeyond = (ranges: readonly SequenceRange[], sequence: number): boolean =>
  ranges.some(([, to]) => to > sequence);

/**
 * What another store was told counts no more; what is still journaled is its backlog. Of what it lacks and the journal no longer has, the loss
 * is declared: durable before the store is taken for ours.
 */
export async function changeStore(context: AgreementContext, ack: DeliveryAck): Promise<void> {
  const { journal, pipeline, clock, log } = context;
  const { store } = ack;
  const before = journal.storeId;
  if (before !== undefined) {
    log.error(
      { before, store },
      'another store acknowledges now: what is still journaled is sent to it again',
    );
    const gone = await recordsOfRestoredStore(journal, pipeline, { ack, nowMs: clock.now() });
    if (gone.length > 0)
      log.error(
        { storeHead: ack.head, first: journal.stats().first },
        'it is an older backup: what it lacks and the journal no longer has is declared lost',
      );
    await journal.append([...gone, eventRecord({ type: 'store-changed', before, store }, clock.now())]);
    journal.forgetAcknowledgements();
  }
  await journal.setStoreId(store);
}

/**
 * The store has records of this epoch that this journal has not sent: it is a restored backup, or a clone runs. What the
 * store lacks goes on in an epoch of its own; with it, in one step, the word on how the old one ended.
 * @param mine greatest sequence that this agent, or one before it with this journal, may have sent: what the store has behind it is not ours
 */
export async function beginNewEpoch(
  context: AgreementContext,
  ack: DeliveryAck,
  mine: number,
): Promise<void> {
  const { journal, pipeline, published, clock, log } = context;
  log.error(
    { storeHead: ack.head, sent: mine },
    'the store has records of this epoch that this agent never sent: a new epoch begins',
  );
  const stored = SequenceRanges.of(ack.ranges);
  await journal.beginEpoch({
    carry: (sequence) => sequence > mine || !stored.has(sequence),
    testament: ({ carried, before: { epoch, head, journaled, discarded } }) => {
      const old = { before: epoch, head, produced: journaled + discarded, discarded, carried };
      const reason = 'store-ahead-of-journal';
      return [eventRecord({ type: 'epoch-superseded', ...old, reason }, clock.now())];
    },
  });
  pipeline.latest.forgetSequences(1);
  published.clear();
  void pipeline
    .journalCatalogues()
    .catch((error: unknown) =>
      log.warn({ why: messageOf(error) }, 'the catalogues were not journaled in the new epoch'),
    );
}
