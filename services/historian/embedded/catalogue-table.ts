import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { SignalId } from '#domain/asset-path.ts';
import type { MachineCatalogue, SignalNo } from '#domain/sample-store.ts';

export interface NumberedSignal {
  readonly id: SignalId;
  readonly no: SignalNo;
}

/** Machines as last announced, and the numbers of all signals that ever were. */
export class CatalogueTable {
  readonly #db: DatabaseSync;
  readonly #numbers = new Map<string, SignalNo>();
  readonly #insert: StatementSync;
  readonly #putMachine: StatementSync;
  /** By signal number. */
  readonly #machines: string[] = [];
  #next = 1;

  constructor(db: DatabaseSync) {
    this.#db = db;
    this.#insert = db.prepare('INSERT INTO signal VALUES (?, ?)');
    this.#putMachine = db.prepare(
      'INSERT INTO machine VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET body = excluded.body',
    );
  }

  load(): void {
    this.#numbers.clear();
    this.#next = 1;
    for (const { id, no } of this.signals()) {
      this.#numbers.set(id, no);
      this.#machines[no] = machineOfId(id);
      this.#next = no + 1;
    }
  }

  signals(): NumberedSignal[] {
    return this.#db
      .prepare('SELECT signal_no AS no, id FROM signal ORDER BY signal_no')
      .all()
      .map(({ no, id }) => ({ id: String(id) as SignalId, no: Number(no) }));
  }

  /** Id of the machine that a signal belongs to; empty when there is no such signal. */
  machineOf(no: SignalNo): string {
    return this.#machines[no] ?? '';
  }

  machines(): MachineCatalogue[] {
    return this.#db
      .prepare('SELECT body FROM machine ORDER BY id')
      .all()
      .map(({ body }) => JSON.parse(String(body)) as MachineCatalogue);
  }

  /** Inside a transaction. After a rollback, {@link load} again. */
  put(catalogue: MachineCatalogue): SignalNo[] {
    this.#putMachine.run(catalogue.machine.id, JSON.stringify(catalogue));
    return catalogue.signals.map(({ id }) => this.#numberOf(id));
  }

  #numberOf(id: SignalId): SignalNo {
    const known = this.#numbers.get(id);
    if (known !== undefined) return known;
    const no = this.#next;
    this.#insert.run(no, id);
    this.#numbers.set(id, no);
    this.#machines[no] = machineOfId(id);
    this.#next = no + 1;
    return no;
  }
}

/** `site/machine` of `site/machine/path`. */
const machineOfId = (id: string): string => id.split('/', 2).join('/');
