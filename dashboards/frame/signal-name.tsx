import type { JSX } from 'preact';

const SEPARATOR = ' · ';

/** A name. On one line and without room for it, its places are cut, not its end: that tells the neighbours apart. */
export function SignalName({ name }: { readonly name: string }): JSX.Element {
  const end = name.lastIndexOf(SEPARATOR);
  return (
    <span class="name split-name" title={name}>
      {end > 0 && <span class="places">{name.slice(0, end)}</span>}
      <span class="own">{end > 0 ? `\u00A0· ${name.slice(end + SEPARATOR.length)}` : name}</span>
    </span>
  );
}
