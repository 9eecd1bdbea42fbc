import { randomUUID } from 'node:crypto';
import type { MachineCommands } from '#contracts/machine-commands.ts';
import type { ConditionCommand, ConditionResult } from '#contracts/condition.ts';
import type { Presence } from '#contracts/presence.ts';
import type { MachineId } from '#domain/asset-path.ts';

/** Agent, OPC UA server and back. */
const ANSWER_MS = 6_000;
/** Somebody acts by hand: more at once is a mistake. */
const MAX_WAITING = 100;

export interface ConditionCommandsOptions {
  readonly presence: Pick<Presence, 'machines'>;
  /** False when there is no connection. */
  readonly send: (agent: string, command: ConditionCommand) => boolean;
}

type Answer = Omit<ConditionResult, 'id'>;

/** Sends what somebody does about an alarm to the agent that reads the machine, and waits for its answer. */
export class ConditionCommands implements MachineCommands {
  readonly #options: ConditionCommandsOptions;
  readonly #waiting = new Map<string, (answer: Answer) => void>();

  constructor(options: ConditionCommandsOptions) {
    this.#options = options;
  }

  async condition(
    machine: MachineId,
    command: Omit<ConditionCommand, 'id' | 'machine'>,
  ): Promise<Answer | undefined> {
    const presence = this.#options.presence.machines().find((each) => each.machine === machine);
    if (presence?.connected !== true) return { outcome: 'away', detail: 'the machine is not connected' };
    if (this.#waiting.size >= MAX_WAITING)
      return { outcome: 'away', detail: 'too many commands wait for an answer' };
    const id = randomUUID();
    const answer = this.#answerTo(id);
    const sent = this.#options.send(presence.agent, { ...command, id, machine: machine.split('/')[1] ?? '' });
    if (!sent) this.answered({ id, outcome: 'away', detail: 'no connection to the broker' });
    return answer;
  }

  #answerTo(id: string): Promise<Answer | undefined> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(id);
        resolve(undefined);
      }, ANSWER_MS);
      this.#waiting.set(id, (answer) => {
        clearTimeout(timer);
        this.#waiting.delete(id);
        resolve(answer);
      });
    });
  }

  /** An agent's word; one that nobody waits for here is another worker's, or late. */
  answered({ id, ...answer }: ConditionResult): void {
    this.#waiting.get(id)?.(answer);
  }
}
