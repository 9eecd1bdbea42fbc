import type { AlarmView } from '#contracts/api/alarms.ts';
import type { ConditionBody, RefreshedBody } from '#contracts/condition.ts';
import type { SampleStore, StoredEvent } from '#domain/sample-store.ts';
import { messageOf } from '#platform/errors.ts';
import type { Logger } from '#platform/logger.ts';
import { alarmId, alarmView, machineEventOf } from './alarm-view.ts';

/** A store that does not tell is looked at so often; one that did not answer is asked again as soon. */
const LOOK_MS = 2_000;

export interface AlarmBoardOptions {
  readonly store: Pick<SampleStore, 'standing' | 'onEvent'>;
  readonly log: Logger;
  /** Something about an alarm is different now. */
  readonly onChange: (change: { readonly machine: string; readonly alarm: string }) => void;
}

interface Standing {
  readonly event: StoredEvent;
  readonly body: ConditionBody;
  readonly sinceNs: bigint;
}

interface MachineBoard {
  readonly conditions: Map<string, Standing>;
  /** The machine was asked for all it has. */
  refresh: { readonly event: StoredEvent; readonly body: RefreshedBody } | undefined;
}

/** What stands at the machines now: made from the store at the start, kept by its events. */
export class AlarmBoard {
  readonly #options: AlarmBoardOptions;
  readonly #machines = new Map<string, MachineBoard>();
  #undo: () => void = () => undefined;
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;
  #isFilled = false;

  constructor(options: AlarmBoardOptions) {
    this.#options = options;
  }

  /** The store has been asked, and has answered. */
  get isFilled(): boolean {
    return this.#isFilled;
  }

  start(): void {
    this.#undo = this.#options.store.onEvent?.((event) => this.#take(event, true)) ?? this.#undo;
    void this.#look();
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    this.#undo();
  }

  /** The most urgent first, among equals the newest. */
  list(): readonly AlarmView[] {
    return [...this.#machines]
      .flatMap(([machine, board]) =>
        [...board.conditions].flatMap(([subject, standing]) =>
          isStanding(subject, standing, board) ? [alarmView(machine, standing.body, standing.sinceNs)] : [],
        ),
      )
      .sort(mostUrgentFirst);
  }

  /** The condition behind an id, where it stands. */
  find(id: string): { readonly machine: string; readonly condition: ConditionBody } | undefined {
    for (const [machine, board] of this.#machines)
      for (const [subject, standing] of board.conditions)
        if (alarmId(machine, subject) === id && isStanding(subject, standing, board))
          return { machine, condition: standing.body };
    return undefined;
  }

  async #look(): Promise<void> {
    const { store, log } = this.#options;
    try {
      const isFirst = !this.#isFilled;
      for (const event of await store.standing()) this.#take(event, !isFirst);
      this.#isFilled = true;
    } catch (error) {
      log.warn({ why: messageOf(error) }, 'the store does not tell which alarms stand; it is asked again');
    }
    if (this.#isStopped || (this.#isFilled && store.onEvent)) return;
    this.#timer = setTimeout(() => void this.#look(), LOOK_MS);
  }

  #take(event: StoredEvent, isNews: boolean): void {
    const { machine, subject } = event;
    if (machine === undefined || subject === undefined) return;
    const body = machineEventOf(event);
    const board = this.#boardOf(machine);
    if (body?.type === 'conditions-refreshed') this.#refreshed(machine, board, { event, body });
    else if (body?.type === 'condition') {
      const known = board.conditions.get(subject);
      if (known && !isLater(event, known.event)) return;
      const before = known && isStanding(subject, known, board) ? known : undefined;
      board.conditions.set(subject, { event, body, sinceNs: sinceOf(body, before) });
      if (isNews) this.#options.onChange({ machine, alarm: alarmId(machine, subject) });
    }
  }

  #boardOf(machine: string): MachineBoard {
    const known = this.#machines.get(machine);
    if (known) return known;
    const board: MachineBoard = { conditions: new Map(), refresh: undefined };
    this.#machines.set(machine, board);
    return board;
  }

  #refreshed(machine: string, board: MachineBoard, refresh: NonNullable<MachineBoard['refresh']>): void {
    if (board.refresh && !isLater(refresh.event, board.refresh.event)) return;
    const before = [...board.conditions].filter(([subject, one]) => isStanding(subject, one, board));
    board.refresh = refresh;
    for (const [subject, one] of before)
      if (!isStanding(subject, one, board))
        this.#options.onChange({ machine, alarm: alarmId(machine, subject) });
  }
}

/** Retained, and named when the machine was last asked for all it has. */
function isStanding(subject: string, { event, body }: Standing, { refresh }: MachineBoard): boolean {
  if (!body.retain) return false;
  const retained = refresh && isLater(refresh.event, event) ? refresh.body.retained : undefined;
  return retained === undefined || retained.includes(subject);
}

/** By the order of the stream; of two agents, by the clock. */
function isLater(a: StoredEvent, b: StoredEvent): boolean {
  if (a.stream.agent !== b.stream.agent) return a.time > b.time;
  return a.epochNumber === b.epochNumber ? a.sequence > b.sequence : a.epochNumber > b.epochNumber;
}

/** As the server says, else since the event that first told it so. `before`: what stood of it. */
function sinceOf(body: ConditionBody, before: Standing | undefined): bigint {
  if (body.since !== undefined) return BigInt(body.since);
  return before && before.body.active === body.active ? before.sinceNs : BigInt(body.time);
}

function mostUrgentFirst(a: AlarmView, b: AlarmView): number {
  if (a.priority !== b.priority) return a.priority - b.priority;
  if (a.since !== b.since) return a.since > b.since ? -1 : 1;
  return a.id < b.id ? -1 : 1;
}
