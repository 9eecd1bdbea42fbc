import type { RecordedNode } from '../../replay/machine-recording.ts';

const PROPERTY = 'ns=0;i=46';
/** Organizes, HasProperty, HasComponent, HasOrderedComponent, HasAddIn, HasSubStateMachine. */
const BELOW: ReadonlySet<string> = new Set([35, 46, 47, 49, 17_604, 117].map((id) => `ns=0;i=${id}`));
/** Objects and Server: below types there are declarations, not values that live. */
const ROOTS = ['ns=0;i=85', 'ns=0;i=2253'];

/** Which of the captured variables belong to a machine and not to a type. */
export class LivingTree {
  readonly #children = new Map<string, { readonly id: string; readonly isProperty: boolean }[]>();
  readonly #variables = new Set<string>();
  readonly #others = new Set<string>();

  add({ id, class: nodeClass, references, value }: RecordedNode): void {
    if (nodeClass === 'Variable' && value !== undefined) this.#variables.add(id);
    else if (nodeClass !== 'Object' && nodeClass !== 'Variable') this.#others.add(id);
    for (const [type, isForward, target] of references) {
      // What a specification derives from these has a type of its own.
      if (!BELOW.has(type) && type.startsWith('ns=0;')) continue;
      const [parent, child] = isForward ? [id, target] : [target, id];
      const list = this.#children.get(parent) ?? [];
      list.push({ id: child, isProperty: type === PROPERTY });
      this.#children.set(parent, list);
    }
  }

  /** Those with a value that could be read: components first, then properties, which a small server may have to leave out. */
  variables(): readonly string[] {
    const seen = new Set(ROOTS);
    const components: string[] = [];
    const properties: string[] = [];
    // A set may grow while it is walked.
    for (const at of seen) {
      for (const { id, isProperty } of this.#children.get(at) ?? []) {
        if (seen.has(id) || this.#others.has(id)) continue;
        seen.add(id);
        if (this.#variables.has(id)) (isProperty ? properties : components).push(id);
      }
    }
    return [...components, ...properties];
  }
}
