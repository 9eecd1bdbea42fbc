import { rmSync } from 'node:fs';
import { writeFileAtomic } from './atomic-file.ts';
import type { SupervisedProcess } from './supervised-process.ts';

/** `<data>/centre.json`: what runs now, for tools and operators; not there when the centre is stopped. */
export class StatusFile {
  readonly #file: string;
  #removed = false;

  constructor(file: string) {
    this.#file = file;
  }

  write(dashboardUrl: string, processes: readonly SupervisedProcess[]): void {
    if (this.#removed) return;
    const listed = processes.map(({ name, state }) => ({
      name,
      state: state.kind,
      pid: 'child' in state ? state.child.pid : null,
    }));
    try {
      writeFileAtomic(
        this.#file,
        `${JSON.stringify({ pid: process.pid, dashboardUrl, processes: listed }, null, 2)}\n`,
      );
    } catch {
      // A full disk must not end the supervision; the file is a convenience.
    }
  }

  remove(): void {
    this.#removed = true;
    rmSync(this.#file, { force: true });
  }
}
