/**
 * Questions put to a page, as text: the tests are compiled without the types of a browser. Each is an expression that
 * a page evaluates.
 */

/** Elements whose content is cut off sideways although nothing lets one scroll it, a title that is, and the page's own overflow. */
export const OVERFLOWS = `(() => {
  const found = [];
  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth) found.push('page: ' + root.scrollWidth + ' > ' + root.clientWidth);
  for (const title of document.querySelectorAll('h1'))
    if (title.scrollWidth > title.clientWidth + 1) found.push('title cut: ' + title.textContent);
  for (const element of document.querySelectorAll('main *')) {
    if (element.closest('.table-scroll, .analog, svg, canvas, .uplot')) continue;
    const box = element.getBoundingClientRect();
    if (box.width > 1 && box.right > root.clientWidth + 1) found.push(element.className + ' ends at ' + Math.round(box.right));
  }
  return found;
})()`;

/** Values whose number is cut off: a number that lacks digits is a wrong number. */
export const CUT_NUMBERS = `[...document.querySelectorAll('.signal-row:not(.text-row) .value .number, .trend-head .value .number')]
  .filter((element) => element.scrollWidth > element.clientWidth + 1 || element.getBoundingClientRect().width === 0)
  .map((element) => element.textContent + ' in ' + element.closest('[data-signal]')?.dataset.signal)`;

/** Names of signals whose own part is cut off, on one line or on two. */
export const CUT_NAMES = `[...document.querySelectorAll('.split-name')]
  .filter((name) => name.scrollHeight > name.clientHeight + 2 || name.lastElementChild.scrollWidth > name.lastElementChild.clientWidth + 1)
  .map((name) => name.title)`;

/** What does not fit: scroll bars of the page, contents of a box that are taller or wider than it. */
export const CROWDED = `(() => {
  const root = document.documentElement;
  const found = [];
  if (root.scrollHeight > root.clientHeight) found.push('page is ' + root.scrollHeight + ' high');
  if (root.scrollWidth > root.clientWidth) found.push('page is ' + root.scrollWidth + ' wide');
  for (const box of document.querySelectorAll('main, .wall, .wall-machine, .figure-row'))
    if (box.scrollHeight > box.clientHeight + 1 || box.scrollWidth > box.clientWidth + 1)
      found.push(box.className + ' ' + (box.dataset.machine ?? '') + ' ' + box.scrollWidth + 'x' + box.scrollHeight + ' in ' + box.clientWidth + 'x' + box.clientHeight);
  return found;
})()`;

/** All texts a reader meets, names for screen readers included. */
export const TEXTS = `(() => {
  const texts = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) if (node.data.trim()) texts.push(node.data.trim());
  for (const element of document.querySelectorAll('[aria-label]')) texts.push(element.getAttribute('aria-label'));
  return texts;
})()`;

/** Elements that should say something and do not. */
export const EMPTY_WORDS = `[...document.querySelectorAll('h1, h2, h3, button, a, option, th, dt, dd, summary, .name, .state-text, .provenance, .link-word')]
  .filter((element) => !element.textContent.trim() && !element.getAttribute('aria-label'))
  .map((element) => element.outerHTML.slice(0, 120))`;

/**
 * Characters of \`characters\` that come out as the box of a missing glyph: drawn alone in the page's font, they are
 * compared with the box that a character of the private use area gives.
 */
export const tofuAmong = (characters: string): string => `(async () => {
  const font = '32px ' + getComputedStyle(document.body).fontFamily;
  await document.fonts.load(font, ${JSON.stringify(characters)});
  await document.fonts.ready;
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = 48;
  const context = canvas.getContext('2d', { willReadFrequently: true });
  const draw = (character) => {
    context.clearRect(0, 0, 48, 48);
    context.font = font;
    context.textBaseline = 'top';
    context.fillText(character, 4, 4);
    return context.getImageData(0, 0, 48, 48).data.join();
  };
  const box = draw('\\uE123');
  return [...${JSON.stringify(characters)}].filter((character) => draw(character) === box);
})()`;

/** Share of pixels of a screenshot (PNG, base64) with a chroma above 20 of 255. */
export const colouredShare = (png: string): string => `(async () => {
  const image = new Image();
  image.src = 'data:image/png;base64,${png}';
  await image.decode();
  const canvas = document.createElement('canvas');
  canvas.width = image.width;
  canvas.height = image.height;
  const context = canvas.getContext('2d');
  context.drawImage(image, 0, 0);
  const { data } = context.getImageData(0, 0, image.width, image.height);
  let coloured = 0;
  for (let i = 0; i < data.length; i += 4)
    if (Math.max(data[i], data[i + 1], data[i + 2]) - Math.min(data[i], data[i + 1], data[i + 2]) > 20) coloured += 1;
  return coloured / (data.length / 4);
})()`;

/** True when every value in sight is hatched and struck through. */
export const ALL_STALE = `(() => {
  const values = [...document.querySelectorAll('main .value:not([data-empty])')];
  return values.length > 0 && values.every((value) =>
    getComputedStyle(value).backgroundImage.includes('gradient') &&
    getComputedStyle(value.querySelector('.number')).textDecorationLine === 'line-through');
})()`;

/** True when no value in sight is struck through. */
export const NONE_STALE = `[...document.querySelectorAll('main .value .number')].every(
  (number) => getComputedStyle(number).textDecorationLine === 'none')`;

/** Ways to reach everything by keyboard: what can be clicked and cannot be focused. */
export const UNREACHABLE = `[...document.querySelectorAll('a[href], button, select, summary, [tabindex], [onclick]')]
  .filter((element) => element.tabIndex < 0 && element.id !== 'content' && !element.closest('[hidden]'))
  .map((element) => element.outerHTML.slice(0, 120))`;

/** Resolves at the first frame at which the page says yes to a probe; the Content-Security-Policy allows no evaluation later. */
export const untilTrue = (probe: string): string => `new Promise((resolve) => {
  const look = () => (${probe}) ? resolve(true) : requestAnimationFrame(look);
  look();
})`;
