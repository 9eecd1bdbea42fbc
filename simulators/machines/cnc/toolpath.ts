import type { Phase } from './job-cycle.ts';
import { ramp } from '../../model/lag.ts';

const RAPID_MM_PER_S = 400;

/** Where the tool is: meanders over the part at cutting feed, drives to its change place at rapid. */
export class Toolpath {
  readonly position = { x: 0, y: 200, z: 240 };
  feedMmPerMin = 0;
  private travelMm = 0;

  step(dtS: number, feedMmPerMin: number, phase: Phase): void {
    this.travelMm += (feedMmPerMin / 60) * dtS;
    const before = { ...this.position };
    const target = feedMmPerMin > 0 ? this.onPart() : phase === 'cutting' ? this.above() : CHANGE_PLACE;
    const reach = RAPID_MM_PER_S * dtS;
    this.position.x = ramp(this.position.x, target.x, reach);
    this.position.y = ramp(this.position.y, target.y, reach);
    this.position.z = ramp(this.position.z, target.z, reach);
    const { x, y, z } = this.position;
    const moved = Math.hypot(x - before.x, y - before.y, z - before.z);
    this.feedMmPerMin = feedMmPerMin > 0 ? feedMmPerMin : (moved / dtS) * 60;
  }

  /** Lanes of 240 mm, 15 mm apart, 16 of them, then from the first again. */
  private onPart(): Place {
    const lane = Math.floor(this.travelMm / 240);
    const along = this.travelMm - lane * 240;
    return { x: (lane % 2 === 0 ? along : 240 - along) - 120, y: (lane % 16) * 15 - 120, z: -32 };
  }

  private above(): Place {
    return { ...this.onPart(), z: 60 };
  }
}

interface Place {
  readonly x: number;
  readonly y: number;
  readonly z: number;
}

const CHANGE_PLACE: Place = { x: 0, y: 200, z: 240 };
