export type CompressorState = 'off' | 'starting' | 'unloaded' | 'loaded' | 'tripped';

const START_S = 4;
const IDLE_BEFORE_OFF_S = 240;

/** Two-point control: loads below the low set-point, unloads above the high one, stops after idling. */
export class LoadControl {
  state: CompressorState = 'off';
  loadCycles = 0;
  motorStarts = 0;
  loadedS = 0;
  unloadedS = 0;
  private inStateS = 0;

  constructor(counters: { readonly loadCycles: number; readonly motorStarts: number }) {
    this.loadCycles = counters.loadCycles;
    this.motorStarts = counters.motorStarts;
  }

  step(dtS: number, pressureBar: number, band: { readonly low: number; readonly high: number }): void {
    this.inStateS += dtS;
    if (this.state === 'loaded') this.loadedS += dtS;
    if (this.state === 'unloaded') this.unloadedS += dtS;
    switch (this.state) {
      case 'off':
        if (pressureBar < band.low) this.enter('starting');
        break;
      case 'starting':
        if (this.inStateS >= START_S) this.enter('loaded');
        break;
      case 'loaded':
        if (pressureBar >= band.high) this.enter('unloaded');
        break;
      case 'unloaded':
        if (pressureBar < band.low) this.enter('loaded');
        else if (this.inStateS > IDLE_BEFORE_OFF_S) this.enter('off');
        break;
      case 'tripped':
        if (this.inStateS > 120) this.enter('off');
    }
  }

  trip(): void {
    if (this.state !== 'tripped') this.enter('tripped');
  }

  private enter(state: CompressorState): void {
    if (state === 'loaded') this.loadCycles += 1;
    if (state === 'starting') this.motorStarts += 1;
    this.state = state;
    this.inStateS = 0;
  }
}
