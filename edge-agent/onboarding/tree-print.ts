/** A server's nodes as lines for people: an indented tree, every folder once, with types and units of the variables. */
import type { SourceSignal } from '../pipeline/source.ts';

export interface PrintedNode {
  /** Browse names from where browsing began, joined by `/`. */
  readonly path: string;
  readonly isVariable: boolean;
  /** Portable node id. */
  readonly portable: string;
  /** Of a variable that can be read. */
  readonly about?: Pick<SourceSignal, 'dataType' | 'isArray' | 'unit' | 'range'> | undefined;
}

const INDENT = '  ';
const NAME_WIDTH = 44;

const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
const parentOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')));

/** Lines of the tree, nodes of one folder in the order in which the server tells them. */
export function treeLines(nodes: readonly PrintedNode[]): string[] {
  const children = new Map<string, PrintedNode[]>();
  for (const node of nodes) {
    const parent = parentOf(node.path);
    const list = children.get(parent);
    if (list) list.push(node);
    else children.set(parent, [node]);
  }
  const lines: string[] = [];
  const print = (parent: string, indent: string): void => {
    for (const node of children.get(parent) ?? []) {
      const isFolder = children.has(node.path);
      const name = `${indent}${nameOf(node.path)}${isFolder || !node.isVariable ? '/' : ''}`;
      lines.push(`${name.padEnd(NAME_WIDTH)} ${aboutText(node).padEnd(24)} ${node.portable}`);
      if (isFolder) print(node.path, indent + INDENT);
    }
  };
  print('', '');
  return lines;
}

function aboutText({ about, isVariable }: PrintedNode): string {
  if (!about) return isVariable ? '?' : '';
  const { dataType, isArray, unit, range } = about;
  const limits = range ? `${range.low} .. ${range.high}` : undefined;
  return [`${dataType}${isArray ? '[]' : ''}`, limits, unit?.symbol]
    .filter((part) => part !== undefined)
    .join(' ');
}

/** The same for programs: one JSON object a node and line. */
export const jsonLine = ({ path, isVariable, portable, about }: PrintedNode): string =>
  JSON.stringify({ path, nodeId: portable, nodeClass: isVariable ? 'Variable' : 'Object', ...about });
