import type { SignalId } from './asset-path.ts';
import type { Sample } from './sample.ts';
import type { SampleStore, TimeRange } from './sample-store.ts';

/** Rows read from the store at once: bounds memory, whatever the range. */
const PAGE_ROWS = 10_000;

/** All samples of a signal, page by page. Samples of one time (two epochs of an agent may hold the same) never straddle two pages. */
export async function* samplePages(
  store: Pick<SampleStore, 'samples'>,
  signal: SignalId,
  range: TimeRange,
): AsyncGenerator<readonly Sample[]> {
  let { from } = range;
  let limit = PAGE_ROWS;
  for (;;) {
    const page = await store.samples(signal, { from, to: range.to }, limit);
    const last = page.at(-1);
    if (page.length < limit || !last) {
      yield page;
      return;
    }
    const complete = page.filter(({ sourceTimestamp }) => sourceTimestamp < last.sourceTimestamp);
    if (complete.length === 0) limit *= 2;
    else {
      yield complete;
      from = last.sourceTimestamp;
      limit = PAGE_ROWS;
    }
  }
}
