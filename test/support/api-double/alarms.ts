import type { AlarmView, EventView } from '#contracts/api/alarms.ts';
import { priorityOf, type AlarmState } from '#domain/alarm.ts';
import type { LocalizedText } from '#domain/machine.ts';

interface Invented {
  readonly id: string;
  readonly machine: string;
  readonly name: string;
  readonly message: LocalizedText;
  readonly severity: number;
  readonly agoMs: number;
  state: AlarmState;
}

const MINUTE = 60_000;
const startedMs = Date.now();

/** Alarms that stand at invented machines, and what came before them. */
export class DoubleAlarms {
  readonly #alarms: Invented[] = [
    {
      id: 'a-vibration',
      machine: 'brest/cnc-01',
      name: 'SpindleVibrationHigh',
      severity: 600,
      agoMs: 4 * MINUTE,
      state: 'active',
      message: {
        en: 'Spindle vibration is in zone C/D',
        ru: 'Вибрация шпинделя в зоне C/D',
        be: 'Вібрацыя шпіндзеля ў зоне C/D',
        zh: '主轴振动处于C/D区',
      },
    },
    {
      id: 'a-pressure',
      machine: 'brest/pump-01',
      name: 'Cavitation',
      severity: 850,
      agoMs: 40_000,
      state: 'active',
      message: { en: 'The pump cavitates', ru: 'Кавитация насоса', be: 'Кавітацыя помпы', zh: '泵发生气蚀' },
    },
    {
      id: 'a-tool',
      machine: 'brest/cnc-01',
      name: 'ToolWorn',
      severity: 300,
      agoMs: 26 * 60 * MINUTE,
      state: 'acknowledged',
      message: {
        en: 'The active tool is nearly worn out',
        ru: 'Инструмент почти изношен',
        be: 'Інструмент амаль зношаны',
        zh: '刀具即将磨损',
      },
    },
    {
      id: 'a-door',
      machine: 'brest/packaging-01',
      name: 'GuardOpen',
      severity: 500,
      agoMs: 12 * MINUTE,
      state: 'returned',
      message: {
        en: 'A guard stands open',
        ru: 'Открыто ограждение',
        be: 'Адкрыта агароджа',
        zh: '防护门打开',
      },
    },
    {
      id: 'a-hot',
      machine: 'brest/cnc-01',
      name: 'SpindleHot',
      severity: 500,
      agoMs: 50 * MINUTE,
      state: 'shelved',
      message: {
        en: 'The spindle is hot',
        ru: 'Шпиндель перегрет',
        be: 'Шпіндзель перагрэты',
        zh: '主轴过热',
      },
    },
  ];

  /** Answers the machine. */
  set(id: string, state: AlarmState): string | undefined {
    const alarm = this.#alarms.find((each) => each.id === id);
    if (alarm) alarm.state = state;
    return alarm?.machine;
  }

  standing(): AlarmView[] {
    return this.#alarms
      .filter(({ state }) => state !== 'over')
      .map(({ id, machine, name, message, severity, agoMs, state }) => {
        const since = new Date(startedMs - agoMs).toISOString();
        return {
          id,
          machine,
          name,
          message,
          severity,
          priority: priorityOf(severity),
          state,
          active: state !== 'returned',
          acked: state !== 'active' && state !== 'returned',
          confirmed: null,
          shelving: state === 'shelved' ? ('timed' as const) : ('unshelved' as const),
          since,
          changedAt: since,
        };
      })
      .toSorted((a, b) => a.priority - b.priority || (a.since > b.since ? -1 : 1));
  }

  /** Newest first; 40 an hour. */
  events(query: URLSearchParams): { items: EventView[]; next?: string } {
    const [from = 0, to = 0] = ['from', 'to'].map((name) => Date.parse(query.get(name) ?? ''));
    const limit = Number(query.get('limit') ?? 200);
    const before = Number(query.get('cursor') ?? to + 1);
    const items: EventView[] = [];
    for (let n = Math.floor(before / 90_000); n * 90_000 >= from && items.length < limit; n -= 1) {
      const event = this.#event(n);
      if (Date.parse(event.time) >= before) continue;
      const isWanted = query.get('machine') === null || event.machine === query.get('machine');
      if (isWanted && (event.severity ?? 1) >= Number(query.get('severity') ?? 1)) items.push(event);
    }
    const last = items.at(-1);
    return last && items.length === limit ? { items, next: String(Date.parse(last.time)) } : { items };
  }

  #event(n: number): EventView {
    const time = new Date(n * 90_000).toISOString();
    const head = { id: `e-${n}`, time, agent: 'brest/edge-1' };
    if (n % 23 === 0) return { ...head, type: 'store-changed' };
    const alarm = this.#alarms[n % this.#alarms.length];
    if (n % 29 === 0 || !alarm) return { ...head, type: 'events-lost', machine: 'brest/cnc-01' };
    const { id, machine, name, message, severity } = alarm;
    const state = (['active', 'acknowledged', 'over'] as const)[n % 3] ?? 'over';
    const found = n % 31 === 0 ? { found: 'inferred' as const } : {};
    return {
      ...head,
      ...found,
      type: 'condition',
      alarm: id,
      machine,
      name,
      message,
      severity,
      priority: priorityOf(severity),
      state,
    };
  }
}
