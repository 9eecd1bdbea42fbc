import type { PassportView } from '#contracts/api/passport.ts';
import type { SignalView } from '#contracts/api/machines.ts';
import { formatStatusCode, severityOf } from '#domain/status-code.ts';
import { statusName } from '#domain/status-name.ts';
import { DOUBLE_MACHINES } from './plant.ts';

/** Where the value of a moment was when: a live one of the last second, or (`isOld`) one whose delivery nobody remembers. */
export function passportView(signal: SignalView, nowMs: number, isOld: boolean): PassportView | undefined {
  const machine = DOUBLE_MACHINES.find(({ id }) => id === signal.machine);
  if (!machine) return undefined;
  const { id, name, kind, provenance } = machine;
  const device = id.slice(id.indexOf('/') + 1);
  const name_ = statusName(signal.statusCode);
  const afterMs = {
    source: 0,
    server: 96.4,
    journaled: 99.4,
    published: 104.4,
    received: 107.4,
    committed: 131.4,
    answered: 380,
  };
  let before: number | undefined;
  const steps = Object.entries(afterMs).map(([step, ms]) => {
    const isKnown = !isOld || step === 'source' || step === 'answered';
    const at = nowMs - 380 - (isOld && step === 'source' ? 7_200_000 : 0) + ms;
    const since = isKnown && before !== undefined ? at - before : null;
    if (isKnown) before = at;
    const clock =
      step === 'source' || step === 'server'
        ? 'machine'
        : step === 'journaled' || step === 'published'
          ? 'agent'
          : 'centre';
    return { step, clock, at: isKnown ? new Date(at).toISOString() : null, ms: since };
  }) as PassportView['steps'];
  return {
    signal: { ...signal, sourceTimestamp: steps[0]?.at ?? null },
    machine: { id, name, kind, provenance },
    status: {
      code: formatStatusCode(signal.statusCode),
      ...(name_ === undefined ? {} : { name: name_ }),
      severity: severityOf(signal.statusCode),
      overflow: false,
    },
    timeSource: 'source',
    record: {
      agent: 'brest/edge-1',
      epoch: '8f31c2d4a0b97e65',
      epochNumber: 2,
      sequence: 81_234,
      index: 3,
      topic: `spBv1.0/brest/DDATA/edge-1/${device}`,
      samples: isOld ? null : 24,
      payloadBytes: isOld ? null : 612,
    },
    steps,
    links: {
      sample: `/api/v1/samples?signal=${signal.id}&from=${steps[0]?.at ?? ''}`,
      signals: `/api/v1/machines/${id}/signals`,
    },
  };
}
