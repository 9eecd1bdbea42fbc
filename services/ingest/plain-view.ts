import type { Machine } from '#domain/machine.ts';
import type { LatestSample, MachineCatalogue, SampleStore, SignalNo } from '#domain/sample-store.ts';
import { severityOf, formatStatusCode } from '#domain/status-code.ts';
import { nsToIso } from '#domain/time.ts';
import { toWireValue } from '#contracts/api/json-value.ts';
import type { PlainViewConfig } from '#contracts/config/services.ts';
import type { PlainMachine, PlainValue } from '#contracts/plain-view.ts';
import type { Presence } from '#contracts/presence.ts';
import type { Logger } from '#platform/logger.ts';

/** Our broker's limits; others allow more (docs/plain-mqtt.md). */
const MAX_LEVELS = 16;
const MAX_TOPIC_BYTES = 1_000;

export interface PlainViewOptions {
  readonly config: PlainViewConfig;
  readonly store: Pick<SampleStore, 'machines' | 'latest'>;
  readonly presence: Pick<Presence, 'machines'>;
  /** An empty text takes away what is retained. False when the broker is not there. */
  readonly retain: (topic: string, text: string) => boolean;
  readonly log: Logger;
}

interface Topics {
  readonly catalogue: MachineCatalogue;
  readonly machine: string;
  /** By number of the signal; `undefined` where no topic can be made of its path. */
  readonly signals: Map<SignalNo, { readonly topic: string; readonly unit: string | undefined }>;
}

/**
 * Latest values as retained plain JSON on ISA-95 topics (a unified namespace), for clients that read no Sparkplug:
 * `uns/{enterprise}/{site}/{area}/{line}/{machine}/{signal path}`. Derived from the store's memory, at a bounded rate and
 * beside the way of the values: what is not told now is told later with the value of then. Never a source of history.
 */
export class PlainView {
  readonly #options: PlainViewOptions;
  readonly #topics = new Map<string, Topics>();
  /** Source time and status last told of a signal. */
  readonly #told = new Map<SignalNo, { readonly time: bigint; readonly statusCode: number }>();
  readonly #toldMachines = new Map<string, string>();
  #timer: NodeJS.Timeout | undefined;
  /** Where the last turn ran out of messages. */
  #next = 0;
  #allowance = 0;
  #hasToldOfLimit = false;

  constructor(options: PlainViewOptions) {
    this.#options = options;
  }

  start(): void {
    const { messagesPerSecond, intervalMs } = this.#options.config;
    if (messagesPerSecond > 0) this.#timer ??= setInterval(() => this.tell(), intervalMs);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** The broker may be another one, with nothing retained: everything is told again, in turn. */
  forget(): void {
    this.#told.clear();
    this.#toldMachines.clear();
  }

  /** One turn: machines whose state changed, then signals with a new value, from where the last turn ended. */
  tell(): void {
    const { config, store } = this.#options;
    this.#allowance = Math.max(1, Math.floor((config.messagesPerSecond * config.intervalMs) / 1000));
    const catalogues = store.machines();
    this.#dropTopics(catalogues);
    if (!this.#tellMachines(catalogues)) return;
    const latest = store.latest();
    const end = Math.min(latest.length, config.maxSignals);
    if (latest.length > end) this.#tellOfLimit(latest.length);
    for (let i = 0; i < end && this.#allowance > 0; i += 1) {
      const at = (this.#next + i) % end;
      const sample = latest[at];
      if (sample && !this.#tellSample(sample)) return;
      if (this.#allowance === 0) this.#next = (at + 1) % end;
    }
  }

  /** False when the broker is not there. */
  #tellMachines(catalogues: readonly MachineCatalogue[]): boolean {
    const presence = new Map(this.#options.presence.machines().map((one) => [one.machine, one]));
    for (const catalogue of catalogues) {
      const { machine } = catalogue;
      const is = presence.get(machine.id);
      const state: PlainMachine = {
        machine: machine.id,
        kind: machine.kind,
        name: machine.name,
        provenance: machine.provenance,
        state: is?.connected === true ? is.link : 'offline',
      };
      const text = JSON.stringify(state);
      if (this.#toldMachines.get(machine.id) === text) continue;
      if (!this.#options.retain(this.#topicsOf(catalogue).machine, text)) return false;
      this.#toldMachines.set(machine.id, text);
    }
    return true;
  }

  #tellSample({ signalNo, signal, value, statusCode, sourceTimestamp }: LatestSample): boolean {
    const told = this.#told.get(signalNo);
    if (told?.time === sourceTimestamp && told.statusCode === statusCode) return true;
    const found = this.#signalTopic(signal, signalNo);
    if (!found) return true;
    const said: PlainValue = {
      value: toWireValue(value),
      ...(found.unit !== undefined && { unit: found.unit }),
      quality: severityOf(statusCode),
      ...(statusCode !== 0 && { status: formatStatusCode(statusCode) }),
      time: nsToIso(sourceTimestamp),
      signal,
    };
    if (!this.#options.retain(found.topic, JSON.stringify(said))) return false;
    this.#told.set(signalNo, { time: sourceTimestamp, statusCode });
    this.#allowance -= 1;
    return true;
  }

  #signalTopic(
    id: LatestSample['signal'],
    signalNo: SignalNo,
  ): { topic: string; unit: string | undefined } | undefined {
    const [site = '', machine = '', ...path] = id.split('/');
    const topics = this.#topics.get(`${site}/${machine}`);
    if (!topics) return undefined;
    let found = topics.signals.get(signalNo);
    if (!found) {
      const signal = topics.catalogue.signals.find((one) => one.id === id);
      found = { topic: signalTopic(topics.machine, path), unit: signal?.unit?.symbol };
      topics.signals.set(signalNo, found);
    }
    return Buffer.byteLength(found.topic) > MAX_TOPIC_BYTES ? undefined : found;
  }

  #topicsOf(catalogue: MachineCatalogue): Topics {
    const { id } = catalogue.machine;
    const known = this.#topics.get(id);
    if (known?.catalogue === catalogue) return known;
    const topics = { catalogue, machine: machineTopic(catalogue.machine), signals: new Map() };
    this.#topics.set(id, topics);
    return topics;
  }

  /** A machine that was moved in the plant: what is retained at its old place is taken away. */
  #dropTopics(catalogues: readonly MachineCatalogue[]): void {
    for (const catalogue of catalogues) {
      const before = this.#topics.get(catalogue.machine.id);
      if (!before || before.catalogue === catalogue) continue;
      if (before.machine !== machineTopic(catalogue.machine)) {
        for (const { topic } of before.signals.values()) this.#options.retain(topic, '');
        this.#options.retain(before.machine, '');
      }
      for (const signalNo of before.signals.keys()) this.#told.delete(signalNo);
      this.#toldMachines.delete(catalogue.machine.id);
    }
  }

  #tellOfLimit(signals: number): void {
    if (this.#hasToldOfLimit) return;
    this.#hasToldOfLimit = true;
    const { maxSignals } = this.#options.config;
    this.#options.log.warn(
      { signals, maxSignals },
      'not every signal is shown on plain MQTT topics; raise ingest.plainView.maxSignals, or read them over HTTP',
    );
  }
}

/** `uns/Brest-Technopark/brest/Hall-1/Machining/cnc-01`; `_` stands for a level that the machine does not have. */
export function machineTopic({ id, assetPath: { enterprise, site, area, line } }: Machine): string {
  const machine = id.slice(id.indexOf('/') + 1);
  return ['uns', segment(enterprise), site, segment(area), segment(line), machine].join('/');
}

/** Below the machine; levels beyond those that a broker allows are joined by dots. */
function signalTopic(machine: string, path: readonly string[]): string {
  const room = MAX_LEVELS - machine.split('/').length;
  const levels = path.length <= room ? path : [...path.slice(0, room - 1), path.slice(room - 1).join('.')];
  return [machine, ...levels].join('/');
}

/** A name as a level of a topic: nothing that MQTT reads otherwise, no spaces to be quoted in a shell. */
const segment = (name = ''): string =>
  name.replaceAll(/[\s/+#$\p{Cc}]+/gu, '-').replace(/^-+|-+$/g, '') || '_';
