import type { MachineInfo } from '../../api/model.ts';

/** In percent of the plan's width and height. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}
export interface Room extends Box {
  readonly area: string;
  readonly machines: readonly (Box & { readonly machine: MachineInfo })[];
}

/** Of a machine's place: wide enough for its name beside its drawing. */
const CELL_ASPECT = 1.3;
const MAX_ROWS = 3;
/** Share of a room that its name takes, percent of the plan's height. */
const NAME_H = 4.5;

interface Group {
  readonly area: string;
  readonly machines: readonly MachineInfo[];
}

/**
 * A plan of the places that the machines name: an area is a room as large as it has machines, rooms stand in rows, and every
 * machine has about as much floor as the others. `aspect` = width / height of the plan. The same machines give the same plan.
 */
export function floorPlan(machines: readonly MachineInfo[], aspect: number): readonly Room[] {
  const groups = groupByArea(machines);
  let best: { rooms: readonly Room[]; cost: number } | undefined;
  for (let rows = 1; rows <= Math.min(MAX_ROWS, groups.length); rows += 1) {
    const rooms = placeRooms(inRows(groups, rows), machines.length, aspect);
    const cost = rooms.reduce((sum, room) => sum + misfit(room, aspect), 0);
    if (!best || cost < best.cost) best = { rooms, cost };
  }
  return best?.rooms ?? [];
}

function groupByArea(machines: readonly MachineInfo[]): readonly Group[] {
  const byArea = new Map<string, MachineInfo[]>();
  for (const machine of machines) {
    const area = machine.assetPath.area ?? '';
    const list = byArea.get(area);
    if (list) list.push(machine);
    else byArea.set(area, [machine]);
  }
  return [...byArea].map(([area, list]) => ({ area, machines: list }));
}

/** Contiguous, with about as many machines in each row. */
function inRows(groups: readonly Group[], rows: number): readonly (readonly Group[])[] {
  const total = groups.reduce((sum, { machines }) => sum + machines.length, 0);
  const result: Group[][] = Array.from({ length: rows }, () => []);
  let before = 0;
  for (const group of groups) {
    const middle = before + group.machines.length / 2;
    result[Math.min(rows - 1, Math.floor((middle / total) * rows))]?.push(group);
    before += group.machines.length;
  }
  return result.filter((row) => row.length > 0);
}

function placeRooms(rows: readonly (readonly Group[])[], total: number, aspect: number): readonly Room[] {
  const rooms: Room[] = [];
  let y = 0;
  for (const row of rows) {
    const count = row.reduce((sum, { machines }) => sum + machines.length, 0);
    const h = (count / total) * 100;
    let x = 0;
    for (const group of row) {
      const w = (group.machines.length / count) * 100;
      rooms.push(placeMachines(group, { x, y, w, h }, aspect));
      x += w;
    }
    y += h;
  }
  return rooms;
}

function placeMachines({ area, machines }: Group, room: Box, aspect: number): Room {
  const h = room.h - NAME_H;
  let columns = 1;
  let least = Infinity;
  for (let tried = 1; tried <= machines.length; tried += 1) {
    const rows = Math.ceil(machines.length / tried);
    const empty = rows * tried - machines.length;
    const cost = aspectMisfit(room.w / tried, h / rows, aspect) + empty * 0.2;
    if (cost < least) {
      least = cost;
      columns = tried;
    }
  }
  const rows = Math.ceil(machines.length / columns);
  return {
    ...room,
    area,
    machines: machines.map((machine, i) => ({
      machine,
      x: room.x + ((i % columns) * room.w) / columns,
      y: room.y + NAME_H + (Math.floor(i / columns) * h) / rows,
      w: room.w / columns,
      h: h / rows,
    })),
  };
}

const misfit = ({ machines }: Room, aspect: number): number =>
  machines.reduce((sum, { w, h }) => sum + aspectMisfit(w, h, aspect), 0);

const aspectMisfit = (w: number, h: number, aspect: number): number =>
  Math.abs(Math.log((w * aspect) / Math.max(h, 0.1) / CELL_ASPECT));

const PX_PER_KW = 0.6;
const WIDEST_PX = 40;

/** How wide a machine's supply line is drawn, CSS pixels: in proportion to its power, a hair's breadth for next to nothing. */
export function feederPx(power: unknown, unit: string | undefined): number | undefined {
  if (typeof power !== 'number' || (unit !== 'kW' && unit !== 'W')) return undefined;
  const kilowatts = unit === 'kW' ? power : power / 1_000;
  return Math.min(WIDEST_PX, Math.max(1, Math.abs(kilowatts) * PX_PER_KW));
}
