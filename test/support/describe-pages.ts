import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { DoubleProcess } from './api-double/double-process.ts';
import { launchChromium, openPage } from './chromium.ts';
import type { PageOptions, WatchedPage } from './chromium.ts';
import { describeWith } from './programs.ts';

/** Bound of what a loaded machine may take to draw. */
export const SOON = { timeout: 15_000 };

/** Whoever answers the pages of a suite. */
export interface PageServer {
  readonly baseUrl: string;
  readonly start: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

export interface Pages<Server> {
  readonly server: Server;
  /** A page of the server in a context of its own; closed when the test ends. */
  readonly open: (path: string, options?: PageOptions) => Promise<WatchedPage>;
}

/** `describe` for tests of pages: one browser and one server for all of them, both gone afterwards. */
export function describePages<Server extends PageServer>(
  title: string,
  server: Server,
  body: (pages: Pages<Server>) => void,
): void {
  describeWith('chromium', title, (executablePath) => {
    let browser: Browser | undefined;

    beforeAll(async () => {
      await Promise.all([
        launchChromium(executablePath).then((launched) => (browser = launched)),
        server.start(),
      ]);
    });
    afterEach(async () => {
      await Promise.all((browser?.contexts() ?? []).map((context) => context.close()));
    });
    afterAll(async () => {
      await Promise.all([browser?.close(), server.stop()]);
    });

    const open: Pages<Server>['open'] = (path, options) => {
      if (!browser) throw new Error('pages are opened within a test, when the browser is up');
      return openPage(browser, new URL(path, server.baseUrl), options);
    };
    body({ server, open });
  });
}

/** {@link describePages} on the double of the API. */
export function describeOnDouble(title: string, body: (pages: Pages<DoubleProcess>) => void): void {
  describePages(title, new DoubleProcess(), body);
}
