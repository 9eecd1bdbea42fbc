import { describe, expect, it } from 'vitest';
import type { MachineInfo, SignalInfo } from '../api/model.ts';
import { find } from './find.ts';

const machine = (id: string, en: string, kind: string): MachineInfo =>
  ({ id: `brest/${id}`, name: { en }, kind }) as MachineInfo;
const signal = (machineId: string, path: string): SignalInfo => {
  const en = path.split('/').at(-1) ?? '';
  return { id: `${machineId}/${path}`, machine: machineId, path, name: { en } } as SignalInfo;
};

const cnc = machine('cnc-01', 'Machining centre', 'cnc');
const pump = machine('pump-01', 'Pump test loop', 'pump-loop');
const plant = [
  { machine: cnc, signals: [signal(cnc.id, 'Spindle1/Load'), signal(cnc.id, 'Coolant/Pressure')] },
  { machine: pump, signals: [signal(pump.id, 'OutletPressure'), signal(pump.id, 'Speed')] },
];
const idsOf = (text: string, only?: 'signals'): (string | undefined)[] =>
  find(text, plant, only).map((finding) => finding.signal?.id ?? finding.machine?.id);

describe('search', () => {
  it('finds all machines while nothing is typed, and no signal', () => {
    expect(idsOf('')).toEqual([cnc.id, pump.id]);
    expect(idsOf('  ', 'signals')).toEqual([]);
  });

  it('wants every word, wherever it stands', () => {
    expect(idsOf('load spindle')).toEqual([`${cnc.id}/Spindle1/Load`]);
    expect(idsOf('pressure machining')).toEqual([`${cnc.id}/Coolant/Pressure`]);
    expect(idsOf('pressure robot')).toEqual([]);
  });

  it('puts machines before signals, and names that begin with the text before those that contain it', () => {
    expect(idsOf('pump')).toEqual([pump.id, `${pump.id}/OutletPressure`, `${pump.id}/Speed`]);
    expect(idsOf('outlet')).toEqual([`${pump.id}/OutletPressure`]);
  });

  it('stops at twenty', () => {
    const many = Array.from({ length: 50 }, (_, i) => signal(pump.id, `Level${i}`));
    expect(find('level', [{ machine: pump, signals: many }])).toHaveLength(20);
  });
});
