import type { Surroundings } from '../model/machine-model.ts';
import { MaterialNetwork } from './material-network.ts';

const STANDARD_LOTS = [
  { article: 'A-100', quantity: 12 },
  { article: 'B-200', quantity: 12 },
];

/** Surroundings of one machine on its own: steady mains and air, material without end. */
export function standaloneSurroundings(): (timeMs: number) => Surroundings {
  const network = new MaterialNetwork({ buffers: [], sources: [{ id: 'supply', lots: STANDARD_LOTS }] });
  const places = Array.from({ length: 8 }, () => 'supply');
  const material = network.ports(
    places,
    places.map(() => 'store'),
  );
  const loads = { machineKw: () => 5, baseKw: 8, feederLossKw: 0.2 };
  return (timeMs) => ({
    timeMs,
    ambientC: 21,
    supplyVoltageV: 230,
    frequencyHz: 50,
    airPressureBar: 7,
    airDemandM3PerMin: 0.25,
    shift: 'working',
    material,
    loads,
  });
}
