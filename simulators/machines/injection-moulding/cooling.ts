import { clamp } from '../../model/lag.ts';
import { ThermalMass } from '../../model/thermal-mass.ts';

const WATER_IN_C = 18;
const FLOW_L_PER_MIN = 32;
const WATER_KJ_PER_L_K = 4.18;
/** Mould to its cooling channels, oil to its cooler, at full flow; both to the air around. kW/K */
const MOULD_TO_WATER = 0.06;
const MOULD_TO_AIR = 0.004;
const OIL_TO_WATER = 0.15;
const OIL_TO_AIR = 0.02;
/** The oil cooler's valve opens from here on, over so many kelvin. */
const OIL_VALVE_C = 36;
const OIL_VALVE_SPAN_K = 8;

/** Solid polypropylene, kJ/(kg K); what its crystals give when they form, kJ/kg; where the part is taken out. */
const SPECIFIC_HEAT = 2.3;
const CRYSTALLISATION = 90;
const EJECTED_C = 60;

/** What a kilogram of melt leaves in the mould, kJ. */
export const heatOfMelt = (meltC: number): number =>
  Math.max(0, SPECIFIC_HEAT * (meltC - EJECTED_C) + CRYSTALLISATION);

/** Mould and oil, cooled by one water circuit: what goes into the water warms it. */
export class CoolingCircuit {
  readonly mould = new ThermalMass(40, 40, MOULD_TO_AIR);
  readonly oil = new ThermalMass(38, 300, OIL_TO_AIR);
  flowLPerMin = FLOW_L_PER_MIN;
  returnC = WATER_IN_C;
  /** Since the start, carried off by the water, kJ. */
  carriedKj = 0;

  /** @param cooling share of the water's flow that is left. */
  step(
    heat: { readonly mouldKw: number; readonly oilKw: number },
    around: { readonly ambientC: number; readonly cooling: number },
    dtS: number,
  ): void {
    // Turbulent flow: heat transfer goes with the flow to the power of 0.8.
    const transfer = around.cooling ** 0.8;
    this.flowLPerMin = FLOW_L_PER_MIN * around.cooling;
    const valve = clamp((this.oil.temperatureC - OIL_VALVE_C) / OIL_VALVE_SPAN_K, 0, 1);
    const mouldKw = MOULD_TO_WATER * transfer * (this.mould.temperatureC - WATER_IN_C);
    const oilKw = OIL_TO_WATER * transfer * valve * (this.oil.temperatureC - WATER_IN_C);
    this.mould.step(heat.mouldKw - mouldKw, around.ambientC, dtS);
    this.oil.step(heat.oilKw - oilKw, around.ambientC, dtS);
    this.carriedKj += (mouldKw + oilKw) * dtS;
    const kwPerK = (this.flowLPerMin / 60) * WATER_KJ_PER_L_K;
    this.returnC = WATER_IN_C + (mouldKw + oilKw) / Math.max(0.05, kwPerK);
  }
}
