import { ApiProblem } from '../api-problem.ts';

export interface Page<Item> {
  readonly items: readonly Item[];
  readonly next?: string;
}

/** `limit` items after the one whose key is `cursor`; `items` are in an order that does not change between pages. */
export function pageAfter<Item>(
  items: readonly Item[],
  keyOf: (item: Item) => string,
  { limit, cursor }: { readonly limit: number; readonly cursor?: string | undefined },
): Page<Item> {
  const start = cursor === undefined ? 0 : items.findIndex((item) => keyOf(item) === cursor) + 1;
  if (cursor !== undefined && start === 0) {
    throw new ApiProblem('BAD_PARAMETER', 'cursor: is not the "next" of a page of this list', {
      issues: [{ path: 'cursor', message: 'is not the "next" of a page of this list' }],
    });
  }
  const page = items.slice(start, start + limit);
  const last = page.at(-1);
  return last !== undefined && start + limit < items.length
    ? { items: page, next: keyOf(last) }
    : { items: page };
}
