import { computed, signal } from '@preact/signals';
import { hrefOf, parsePlace } from './route.ts';
import type { Choices, Place, Screen } from './route.ts';

const place = signal<Place>(parsePlace(location.pathname, location.search));

export const screen = computed(() => place.value.at);
export const choices = computed(() => place.value.choices);

/** The address of another screen with today's choices kept; chosen trends belong to one machine only. */
export const linkTo = (at: Screen): string =>
  hrefOf({ at, choices: { ...place.value.choices, trends: undefined } });

/** Changes choices in place: the address changes, no step is added to the history. */
export function choose(changes: Partial<Choices>): void {
  show({ at: place.value.at, choices: { ...place.value.choices, ...changes } }, 'replace');
}

/** To one of the application's own addresses. */
export function visit(href: string): void {
  const url = new URL(href, location.origin);
  show(parsePlace(url.pathname, url.search), 'push');
  scrollTo(0, 0);
}

/** Another state of the screen that one is on, such as another stretch of time. */
export function goTo(at: Screen, how: 'push' | 'replace'): void {
  show({ at, choices: place.value.choices }, how);
}

function show(next: Place, how: 'push' | 'replace'): void {
  history[how === 'push' ? 'pushState' : 'replaceState'](null, '', hrefOf(next));
  place.value = next;
}

/** Follows clicks on the application's own links and the browser's back and forward. */
export function startRouter(): void {
  addEventListener('popstate', () => {
    place.value = parsePlace(location.pathname, location.search);
  });
  document.addEventListener('click', (event) => {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey)
      return;
    const link = event.target instanceof Element ? event.target.closest('a[href]') : null;
    if (!(link instanceof HTMLAnchorElement) || link.origin !== location.origin || link.target !== '') return;
    if (link.hash !== '' || link.pathname.startsWith('/api/')) return;
    event.preventDefault();
    if (link.href === location.href) scrollTo(0, 0);
    else visit(link.href);
  });
}
