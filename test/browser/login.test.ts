import { expect, it } from 'vitest';
import { SOON, describeOnDouble } from '../support/describe-pages.ts';

describeOnDouble('logging in', ({ open }) => {
  it('by keyboard, from any screen; who one is stands in the frame, an engineer reads what was done, and out again', async () => {
    const { page } = await open('/?lang=en');
    await page.getByRole('link', { name: 'Log in' }).press('Enter');
    await page.getByLabel('Name').fill('engineer');
    await page.getByLabel('Password').fill('wrong');
    await page.keyboard.press('Enter');
    await expect.poll(() => page.locator('.problem').textContent(), SOON).toBe('Name or password is wrong.');
    expect(await page.evaluate(`document.activeElement.name`)).toBe('password');
    await page.keyboard.type('engineer of the test');
    await page.keyboard.press('Enter');
    await page.getByText('You are logged in as engineer (engineer)').waitFor();
    expect(await page.locator('.who').textContent()).toBe('engineer');
    await expect
      .poll(() => page.locator('tbody tr').allTextContents(), SOON)
      .toEqual(
        [/login.*done/, /visitor.*login.*refused LOGIN_FAILED/].map((text) => expect.stringMatching(text)),
      );
    await page.getByRole('button', { name: 'Log out' }).click();
    await page.getByLabel('Password').waitFor();
    expect(await page.locator('.who').textContent()).toBe('Log in');
    expect(await page.locator('tbody').count()).toBe(0);
  });

  it('says how long one is locked out after wrong passwords', async () => {
    const { page } = await open('/?lang=ru');
    await page.locator('.who').click();
    await page.locator('[name=name]').fill('admin');
    for (let n = 0; n < 6; n += 1) {
      const answered = page.waitForResponse((response) => response.url().endsWith('/session'));
      await page.locator('[name=password]').fill(`wrong ${n}`);
      await page.keyboard.press('Enter');
      await answered;
      await expect.poll(() => page.locator('form button').isEnabled(), SOON).toBe(true);
    }
    expect(await page.locator('.problem').textContent()).toBe(
      'Слишком много неверных паролей. Повторите через 60\u00a0с.',
    );
  });
});
