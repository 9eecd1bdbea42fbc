import type { MaterialPlan } from '#contracts/config/plant.ts';
import type { MaterialPorts, Part } from '../model/part.ts';

interface Lot {
  readonly article: string;
  readonly quantity: number;
}

/** A place between two machines: one gives, one takes. */
class Buffer {
  readonly parts: Part[] = [];
  /** Given during this step: to be had from the next one on. */
  readonly arriving: Part[] = [];
  readonly capacity: number;

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  settle(): void {
    for (const part of this.arriving) this.parts.push(part);
    this.arriving.length = 0;
  }
}

/** Where orders enter: blanks and granulate are released lot by lot, round and round. */
class Source {
  private readonly lots: readonly Lot[];
  private lot = 0;
  private released = 0;

  constructor(lots: readonly Lot[]) {
    this.lots = lots;
  }

  /** The next piece to be released; its order is numbered by the network. */
  next(): Lot & { readonly isFirst: boolean } {
    const lot = this.lots[this.lot] ?? { article: 'PART', quantity: 1 };
    return { ...lot, isFirst: this.released === 0 };
  }

  advance(): void {
    this.released += 1;
    if (this.released < this.next().quantity) return;
    this.released = 0;
    this.lot = (this.lot + 1) % this.lots.length;
  }
}

interface Place {
  readonly type: 'buffer' | 'source' | 'sink';
  readonly id: string;
}

export interface MaterialCounts {
  readonly entered: number;
  readonly left: number;
  readonly scrapped: number;
  /** Pieces in buffers. */
  readonly buffered: number;
}

/** All places of material of a plant, and the pieces in them. */
export class MaterialNetwork {
  entered = 0;
  left = 0;
  scrapped = 0;
  private readonly buffers = new Map<string, Buffer>();
  private readonly sources = new Map<string, Source>();
  private readonly peeked = new Map<string, Part>();
  private readonly currentOrder = new Map<string, string>();
  private orders = 0;
  private serials = 0;

  constructor(plan: MaterialPlan) {
    for (const { id, capacity, initial } of plan.buffers) {
      const buffer = new Buffer(capacity);
      this.buffers.set(id, buffer);
      for (let i = 0; i < Math.min(capacity, initial?.quantity ?? 0); i += 1) {
        this.serials += 1;
        this.entered += 1;
        buffer.parts.push({
          serial: this.serials,
          order: 'WO-00000',
          article: initial?.article ?? '',
          defect: '',
          sizeMm: 0,
        });
      }
    }
    for (const { id, lots } of plan.sources) this.sources.set(id, new Source(lots));
  }

  /** A machine's ports; a place that no buffer or source is named after is a sink. */
  ports(inputs: readonly string[], outputs: readonly string[]): MaterialPorts {
    const input = inputs.map((id) => this.place(id));
    const output = outputs.map((id) => this.place(id));
    return {
      waiting: (i) => this.waiting(input[i]),
      peek: (i) => this.peek(input[i]),
      take: (i) => this.take(input[i]),
      room: (i) => this.room(output[i]),
      give: (i, part) => this.give(output[i], part),
      scrap: () => {
        this.scrapped += 1;
      },
    };
  }

  /** What was given in this step can be taken in the next. */
  settle(): void {
    for (const buffer of this.buffers.values()) buffer.settle();
  }

  get counts(): MaterialCounts {
    let buffered = 0;
    for (const { parts, arriving } of this.buffers.values()) buffered += parts.length + arriving.length;
    return { entered: this.entered, left: this.left, scrapped: this.scrapped, buffered };
  }

  /** Pieces in each buffer, by its id. */
  get levels(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.buffers].map(([id, { parts }]) => [id, parts.length]));
  }

  private place(id: string): Place {
    return { id, type: this.buffers.has(id) ? 'buffer' : this.sources.has(id) ? 'source' : 'sink' };
  }

  private waiting(place: Place | undefined): number {
    if (!place || place.type === 'sink') return 0;
    return place.type === 'source' ? Infinity : (this.buffers.get(place.id)?.parts.length ?? 0);
  }

  private peek(place: Place | undefined): Part | undefined {
    if (place?.type === 'buffer') return this.buffers.get(place.id)?.parts[0];
    return place?.type === 'source' ? this.release(place.id) : undefined;
  }

  private take(place: Place | undefined): Part | undefined {
    if (place?.type === 'buffer') return this.buffers.get(place.id)?.parts.shift();
    if (place?.type !== 'source') return undefined;
    const part = this.release(place.id);
    this.peeked.delete(place.id);
    this.sources.get(place.id)?.advance();
    this.entered += 1;
    return part;
  }

  private release(id: string): Part | undefined {
    const known = this.peeked.get(id);
    if (known) return known;
    const lot = this.sources.get(id)?.next();
    if (!lot) return undefined;
    if (lot.isFirst || !this.currentOrder.has(id)) {
      this.orders += 1;
      this.currentOrder.set(id, `WO-${String(this.orders).padStart(5, '0')}`);
    }
    this.serials += 1;
    const order = this.currentOrder.get(id) ?? '';
    const part: Part = { serial: this.serials, order, article: lot.article, defect: '', sizeMm: 0 };
    this.peeked.set(id, part);
    return part;
  }

  private room(place: Place | undefined): number {
    if (place?.type !== 'buffer') return Infinity;
    const buffer = this.buffers.get(place.id);
    return buffer ? buffer.capacity - buffer.parts.length - buffer.arriving.length : 0;
  }

  private give(place: Place | undefined, part: Part): void {
    if (place?.type === 'buffer') this.buffers.get(place.id)?.arriving.push(part);
    else this.left += 1;
  }
}
