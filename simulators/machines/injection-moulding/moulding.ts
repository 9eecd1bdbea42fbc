import type { Stage } from '../../model/work-cycle.ts';

/** Injection moulding: what the drive and the barrel take per shot. KPI.md, physics section. */

export type DriveType = 'hydraulic' | 'all-electric';

/** Specific energy at the design throughput, kWh per kg [V]. */
export const SPECIFIC_KWH_PER_KG: Readonly<Record<DriveType, number>> = {
  hydraulic: 0.61,
  'all-electric': 0.16,
};

/** Melting polypropylene from 23 to 220 degC, melt enthalpy included, takes about 0.16 kWh/kg; the screw does two thirds. */
const HEATER_SHARE: Readonly<Record<DriveType, number>> = { hydraulic: 0.2, 'all-electric': 0.3 };

export const STAGES: readonly Stage[] = [
  { name: 'close', seconds: 2.2 },
  { name: 'inject', seconds: 1.6 },
  { name: 'pack', seconds: 4.2 },
  { name: 'cool', seconds: 14.5 },
  { name: 'open', seconds: 2.5 },
  { name: 'eject', seconds: 3 },
];
export const CYCLE_S = STAGES.reduce((sum, { seconds }) => sum + seconds, 0);

/** Share of the drive's work that falls into each stage; plasticizing runs while the part cools. */
const DRIVE_SHARE: Readonly<Record<string, number>> = {
  close: 0.12,
  inject: 0.2,
  pack: 0.12,
  cool: 0.44,
  open: 0.09,
  eject: 0.03,
};

/** Mean drive power in a stage, kW, so that a whole cycle takes the specific energy for the shot's mass. */
export function drivePowerKw(drive: DriveType, stage: string, shotKg: number): number {
  const seconds = STAGES.find(({ name }) => name === stage)?.seconds;
  const share = DRIVE_SHARE[stage];
  if (seconds === undefined || share === undefined) return 0;
  const cycleKwh = SPECIFIC_KWH_PER_KG[drive] * (1 - HEATER_SHARE[drive]) * shotKg;
  return (cycleKwh * share * 3600) / seconds;
}

/** Barrel heaters at the design throughput, kW. */
export function heaterPowerKw(drive: DriveType, shotKg: number): number {
  return (SPECIFIC_KWH_PER_KG[drive] * HEATER_SHARE[drive] * shotKg * 3600) / CYCLE_S;
}

/**
 * Pressure before the screw falls with temperature (thinner melt): 1.1 % per kelvin about the nominal
 * temperature. bar.
 */
export function injectionPressureBar(nominalBar: number, meltC: number, nominalC: number): number {
  return nominalBar * Math.exp(-0.011 * (meltC - nominalC));
}
