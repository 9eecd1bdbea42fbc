import { expect, it } from 'vitest';
import { SOON, describeOnDouble } from '../support/describe-pages.ts';

describeOnDouble('the quality of the data', ({ open }) => {
  it('shows each machine’s shares; inside, every signal with suspects first, and the gaps with their cause', async () => {
    const { page } = await open('/quality?lang=en');
    const machine = page.locator('[data-machine="brest/cnc-01"]');
    await expect
      .poll(() => machine.locator('[data-figure=good]').textContent(), SOON)
      .toMatch(/^9\d\.\d\s%$/);
    expect(await page.locator('.machine-quality').count()).toBe(5);
    const name = (await machine.locator('.share-bar').first().getAttribute('aria-label')) ?? '';
    expect(name).toMatch(/^good 9\d\.\d\s%, uncertain .*, bad .*, missing .*, not known /);
    await machine.locator('summary').press('Enter');
    const rows = machine.locator('tr[data-signal]');
    expect(await rows.count()).toBe(35);
    expect(await rows.nth(0).textContent()).toMatch(/fell silent|stands still/);
    expect(await rows.nth(2).getAttribute('data-condition')).toBe('ok');
    expect(await machine.locator('table').nth(1).locator('tbody tr').allTextContents()).toEqual([
      expect.stringContaining('queue overflow'),
      expect.stringContaining('the whole machine'),
    ]);
  });

  it('asks for the stretch that the address names', async () => {
    const { page } = await open('/quality?lang=en&range=8h');
    const spanOf = (address: string): number => {
      const { searchParams } = new URL(address);
      return Date.parse(searchParams.get('to') ?? '') - Date.parse(searchParams.get('from') ?? '');
    };
    const asked = page.waitForRequest((request) => spanOf(request.url()) === 86_400_000);
    await page.getByRole('button', { name: '24 h' }).click();
    expect((await asked).url()).toContain('/quality?');
    expect(new URL(page.url()).searchParams.get('range')).toBe('24h');
  });
});
