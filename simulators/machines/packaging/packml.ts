/**
 * The PackML state model (ISA-TR88.00.02; OPC 30050), all 17 states. Acting states (those in -ing, and Execute)
 * end by themselves; wait states wait for a command.
 */
export const PACKML_STATES = [
  'Clearing',
  'Stopped',
  'Starting',
  'Idle',
  'Suspended',
  'Execute',
  'Stopping',
  'Aborting',
  'Aborted',
  'Holding',
  'Held',
  'Unholding',
  'Suspending',
  'Unsuspending',
  'Resetting',
  'Completing',
  'Complete',
] as const;
export type PackMlState = (typeof PACKML_STATES)[number];

export type PackMlCommand =
  'reset' | 'start' | 'stop' | 'hold' | 'unhold' | 'suspend' | 'unsuspend' | 'abort' | 'clear';

/** Where an acting state leads when it is done. Execute ends in Completing when its order is done. */
const DONE: Readonly<Partial<Record<PackMlState, PackMlState>>> = {
  Clearing: 'Stopped',
  Starting: 'Execute',
  Execute: 'Completing',
  Stopping: 'Stopped',
  Aborting: 'Aborted',
  Holding: 'Held',
  Unholding: 'Execute',
  Suspending: 'Suspended',
  Unsuspending: 'Execute',
  Resetting: 'Idle',
  Completing: 'Complete',
};

const COMMANDS: Readonly<Record<PackMlCommand, Readonly<Partial<Record<PackMlState, PackMlState>>>>> = {
  reset: { Stopped: 'Resetting', Complete: 'Resetting' },
  start: { Idle: 'Starting' },
  hold: { Execute: 'Holding', Suspended: 'Holding' },
  unhold: { Held: 'Unholding' },
  suspend: { Execute: 'Suspending' },
  unsuspend: { Suspended: 'Unsuspending' },
  clear: { Aborted: 'Clearing' },
  stop: {},
  abort: {},
};

const NOT_STOPPABLE: readonly PackMlState[] = ['Stopping', 'Stopped', 'Aborting', 'Aborted', 'Clearing'];
const NOT_ABORTABLE: readonly PackMlState[] = ['Aborting', 'Aborted'];

const ACTING_S: Readonly<Partial<Record<PackMlState, number>>> = {
  Clearing: 3,
  Starting: 4,
  Stopping: 3,
  Aborting: 1,
  Holding: 2,
  Unholding: 2,
  Suspending: 1.5,
  Unsuspending: 1.5,
  Resetting: 5,
  Completing: 3,
};

/** The state that a command leads to from a state; undefined where the model does not know it there. */
export function commanded(state: PackMlState, command: PackMlCommand): PackMlState | undefined {
  if (command === 'stop') return NOT_STOPPABLE.includes(state) ? undefined : 'Stopping';
  if (command === 'abort') return NOT_ABORTABLE.includes(state) ? undefined : 'Aborting';
  return COMMANDS[command][state];
}

/** The state model in time. */
export class PackMl {
  state: PackMlState = 'Stopped';
  /** Seconds in the state, and in each state since the start. */
  stateS = 0;
  readonly cumulativeS: Record<PackMlState, number>;

  constructor() {
    const zero = PACKML_STATES.map((state) => [state, 0] as const);
    this.cumulativeS = Object.fromEntries(zero) as Record<PackMlState, number>;
  }

  /** @returns whether the command was possible. */
  command(command: PackMlCommand): boolean {
    const next = commanded(this.state, command);
    if (next !== undefined) this.enter(next);
    return next !== undefined;
  }

  /** The order is done: Execute ends. */
  complete(): void {
    if (this.state === 'Execute') this.enter('Completing');
  }

  step(dtS: number): void {
    this.stateS += dtS;
    this.cumulativeS[this.state] += dtS;
    const seconds = ACTING_S[this.state];
    const next = DONE[this.state];
    if (seconds !== undefined && next !== undefined && this.stateS >= seconds) this.enter(next);
  }

  private enter(state: PackMlState): void {
    this.state = state;
    this.stateS = 0;
  }
}
