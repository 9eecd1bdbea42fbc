import type { StructureFields } from '../../model/signal.ts';
import type { Tool } from './programme.ts';
import { cuttingSpeed, toolLifeMin } from './cutting.ts';
import { quantize } from '../../model/lag.ts';
import { TOOLS } from './programme.ts';

interface WornTool extends Tool {
  wear: number;
}

/** The magazine: each tool wears by Taylor while it cuts; a worn one is replaced between two parts. */
export class ToolSet {
  private readonly tools: readonly WornTool[];
  private pocketNumbers: readonly number[];
  active: WornTool;

  constructor(initialWear: number) {
    this.tools = TOOLS.map((tool, i) => ({ ...tool, wear: Math.min(0.95, initialWear * (0.6 + 0.25 * i)) }));
    this.active = this.tools[0]!;
    this.pocketNumbers = Array.from({ length: 12 }, (_, pocket) => TOOLS[pocket]?.number ?? 0);
  }

  /** Tool number in each pocket; 0 empty. A new array whenever it changes. */
  get pockets(): readonly number[] {
    return this.pocketNumbers;
  }

  /** Tells whether {@link table} has changed. */
  get wholePercents(): string {
    return this.tools.map(({ wear }) => Math.floor(wear * 100)).join();
  }

  /** Wear in whole percent: the table changes some times an hour, not ten times a second. */
  get table(): readonly StructureFields[] {
    return this.tools.map((tool) => ({
      Number: tool.number,
      Name: tool.name,
      Active: tool === this.active,
      WearPercent: Math.floor(tool.wear * 100),
      // Length, then radius less what is worn off it.
      OffsetsMm: [
        120 + tool.number,
        quantize(tool.diameterMm / 2 - 0.01 * Math.floor(tool.wear * 10), 0.001),
      ],
    }));
  }

  select(number: number): WornTool {
    const tool = this.tools.find((each) => each.number === number);
    if (tool && tool !== this.active) {
      this.active = tool;
      this.pocketNumbers = this.pocketNumbers.map((pocket, i) =>
        TOOLS[i]?.number === number ? 0 : (TOOLS[i]?.number ?? pocket),
      );
    }
    return this.active;
  }

  wearOf(number: number): number {
    return this.tools.find((each) => each.number === number)?.wear ?? 0;
  }

  wearOut(rpm: number, dtS: number): void {
    this.active.wear += dtS / 60 / this.lifeMin(rpm);
  }

  remainingLifeMin(rpm: number): number {
    return Math.max(0, 1 - this.active.wear) * this.lifeMin(rpm);
  }

  replaceWorn(): void {
    for (const tool of this.tools) if (tool.wear >= 1) tool.wear = 0;
  }

  private lifeMin(rpm: number): number {
    const { diameterMm, taylorExponent, taylorConstant } = this.active;
    return toolLifeMin(cuttingSpeed(diameterMm, Math.max(rpm, 100)), taylorExponent, taylorConstant);
  }
}
