import type { Readable } from 'node:stream';

/** Ends a body whose client takes nothing of it for `stalledMs`: it is gone, or does not want it, and holds a place. */
export function endWhenStalled(body: Readable, stalledMs: number): void {
  let timer: NodeJS.Timeout | undefined;
  const end = (): void => void body.destroy(new Error('the client does not read its export'));
  body.on('pause', () => {
    clearTimeout(timer);
    timer = setTimeout(end, stalledMs);
  });
  body.on('resume', () => clearTimeout(timer));
  body.once('close', () => clearTimeout(timer));
}
