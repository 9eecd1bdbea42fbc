/** Largest count of the register, in Wh: an eight-digit kWh register with three decimals. */
export const METER_ROLLOVER_WH = 100_000_000_000n;

/** Active energy import: whole Wh, monotone, rolls over like a real register. P = dE/dt. */
export class EnergyMeter {
  registerWh: bigint;
  private fractionWh = 0;

  constructor(initialWh = 0n) {
    this.registerWh = initialWh;
  }

  step(powerKw: number, dtS: number): void {
    this.fractionWh += (Math.max(0, powerKw) * 1000 * dtS) / 3600;
    const whole = Math.floor(this.fractionWh);
    this.fractionWh -= whole;
    this.registerWh = (this.registerWh + BigInt(whole)) % METER_ROLLOVER_WH;
  }

  get kWh(): number {
    return Number(this.registerWh) / 1000;
  }
}
