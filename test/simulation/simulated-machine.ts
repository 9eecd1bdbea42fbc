import { createSampleBatch, growSampleBatch, ValueKind } from '#domain/sample-batch.ts';
import { codeOf } from '#platform/errors.ts';
import type { Source, SourceSink, SourceState } from '../../edge-agent/pipeline/source.ts';
import type { VirtualTime } from './virtual-time.ts';

interface Notification {
  readonly sequence: number;
  readonly values: readonly { readonly signal: number; readonly count: number; readonly timeMs: number }[];
}

/** An OPC UA server as far as delivery knows it: counts in each signal, and keeps every notification until it is acknowledged. */
export class SimulatedMachine {
  readonly id: string;
  readonly signals: number;
  readonly #time: VirtualTime;
  readonly #unacknowledged: Notification[] = [];
  #sequence = 0;
  /** Values produced so far, of each signal. */
  count = 0;
  isRunning = true;
  /** Another one is another catalogue. */
  revision = 1;
  #wake: (() => void) | undefined;

  constructor(id: string, signals: number, time: VirtualTime) {
    this.id = id;
    this.signals = signals;
    this.#time = time;
  }

  /** One more value of each signal; now and then two in one notification. */
  produce(rounds: number): void {
    if (!this.isRunning) return;
    const values = [];
    for (let round = 0; round < rounds; round += 1) {
      this.count += 1;
      for (let signal = 0; signal < this.signals; signal += 1)
        values.push({ signal, count: this.count, timeMs: this.#time.nowMs });
    }
    this.#sequence += 1;
    this.#unacknowledged.push({ sequence: this.#sequence, values });
    this.#wake?.();
  }

  pending(after: number): readonly Notification[] {
    return this.#unacknowledged.filter(({ sequence }) => sequence > after);
  }

  acknowledge(sequence: number): void {
    const at = this.#unacknowledged.findIndex((one) => one.sequence === sequence);
    if (at >= 0) this.#unacknowledged.splice(at, 1);
  }

  /** Resolves when there may be something new. */
  news(): Promise<void> {
    return new Promise((resolve) => (this.#wake = resolve));
  }
}

const PENDING_LIMIT = 3;
const RETRY_MS = 100;

/** A session of the agent with such a machine: first what was never acknowledged, then what is new. */
export class SimulatedSource implements Source {
  readonly #machine: SimulatedMachine;
  #isStopped = false;
  #sink: SourceSink | undefined;
  #aliases: Int32Array = new Int32Array(0);
  #revision = 0;
  #pending = 0;
  isAway = false;

  constructor(machine: SimulatedMachine) {
    this.#machine = machine;
  }

  async start(sink: SourceSink): Promise<void> {
    this.#sink = sink;
    void this.#keepWorking(sink);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
  }

  state(): SourceState {
    return { link: this.isAway ? 'offline' : 'online', items: this.#machine.signals, failedItems: 0 };
  }

  /** The path to the machine is lost, and comes back. */
  goAway(): void {
    this.isAway = true;
    this.#sink?.link(this.#machine.id, 'offline');
  }

  comeBack(): void {
    this.isAway = false;
    this.#sink?.link(this.#machine.id, 'online');
  }

  /** A disk that refuses ends the session; the next one begins a moment later. */
  async #keepWorking(sink: SourceSink): Promise<void> {
    while (!this.#isStopped) {
      try {
        await this.#work(sink);
      } catch {
        await pause(RETRY_MS);
      }
    }
  }

  async #work(sink: SourceSink): Promise<void> {
    const machine = this.#machine;
    await this.#announce(sink);
    sink.link(machine.id, 'online');
    const last = machine.pending(0).at(-1)?.sequence ?? 0;
    for (const notification of machine.pending(0)) await this.#append(sink, notification, 'republish');
    let sent = last;
    while (!this.#isStopped) {
      const next = machine.pending(sent)[0];
      if (!next || this.isAway || this.#pending >= PENDING_LIMIT) {
        await Promise.race([machine.news(), pause(RETRY_MS)]);
        continue;
      }
      sent = next.sequence;
      if (machine.revision !== this.#revision) await this.#announce(sink);
      this.#pending += 1;
      void this.#append(sink, next, 'publish').finally(() => (this.#pending -= 1));
    }
  }

  async #announce(sink: SourceSink): Promise<void> {
    const { id, signals, revision } = this.#machine;
    this.#revision = revision;
    const machine = {
      id,
      kind: 'generic',
      name: { en: `${id} ${revision}` },
      provenance: 'simulated' as const,
      assetPath: { enterprise: 'pilot' },
    };
    this.#aliases = await sink.catalogue(
      machine,
      Array.from({ length: signals }, (_, i) => ({
        path: `Signal${i}`,
        name: { en: `Signal ${i} ${revision}` },
        dataType: 'Double' as const,
        isArray: false,
        nodeId: `nsu=urn:test;s=Signal${i}`,
      })),
    );
  }

  async #append(
    sink: SourceSink,
    notification: Notification,
    origin: 'publish' | 'republish',
  ): Promise<void> {
    const { values, sequence } = notification;
    for (;;) {
      const batch = createSampleBatch(0);
      growSampleBatch(batch, values.length);
      values.forEach(({ signal, count, timeMs }, i) => {
        batch.signal[i] = this.#aliases[signal] ?? 0;
        batch.timeNs[i] = BigInt(Math.floor(timeMs)) * 1_000_000n;
        batch.kind[i] = ValueKind.float;
        batch.f64[i] = count;
      });
      batch.count = values.length;
      try {
        await sink.append({
          machineId: this.#machine.id,
          batch,
          origin,
          notification: { subscriptionId: 1, sequence },
        });
        this.#machine.acknowledge(sequence);
        return;
      } catch (error) {
        if (codeOf(error) === 'JOURNAL_CLOSED') return;
        await pause(RETRY_MS);
      }
    }
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
