import type { RecordedEnd, RecordedSample } from '../../replay/machine-recording.ts';
import type { ConnectedMachine, MachineLogin } from './machine-client.ts';
import { StartError } from '#platform/errors.ts';
import { RECORDING_VERSION, RecordingWriter } from '../../replay/machine-recording.ts';
import { captureSpace, findRoot, readNamespaces } from './capture-space.ts';
import { connectMachine } from './machine-client.ts';
import { LivingTree } from './living-tree.ts';
import { MachineWatch } from './machine-watch.ts';

export interface RecordOptions extends MachineLogin {
  /** File to make. */
  readonly to: string;
  /** Infinity: until `signal`. */
  readonly durationS: number;
  readonly publishingMs: number;
  readonly samplingMs: number;
  readonly mostNodes: number;
  /** Ends the recording in good order. */
  readonly signal: AbortSignal;
  /** One line for whoever waits. */
  readonly tell: (line: string) => void;
}

export interface RecordResult extends RecordedEnd {
  readonly nodes: number;
  readonly watched: number;
  readonly refused: readonly (readonly [nodeId: string, status: string])[];
  readonly bytes: number;
  /** False: the connection was lost before the end. */
  readonly isComplete: boolean;
  readonly certificateSha256: string | undefined;
}

const DONE = 'the time was over';
const ASKED = 'it was ended by the operator';

/** Address space and values of a machine into one file. @throws StartError: unreachable, refused, file not to be written. */
export async function recordMachine(options: RecordOptions): Promise<RecordResult> {
  const writer = new RecordingWriter(options.to);
  try {
    const machine = await connectMachine(options);
    try {
      return await new Recording(options, machine, writer).run();
    } finally {
      await machine.close();
    }
  } finally {
    writer.close();
  }
}

class Recording {
  readonly #options: RecordOptions;
  readonly #machine: ConnectedMachine;
  readonly #writer: RecordingWriter;
  #nodes = 0;
  #samples = 0;
  #startedAt = 0;

  constructor(options: RecordOptions, machine: ConnectedMachine, writer: RecordingWriter) {
    this.#options = options;
    this.#machine = machine;
    this.#writer = writer;
  }

  async run(): Promise<RecordResult> {
    const watched = await this.#capture();
    if (watched.length === 0)
      throw new StartError(
        'NOTHING_TO_RECORD',
        `${this.#options.endpointUrl} shows no variable of its own below Objects`,
        'the rights of the user on the machine (--user)',
      );
    const { tell } = this.#options;
    tell(`${this.#nodes} nodes captured, ${watched.length} variables to watch`);
    let failed: (reason: string) => void = () => undefined;
    const failure = new Promise<string>((resolve) => {
      failed = resolve;
    });
    const early: { readonly at: number; readonly samples: readonly RecordedSample[] }[] = [];
    let isListed = false;
    this.#startedAt = performance.now();
    const watch = new MachineWatch(
      { services: this.#machine.services, ...this.#options },
      {
        samples: (samples) => {
          if (isListed) this.#write(this.#elapsed, samples);
          else early.push({ at: this.#elapsed, samples });
        },
        failed: (reason) => failed(reason),
      },
    );
    const refused = await watch.start(watched);
    this.#writer.write({ watched, refused });
    isListed = true;
    for (const { at, samples } of early) this.#write(at, samples);
    const reason = await this.#until(failure);
    const isComplete = reason === DONE || reason === ASKED;
    if (isComplete) await watch.stop().catch(() => undefined);
    const { overflows, missedMessages } = watch;
    const end = { reason, samples: this.#samples, durationMs: this.#elapsed, overflows, missedMessages };
    this.#writer.write({ end });
    const { certificateSha256 } = this.#machine;
    return {
      ...end,
      nodes: this.#nodes,
      watched: watched.length - refused.length,
      refused,
      bytes: this.#writer.bytes,
      certificateSha256,
      isComplete,
    };
  }

  get #elapsed(): number {
    return Math.round(performance.now() - this.#startedAt);
  }

  /** @returns the variables to watch. */
  async #capture(): Promise<readonly string[]> {
    const { endpoint, services } = this.#machine;
    const namespaces = await readNamespaces(services);
    const root = (await findRoot(services, namespaces)).toString();
    this.#writer.write({
      recording: RECORDING_VERSION,
      madeAt: new Date().toISOString(),
      endpointUrl: this.#options.endpointUrl,
      applicationUri: endpoint.server.applicationUri ?? '',
      serverName: endpoint.server.applicationName.text ?? '',
      namespaces,
      root,
    });
    const tree = new LivingTree();
    for await (const nodes of captureSpace(services, this.#options.mostNodes)) {
      this.#writer.write(...nodes.map((node) => ({ node })));
      this.#nodes += nodes.length;
      for (const node of nodes) tree.add(node);
      if (this.#nodes > this.#options.mostNodes) this.#tooLarge();
      if (this.#options.signal.aborted) break;
    }
    this.#writer.write({ space: { nodes: this.#nodes } });
    return tree.variables();
  }

  #tooLarge(): never {
    throw new StartError(
      'MACHINE_TOO_LARGE',
      `${this.#options.endpointUrl} has more than ${this.#options.mostNodes} nodes`,
      'give a larger --most-nodes',
    );
  }

  #write(at: number, samples: readonly RecordedSample[]): void {
    this.#samples += samples.length;
    this.#writer.write({ at, samples });
  }

  async #until(failure: Promise<string>): Promise<string> {
    const { durationS, signal, tell } = this.#options;
    let timer: NodeJS.Timeout | undefined;
    const over = new Promise<string>((resolve) => {
      if (signal.aborted) resolve(ASKED);
      signal.addEventListener('abort', () => resolve(ASKED), { once: true });
      if (Number.isFinite(durationS)) timer = setTimeout(() => resolve(DONE), durationS * 1000);
    });
    const report = setInterval(
      () => tell(`${Math.round(this.#elapsed / 1000)} s, ${this.#samples} values`),
      10_000,
    );
    try {
      return await Promise.race([over, failure, this.#machine.lost]);
    } finally {
      clearTimeout(timer);
      clearInterval(report);
    }
  }
}
