import type { EventsMessage } from '#contracts/live.ts';
import type { Presence } from '#contracts/presence.ts';

export type LiveEvent = EventsMessage['e'][number];

const KEPT_EVENTS = 1_000;

/** The last events with their numbers: what a connection missed within this bound is sent again on resume. */
export class EventLog {
  readonly #events: LiveEvent[] = [];
  /** Number of the last event; the first is 1. */
  last = 0;

  append(event: LiveEvent): void {
    this.last += 1;
    this.#events.push(event);
    if (this.#events.length > KEPT_EVENTS) this.#events.shift();
  }

  /** Events after `seen`, as far as they are kept. */
  since(seen: number): readonly LiveEvent[] {
    const wanted = this.last - seen;
    return wanted <= 0 ? [] : this.#events.slice(-Math.min(wanted, this.#events.length));
  }
}

/** Turns changes of presence into events. */
export class PresenceEvents {
  readonly #presence: Presence;
  readonly #states = new Map<string, string>();

  constructor(presence: Presence) {
    this.#presence = presence;
  }

  /** Events for what differs from the last call; the first call only takes note. */
  changes(nowMs: number, takeNote = false): LiveEvent[] {
    const events: LiveEvent[] = [];
    const compare = (key: string, state: string, event: LiveEvent): void => {
      if (this.#states.get(key) === state) return;
      this.#states.set(key, state);
      if (!takeNote) events.push(event);
    };
    for (const { agent, online } of this.#presence.agents()) {
      const type = online ? 'agent-online' : 'agent-offline';
      compare(`agent ${agent}`, type, { type, t: nowMs, text: agent });
    }
    for (const { machine, connected, link } of this.#presence.machines()) {
      const type = connected ? 'machine-connected' : 'machine-disconnected';
      compare(`machine ${machine}`, `${type} ${link}`, { type, t: nowMs, machine, text: link });
    }
    return events;
  }
}
