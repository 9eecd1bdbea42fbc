import { expect, it } from 'vitest';
import { SOON, describeOnDouble } from '../support/describe-pages.ts';

describeOnDouble('alarms and events', ({ open, server }) => {
  const change = (id: string, state: string): Promise<void> => server.tell(`alarm?id=${id}&state=${state}`);

  it('shows what stands, the most urgent first, each with shape, number, state and machine', async () => {
    const { page } = await open('/alarms?lang=en');
    const rows = page.locator('.alarm');
    await expect.poll(() => rows.count(), SOON).toBe(5);
    const shown = await rows.evaluateAll((all) =>
      all.map((row) => [
        row.querySelector('.priority text')?.textContent,
        row.querySelector('strong')?.textContent,
        row.querySelector('.alarm-state')?.textContent,
        row.querySelector('.alarm-where a')?.textContent,
      ]),
    );
    expect(shown).toEqual([
      ['1', 'The pump cavitates', 'active', 'Pump test loop'],
      ['2', 'Spindle vibration is in zone C/D', 'active', 'Machining centre 1'],
      ['3', 'A guard stands open', 'over, not acknowledged', 'Packaging line'],
      ['3', 'The spindle is hot', 'shelved', 'Machining centre 1'],
      ['4', 'The active tool is nearly worn out', 'acknowledged', 'Machining centre 1'],
    ]);
    const figures = page.locator('.alarm-figures div');
    await expect
      .poll(async () => (await figures.allTextContents()).map((text) => text.trim()), SOON)
      .toEqual(expect.arrayContaining(['Longer than a day1', 'shelved1']));
    await server.tell('offline?machine=brest/pump-01');
    await expect.poll(() => page.locator('.outage .alarm-where').textContent(), SOON).toContain('10.0.0.5');
    await server.tell('online?machine=brest/pump-01');
    await expect.poll(() => page.locator('.outage').count(), SOON).toBe(0);
    await page.locator('.choices select').first().selectOption('be');
    await expect.poll(() => rows.first().locator('strong').textContent(), SOON).toBe('Кавітацыя помпы');
  });

  it('follows a change at once, in the list and in the frame of another screen', async () => {
    const { page } = await open('/alarms?lang=en');
    const { page: other } = await open('/pipeline?lang=en');
    const counts = (): Promise<(string | null | undefined)[]> =>
      other
        .locator('.alarm-count')
        .evaluateAll((all) =>
          all.map(
            (one) => `${one.querySelector('svg')?.getAttribute('aria-label')} ${one.lastChild?.textContent}`,
          ),
        );
    await expect.poll(counts, SOON).toEqual(['critical 1', 'high 1', 'medium 1', 'low 1']);
    const banner = other.locator('.alarm-banner');
    await expect.poll(() => banner.locator('strong').textContent(), SOON).toBe('The pump cavitates');
    expect(await banner.locator('a').allTextContents()).toEqual(['Pump test loop', 'and 1 more']);
    expect(await page.locator('.alarm-banner').count()).toBe(0);
    await change('a-pressure', 'acknowledged');
    await expect
      .poll(() => page.locator('[data-alarm="a-pressure"] .alarm-state').textContent(), SOON)
      .toBe('acknowledged');
    await expect
      .poll(() => banner.locator('strong').textContent(), SOON)
      .toBe('Spindle vibration is in zone C/D');
    await change('a-vibration', 'acknowledged');
    await expect.poll(() => banner.count(), SOON).toBe(0);
    await change('a-vibration', 'active');
    await change('a-pressure', 'over');
    await expect.poll(() => page.locator('.alarm').count(), SOON).toBe(4);
    await expect.poll(counts, SOON).toEqual(['high 1', 'medium 1', 'low 1']);
    await change('a-pressure', 'active');
    await expect.poll(() => page.locator('.alarm').count(), SOON).toBe(5);
  });

  it('keeps the choice of machine and urgency in the address, for alarms and events alike', async () => {
    const { page } = await open('/alarms?lang=en');
    await expect.poll(() => page.locator('.alarm').count(), SOON).toBe(5);
    await page.getByLabel('Machine').selectOption('brest/cnc-01');
    await expect.poll(() => page.locator('.alarm').count(), SOON).toBe(3);
    await page.getByLabel('Urgency').selectOption('2');
    await expect.poll(() => page.locator('.alarm').count(), SOON).toBe(1);
    const query = new URL(page.url()).searchParams;
    expect([query.get('machine'), query.get('priority')]).toEqual(['brest/cnc-01', '2']);
    await page.reload();
    await expect.poll(() => page.locator('.alarm').count(), SOON).toBe(1);
    const events = page.locator('.event strong, .event .alarm-what > span:first-child');
    await expect
      .poll(async () => [...new Set(await events.allTextContents())], SOON)
      .toEqual(['Spindle vibration is in zone C/D']);
  });

  it('shows older events a page at a time, and leads to the values of that time', async () => {
    const { page } = await open('/alarms?lang=en&range=24h');
    const events = page.locator('.event');
    await expect.poll(() => events.count(), SOON).toBe(50);
    await page.getByRole('button', { name: 'Show older ones' }).click();
    await expect.poll(() => events.count(), SOON).toBe(100);
    await page.locator('.alarm .alarm-look').first().click();
    await page.locator('.explore-tools').waitFor();
    const query = new URL(page.url()).searchParams;
    expect(query.getAll('signal').length).toBeGreaterThan(0);
    expect(Date.parse(query.get('to') ?? '') - Date.parse(query.get('from') ?? '')).toBe(900_000);
  });

  it('offers an operator to acknowledge, and tells when the machine refuses; a visitor has no button', async () => {
    const { page } = await open('/alarms?lang=en');
    const buttons = page.getByRole('button', { name: 'Acknowledge' });
    const row = page.locator('[data-alarm="a-vibration"]');
    const failure = row.locator('.alarm-failure').first();
    await expect.poll(() => page.locator('.alarm').count(), SOON).toBe(5);
    expect(await buttons.count()).toBe(0);
    await expect.poll(() => page.locator('.alarm-hint a').getAttribute('href'), SOON).toContain('/login');
    await page.route('**/api/v1/session', (route) =>
      route.fulfill({ json: { user: { name: 'ivan', role: 'operator' }, expiresAt: null } }),
    );
    const asked: string[] = [];
    let answer: { status: number; json: object } = {
      status: 409,
      json: { code: 'ALARM_REFUSED', detail: 'BadEventIdUnknown' },
    };
    await page.route('**/api/v1/alarms/*/*', async (route) => {
      const { pathname } = new URL(route.request().url());
      asked.push(`${route.request().method()} ${pathname} ${route.request().postData()}`);
      await route.fulfill(answer);
    });
    await page.evaluate(`dispatchEvent(new Event('focus'))`);
    await expect.poll(() => buttons.count(), SOON).toBe(3);
    await buttons.nth(1).click();
    await expect.poll(() => failure.textContent(), SOON).toContain('BadEventIdUnknown');
    answer = { status: 200, json: { outcome: 'done' } };
    await page.locator('[data-alarm="a-vibration"] .alarm-where a').focus();
    await page.keyboard.press('a');
    await expect.poll(() => failure.textContent(), SOON).toBe('');
    await row.getByRole('button', { name: 'Shelve' }).click();
    await row.getByRole('button', { name: '15 min' }).click();
    await expect.poll(() => asked.length, SOON).toBe(3);
    expect(asked).toEqual([
      ...Array<string>(2).fill('POST /api/v1/alarms/a-vibration/acknowledge {}'),
      'POST /api/v1/alarms/a-vibration/shelve {"minutes":15}',
    ]);
    await change('a-vibration', 'acknowledged');
    await expect.poll(() => buttons.count(), SOON).toBe(2);
    await change('a-vibration', 'active');
  });

  it('a machine’s page shows what stands there; the search finds the screen', async () => {
    const { page } = await open('/machine/brest/cnc-01?lang=en');
    await expect.poll(() => page.locator('.machine-alarms .alarm').count(), SOON).toBe(3);
    await page.keyboard.press('/');
    await page.keyboard.type('alarms');
    await expect.poll(() => page.locator('.findings li').first().textContent(), SOON).toContain('Alarms');
    await page.keyboard.press('Enter');
    await page.locator('.alarms').waitFor();
  });
});
