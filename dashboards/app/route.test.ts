import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  KIOSKS,
  MAX_EXPLORED,
  MAX_ROTATE_S,
  MIN_ROTATE_S,
  OVERLAYS,
  RANGES,
  THEMES,
  hrefOf,
  parsePlace,
} from './route.ts';
import type { Place } from './route.ts';

const parse = (href: string): Place => {
  const url = new URL(href, 'http://plant');
  return parsePlace(url.pathname, url.search);
};

describe('addresses', () => {
  it.each([
    ['/', 'overview'],
    ['/pipeline', 'pipeline'],
    ['/wall', 'wall'],
    ['/login', 'login'],
    ['/quality', 'quality'],
    ['/login/now', 'unknown'],
    ['/wall/2', 'unknown'],
    ['/explore', 'explore'],
    ['/explore/more', 'unknown'],
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
      fc.constant({ screen: 'wall' } as const),
      fc
        .tuple(segment, segment)
        .map(([site, machine]) => ({ screen: 'machine', machine: `${site}/${machine}` }) as const),
    );
    const explored = fc.record({
      screen: fc.constant('explore' as const),
      signals: fc.uniqueArray(
        fc
          .tuple(segment, segment, fc.string({ minLength: 1, unit: 'grapheme' }))
          .map(([site, machine, path]) => `${site}/${machine}/${path}`),
        { maxLength: MAX_EXPLORED },
      ),
      window: fc.option(
        fc
          .tuple(fc.integer({ min: 0, max: 4e12 }), fc.integer({ min: 1, max: 1e10 }))
          .map(([fromMs, spanMs]) => ({ fromMs, toMs: fromMs + spanMs })),
        { nil: undefined },
      ),
      overlay: fc.constantFrom(undefined, ...OVERLAYS),
    });
    const choices = fc.record({
      lang: fc.constantFrom(undefined, 'ru', 'be', 'en', 'zh'),
      theme: fc.constantFrom(undefined, ...THEMES),
      kiosk: fc.constantFrom(undefined, ...KIOSKS),
      range: fc.constantFrom(undefined, ...RANGES),
      rotateS: fc.option(fc.integer({ min: MIN_ROTATE_S, max: MAX_ROTATE_S }), { nil: undefined }),
    });
    const paths = fc.option(fc.array(fc.string({ minLength: 1, unit: 'grapheme' })), { nil: undefined });
    fc.assert(
      fc.property(fc.oneof(screens, explored), choices, paths, (at, chosen, trends) => {
        const place = {
          at,
          choices: { ...chosen, trends: at.screen === 'machine' ? trends : undefined },
        } as Place;
        expect(parse(hrefOf(place))).toEqual(place);
      }),
    );
  });

  it('of an exploration leave out what is no signal, a stretch that ends before it begins, and a ninth signal', () => {
    const nine = Array.from({ length: 9 }, (_, i) => `signal=brest/cnc-01/S${i}`).join('&');
    const { at } = parse(`/explore?signal=x&${nine}&from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z`);
    expect(at).toMatchObject({ screen: 'explore', window: undefined });
    expect(at.screen === 'explore' && at.signals).toHaveLength(8);
  });

  it('leave out what they do not know', () => {
    expect(parse('/?lang=fr&theme=pink&range=2y&kiosk=maybe').choices).toEqual({
      lang: undefined,
      theme: undefined,
      range: undefined,
      kiosk: undefined,
      trends: undefined,
    });
  });
});
