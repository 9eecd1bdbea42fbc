/**
 * The process that sorts, encodes, writes and merges sealed files, so that neither writers nor queries wait for it and its
 * memory is its own. It ends with the channel to the process that started it; only that one ends it.
 */
import { codeOf, messageOf } from '#platform/errors.ts';
import { SealedFileMaker } from './sealed-file-maker.ts';
import type { SealingAnswers, SealingOrder, SealingRequest, SealingResponse } from './sealing-orders.ts';

const [tempDir] = process.argv.slice(2);
if (!process.send || tempDir === undefined)
  throw new Error('sealing-process.ts is started by the historian, with a folder');

process.title = 'historian-sealing';
// Signals of a user or a system that stops are for its owner, who ends it when nothing needs it any more.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => undefined);
process.once('disconnect', () => process.exit(0));

const owner = process.ppid;
const maker = new SealedFileMaker(tempDir);

process.on('message', ({ id, order }: SealingRequest) => {
  // Orders of an owner that is gone may still lie in the channel: its files are somebody else's now.
  if (process.ppid !== owner) process.exit(0);
  carryOut(order).then(
    (answer) => reply({ id, answer }),
    (error: unknown) => reply({ id, code: codeOf(error), problem: messageOf(error) }),
  );
});

const reply = (response: SealingResponse): void => void process.send?.(response);

async function carryOut(order: SealingOrder): Promise<SealingAnswers[SealingOrder['order']]> {
  switch (order.order) {
    case 'take':
      maker.take(order.block);
      return undefined;
    case 'sort':
      return maker.sort(order.table);
    case 'write':
      return maker.write(order.day, order.to);
    case 'forget':
      maker.forget();
      return undefined;
    case 'merge':
      return maker.merge(order);
  }
}
