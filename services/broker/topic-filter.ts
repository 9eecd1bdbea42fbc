/** MQTT 3.1.1, 4.7: does `topic` match `filter`? Topics that begin with `$` are not matched by a leading wildcard (4.7.2-1). */
export function matchesFilter(filter: string, topic: string): boolean {
  if (topic.startsWith('$') && (filter.startsWith('+') || filter.startsWith('#'))) return false;
  const wanted = filter.split('/');
  const levels = topic.split('/');
  for (const [i, part] of wanted.entries()) {
    if (part === '#') return true;
    if (i >= levels.length || (part !== '+' && part !== levels[i])) return false;
  }
  return wanted.length === levels.length;
}

/** Is every topic that `filter` can match also matched by `allowed`? */
export function coversFilter(allowed: string, filter: string): boolean {
  if (filter.startsWith('$') && (allowed.startsWith('+') || allowed.startsWith('#'))) return false;
  const outer = allowed.split('/');
  const inner = filter.split('/');
  for (const [i, part] of outer.entries()) {
    if (part === '#') return true;
    const level = inner[i];
    if (level === undefined || level === '#') return false;
    if (part !== '+' && part !== level) return false;
  }
  return outer.length === inner.length;
}
