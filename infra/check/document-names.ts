// What a Markdown document names: paths, npm scripts, API routes, links. Pure text work.

export interface NamedThing {
  readonly kind: 'path' | 'script' | 'route' | 'link';
  readonly text: string;
  /** 1-based line in the document. */
  readonly line: number;
}

const LINK = /\]\(([^)\s]+)\)/g;
const CODE = /`([^`]+)`/g;
const SCRIPT = /\bnpm (?:run (?:-s |--silent )?([a-z][\w:-]*)|(start|test)\b)/g;
const ROUTE = /\/api\/v1(?:\/[\w{}:.-]+)*/g;
const PATH = /^(?:\.\/)?\.?[\w@-][\w.@*{},-]*(?:\/[\w.@*{},-]+)*\/?$/;
const FILE_ENDING = /\.(?:ts|tsx|js|mjs|json|ya?ml|md|sh|css|html|csv|png|service)$/;

function matches(text: string, expression: RegExp): string[] {
  return [...text.matchAll(expression)].map((match) => match[1] ?? match[2] ?? match[0]);
}

function namedInCode(code: string, line: number): NamedThing[] {
  const scripts = matches(code, SCRIPT).map((text) => ({ kind: 'script' as const, text, line }));
  const routes = matches(code, ROUTE).map((text) => ({ kind: 'route' as const, text, line }));
  const looksLikePath = PATH.test(code) && (code.includes('/') || FILE_ENDING.test(code));
  const paths = looksLikePath && routes.length === 0 ? [{ kind: 'path' as const, text: code, line }] : [];
  return [...scripts, ...routes, ...paths];
}

function namedInLine(text: string, line: number): NamedThing[] {
  const links = matches(text.replaceAll(CODE, ''), LINK)
    .filter((target) => !/^(?:[a-z]+:|#)/i.test(target))
    .map((target) => ({ kind: 'link' as const, text: target, line }));
  return [...links, ...matches(text, CODE).flatMap((code) => namedInCode(code, line))];
}

/** Everything a document names, in order. Within a fenced block every word counts as code. */
export function documentNames(markdown: string): NamedThing[] {
  let fenced = false;
  return markdown.split('\n').flatMap((text, index) => {
    const line = index + 1;
    if (/^\s*(?:```|~~~)/.test(text)) {
      fenced = !fenced;
      return [];
    }
    if (!fenced) return namedInLine(text, line);
    const words = text.split(/[\s"'=]+/).flatMap((word) => namedInCode(word, line));
    const scripts = matches(text, SCRIPT).map((script) => ({ kind: 'script' as const, text: script, line }));
    return [...scripts, ...words.filter(({ kind }) => kind !== 'script')];
  });
}
