import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KIOSKS, RANGES, THEMES, hrefOf, parsePlace } from './route.ts';
import type { Place } from './route.ts';

const parse = (href: string): Place => {
  const url = new URL(href, 'http://plant');
  return parsePlace(url.pathname, url.search);
};

describe('addresses', () => {
  it.each([
    ['/', 'overview'],
    ['/pipeline', 'pipeline'],
    ['/machine/brest/cnc-01', 'machine'],
    ['/machine/brest', 'unknown'],
    ['/machine/Brest/cnc', 'unknown'],
    ['/nowhere', 'unknown'],
  ])('%s is the screen %s', (href, screen) => {
    expect(parse(href).at.screen).toBe(screen);
  });

  it('come back as they went', () => {
    const segment = fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,20}$/);
    const screens = fc.oneof(
      fc.constant({ screen: 'overview' } as const),
      fc.constant({ screen: 'pipeline' } as const),
      fc
        .tuple(segment, segment)
        .map(([site, machine]) => ({ screen: 'machine', machine: `${site}/${machine}` }) as const),
    );
    const choices = fc.record({
      lang: fc.constantFrom(undefined, 'ru', 'be', 'en', 'zh'),
      theme: fc.constantFrom(undefined, ...THEMES),
      kiosk: fc.constantFrom(undefined, ...KIOSKS),
      range: fc.constantFrom(undefined, ...RANGES),
    });
    const paths = fc.option(fc.array(fc.string({ minLength: 1, unit: 'grapheme' })), { nil: undefined });
    fc.assert(
      fc.property(screens, choices, paths, (at, chosen, trends) => {
        const place = {
          at,
          choices: { ...chosen, trends: at.screen === 'machine' ? trends : undefined },
        } as Place;
        expect(parse(hrefOf(place))).toEqual(place);
      }),
    );
  });

  it('leave out what they do not know', () => {
    expect(parse('/?lang=fr&theme=pink&range=2y&kiosk=maybe').choices).toEqual({
      lang: undefined, theme: undefined, range: undefined, kiosk: undefined, trends: undefined,
    }); // prettier-ignore
  });
});
