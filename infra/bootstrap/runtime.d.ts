export interface Runtime {
  readonly path: string;
  /** The running Node is the one to use. */
  readonly isCurrent: boolean;
}
export const ROOT: string;
export function assertLauncherNode(version?: string): void;
export function chooseRuntime(root: string, current?: { path: string; version: string }): Runtime;
