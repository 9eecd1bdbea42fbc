import type { CentreProcess } from '#contracts/config/centre.ts';

/**
 * V8 marks on as many threads as it may, four unless told: on two cores they keep every process from its work for half a
 * second. One does the same work beside the others (ADR 0015).
 */
const ONE_COLLECTING_THREAD = '--v8-pool-size=1';
/**
 * How much a process allocates, in MiB, before V8 looks for garbage among what is young (ADR 0015). Smaller holds less memory,
 * where objects are small and byte buffers many: the services, which have two heaps. Where buffers live a while, as
 * those of the simulators' subscriptions do until they are acknowledged, it makes them old; and where it is larger, buffers
 * that are dead start a marking of the whole heap before anybody looks.
 */
const youngGeneration = (mebibytes: number): string => `--max-semi-space-size=${mebibytes}`;
/**
 * In a quiet moment V8 brings the bound of a heap down to what lives in it; from then on every few megabytes are a reason to mark all of it. A large plant's
 * address space is 200 MB that never change (ADR 0015).
 */
const KEEP_HEAP_BOUND = '--no-memory-reducer';
/** How each process of the centre is started. */
export const NODE_OPTIONS: Readonly<Record<CentreProcess, readonly string[]>> = {
  broker: [ONE_COLLECTING_THREAD],
  simulators: [ONE_COLLECTING_THREAD, youngGeneration(16), KEEP_HEAP_BOUND],
  services: [ONE_COLLECTING_THREAD, youngGeneration(4)],
  'edge-agent': [ONE_COLLECTING_THREAD],
};
