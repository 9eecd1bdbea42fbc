import path from 'node:path';
import { EchoLimit } from './echo-limit.ts';
import { parseNoteworthy } from './log-lines.ts';
import { RotatingLog } from './rotating-log.ts';
import type { Terminal } from './terminal.ts';

const KEPT_STDERR_LINES = 12;

/** Where the output of one supervised process goes: its log file; warnings and errors also to the terminal. */
export class ProcessOutput {
  readonly #name: string;
  readonly #terminal: Terminal;
  readonly #log: RotatingLog;
  readonly #logFile: string;
  readonly #limit = new EchoLimit();
  #stderr: string[] = [];

  constructor(name: string, logFolder: string, terminal: Terminal) {
    this.#name = name;
    this.#terminal = terminal;
    this.#logFile = path.join(logFolder, `${name}.log`);
    this.#log = new RotatingLog(this.#logFile);
  }

  get logFile(): string {
    return this.#logFile;
  }

  stdout(line: string): void {
    this.#log.write(line);
    const noteworthy = parseNoteworthy(line);
    if (noteworthy !== undefined) this.#echo(`${noteworthy.severity}: ${noteworthy.text}`);
  }

  /** Kept back: what a process says there before it ends is told together with its end. */
  stderr(line: string): void {
    this.#log.write(line);
    this.#stderr = [...this.#stderr, line].slice(-KEPT_STDERR_LINES);
  }

  /** The last words on stderr since the last call. */
  takeLastWords(): string {
    const words = this.#stderr.join('\n').trim();
    this.#stderr = [];
    return words;
  }

  close(): void {
    this.#log.close();
  }

  #echo(text: string): void {
    const { show, hidden } = this.#limit.admit(performance.now());
    if (hidden > 0)
      this.#terminal.progress(`${this.#name}: ${hidden} more such lines are in ${this.#logFile}`);
    if (show) this.#terminal.progress(`${this.#name} ${text}`);
  }
}
