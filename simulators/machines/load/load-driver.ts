import type { ProducedTick, TickSink } from '../../model/produced-tick.ts';
import type { SignalDataType, SignalDefinition } from '../../model/signal.ts';
import { clearTick, createTick } from '../../model/produced-tick.ts';
import { loadValue } from './load-values.ts';

export interface LoadMachine {
  /** What the sink knows the machine by. */
  readonly position: number;
  readonly signals: readonly SignalDefinition[];
}

export interface LoadDriverOptions {
  /** All machines of one rate. */
  readonly machines: readonly LoadMachine[];
  readonly periodMs: number;
  readonly sink: TickSink;
  /** ms since 1970. */
  readonly now: () => number;
  /** Told of every slice that is given up: of the values with this source time none was made. */
  readonly onMissed?: (timeMs: number) => void;
}

const SLICE_MS = 10;
/** Held up by no more than this, values are made up with the source times that they were due at: they count as late, not as nothing. */
const GIVE_UP_MS = 1_000;

interface Slice {
  readonly machine: number;
  readonly signals: readonly number[];
  readonly dataTypes: readonly SignalDataType[];
}

/** Which signals a source time belongs to: those whose number leaves this remainder by the number of slices. */
export const sliceOf = (
  timeMs: number,
  periodMs: number,
): { readonly slice: number; readonly slices: number } => {
  const slices = Math.max(1, Math.floor(periodMs / SLICE_MS));
  return { slice: Math.round((timeMs % periodMs) / (periodMs / slices)) % slices, slices };
};

/**
 * One timer for all machines of a rate. A period is cut into slices of 10 ms, each with its share of the
 * signals, so that the values come as a stream and not as one burst per period. Source time = start of the
 * slice; tick = floor(source time / period). A slice that is held up is made up; one that is a second late is given up and counted.
 */
export class LoadDriver {
  produced = 0;
  /** Values that were due and could not be made in time. */
  missed = 0;
  readonly #options: LoadDriverOptions;
  readonly #slices: readonly (readonly Slice[])[];
  readonly #tick: ProducedTick = createTick();
  #timer: NodeJS.Timeout | undefined;
  #nextMs = 0;

  constructor(options: LoadDriverOptions) {
    this.#options = options;
    const count = sliceOf(0, options.periodMs).slices;
    this.#slices = Array.from({ length: count }, (_, slice) =>
      options.machines.map(({ position, signals }) => cut(position, signals, { slice, count })),
    );
  }

  start(): void {
    const { now, periodMs } = this.#options;
    this.#nextMs = (Math.floor(now() / periodMs) + 1) * periodMs;
    this.#timer = setInterval(() => this.#advance(), Math.min(SLICE_MS, periodMs));
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #advance(): void {
    const { now, periodMs, onMissed } = this.#options;
    const sliceMs = periodMs / this.#slices.length;
    const nowMs = now();
    while (this.#nextMs <= nowMs) {
      const inPeriod = this.#nextMs % periodMs;
      const slice = this.#slices[Math.round(inPeriod / sliceMs)] ?? [];
      const isLate = nowMs - this.#nextMs >= GIVE_UP_MS;
      for (const part of slice)
        if (isLate) this.missed += part.signals.length;
        else this.#produce(part);
      if (isLate) onMissed?.(this.#nextMs);
      this.#nextMs += sliceMs;
    }
  }

  #produce({ machine, signals, dataTypes }: Slice): void {
    const tick = this.#tick;
    const number = Math.floor(this.#nextMs / this.#options.periodMs);
    clearTick(tick);
    tick.timeMs = this.#nextMs;
    for (let i = 0; i < signals.length; i += 1) {
      const signal = signals[i] ?? 0;
      tick.signals.push(signal);
      tick.values.push(loadValue(dataTypes[i] ?? 'Double', signal, number));
      tick.statuses.push(0);
    }
    this.produced += signals.length;
    this.#options.sink.accept(machine, tick);
  }
}

function cut(
  machine: number,
  definitions: readonly SignalDefinition[],
  { slice, count }: { readonly slice: number; readonly count: number },
): Slice {
  const signals = definitions.flatMap((_, signal) => (signal % count === slice ? [signal] : []));
  return { machine, signals, dataTypes: signals.map((signal) => definitions[signal]?.dataType ?? 'Double') };
}
