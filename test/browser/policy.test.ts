import { expect, it } from 'vitest';
import { describeOnDouble } from '../support/describe-pages.ts';
import { SCREENS } from './screen-list.ts';

/** Outlives the application's own navigation, not a load of the page. */
const WATCH = `window.refusals = [];
  document.addEventListener('securitypolicyviolation', (event) =>
    window.refusals.push(event.effectiveDirective + ' ' + event.blockedURI + ' ' + event.sourceFile + ':' + event.lineNumber));`;

/** The double answers with the headers of the product's server. */
describeOnDouble('the Content-Security-Policy', ({ open, server }) => {
  it('forbids inline scripts and styles, and no screen needs one', async () => {
    const { page, show } = await open('/', { script: WATCH });
    for (const [name, path] of SCREENS) {
      await show(path);
      expect(await page.evaluate('window.refusals'), name).toEqual([]);
    }
    await show('/machine/brest/cnc-01?lang=zh');
    await page.locator('.group button.value').first().click();
    await page.locator('dialog.passport .way li').first().waitFor();
    expect(await page.evaluate('window.refusals'), 'passport').toEqual([]);
    await page.evaluate(`(() => {
      const script = document.createElement('script');
      script.textContent = 'window.wasRun = true';
      const style = document.createElement('style');
      style.textContent = 'body { display: none }';
      const attribute = document.createElement('div');
      attribute.setAttribute('style', 'color: red');
      document.body.append(script, style, attribute);
    })()`);
    await expect
      .poll(() => page.evaluate<string[]>('window.refusals.map((text) => text.split(" ")[0]).sort()'))
      .toEqual(['script-src-elem', 'style-src-attr', 'style-src-elem']);
    expect(await page.evaluate('window.wasRun')).toBeUndefined();
  });

  it('comes with the headers that belong to it, on pages and answers alike', async () => {
    for (const path of ['/', '/api/v1/machines', '/assets/none.js']) {
      const { headers } = await fetch(server.baseUrl + path);
      const policy = headers.get('content-security-policy') ?? '';
      expect(policy).toContain("script-src 'self';");
      expect(policy).toContain("style-src 'self';");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toContain('unsafe');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('referrer-policy')).toBe('no-referrer');
      expect(headers.get('x-frame-options')).toBe('DENY');
    }
  });
});
