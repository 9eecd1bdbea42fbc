/** What warms and cools one axis. Capacities in kJ/K, conductances in kW/K. */
export interface JointThermal {
  readonly motorKjPerK: number;
  readonly gearKjPerK: number;
  readonly motorToAir: number;
  readonly motorToGear: number;
  readonly gearToAir: number;
}

/**
 * Motor and gear of an axis as two bodies that touch at the flange: copper, iron and brake coil warm the motor, friction warms the
 * gear, and only air takes heat away. A motor therefore never cools because it works.
 */
export class JointHeat {
  motorC: number;
  gearC: number;
  /** Since the start, kJ: what came in, and what the air took. */
  takenInKj = 0;
  givenKj = 0;
  private readonly own: JointThermal;

  constructor(own: JointThermal, initialC: number) {
    this.own = own;
    this.motorC = initialC;
    this.gearC = initialC;
  }

  /** Explicit: the bodies' time constants are a thousand steps long. */
  step(heat: { readonly motorW: number; readonly gearW: number }, ambientC: number, dtS: number): void {
    const { motorKjPerK, gearKjPerK, motorToAir, motorToGear, gearToAir } = this.own;
    const passedKw = motorToGear * (this.motorC - this.gearC);
    const fromMotorKw = motorToAir * (this.motorC - ambientC);
    const fromGearKw = gearToAir * (this.gearC - ambientC);
    this.motorC += ((heat.motorW / 1000 - passedKw - fromMotorKw) * dtS) / motorKjPerK;
    this.gearC += ((heat.gearW / 1000 + passedKw - fromGearKw) * dtS) / gearKjPerK;
    this.takenInKj += ((heat.motorW + heat.gearW) * dtS) / 1000;
    this.givenKj += (fromMotorKw + fromGearKw) * dtS;
  }

  /** Heat that both bodies hold above a temperature, kJ. */
  storedKj(aboveC: number): number {
    const { motorKjPerK, gearKjPerK } = this.own;
    return motorKjPerK * (this.motorC - aboveC) + gearKjPerK * (this.gearC - aboveC);
  }
}
