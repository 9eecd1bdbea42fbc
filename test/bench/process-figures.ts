import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';

export interface ProcessFigures {
  readonly name: string;
  /** Cores used over the window. */
  readonly cores: number;
  /** MiB: resident now, and the most it ever was. */
  readonly residentMiB: number;
  readonly peakMiB: number;
}

const TICKS_PER_S = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

/** Processor time of a process so far, s. Linux only (`/proc`). */
function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_S;
}

/** Processes that `pid` started and that run now, by the name that they give themselves. */
function childrenOf(pid: number): { readonly name: string; readonly pid: number }[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((entry) => {
      try {
        const stat = readFileSync(`/proc/${entry}/stat`, 'utf8');
        if (Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) !== pid) return [];
        const name = readFileSync(`/proc/${entry}/cmdline`, 'utf8').split('\0', 1)[0] ?? '';
        return [{ name: path.basename(name), pid: Number(entry) }];
      } catch {
        return []; // ended meanwhile
      }
    });
}

function memoryMiB(pid: number, key: 'VmRSS' | 'VmHWM'): number {
  const match = new RegExp(`${key}:\\s+(\\d+) kB`).exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(match?.[1] ?? Number.NaN) / 1024;
}

/** Starts to watch processes and what they start; the answered function tells the figures since then. */
export function watchProcesses(
  processes: readonly { readonly name: string; readonly pid: number }[],
): () => ProcessFigures[] {
  const all = (): readonly { readonly name: string; readonly pid: number }[] =>
    processes.flatMap((process) => [process, ...childrenOf(process.pid)]);
  const startMs = performance.now();
  const before = new Map(all().map(({ pid }) => [pid, cpuSeconds(pid)]));
  return () => {
    const seconds = (performance.now() - startMs) / 1000;
    return all().map(({ name, pid }) => ({
      name,
      cores: (cpuSeconds(pid) - (before.get(pid) ?? 0)) / seconds,
      residentMiB: memoryMiB(pid, 'VmRSS'),
      peakMiB: memoryMiB(pid, 'VmHWM'),
    }));
  };
}

/** Starts to watch; the answered function tells which part of the machine's time its host gave to others, in %. */
export function watchSteal(): () => number {
  const read = (): readonly number[] =>
    (readFileSync('/proc/stat', 'utf8').split('\n', 1)[0] ?? '').trim().split(/\s+/).slice(1, 9).map(Number);
  const before = read();
  return () => {
    const spent = read().map((ticks, i) => ticks - (before[i] ?? 0));
    const all = spent.reduce((sum, ticks) => sum + ticks, 0);
    return all === 0 ? 0 : ((spent[7] ?? 0) / all) * 100;
  };
}
