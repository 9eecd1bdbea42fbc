import { unwatchFile, watchFile } from 'node:fs';
import type { EdgeAgentConfig } from '#contracts/config/edge-agent.ts';
import { messageOf } from '#platform/errors.ts';
import type { Logger } from '#platform/logger.ts';
import { readAgentConfig } from './read-config.ts';

const INTERVAL_MS = 500;

/**
 * Tells of each new sound content of the agent's file; one that cannot be used is logged and the former stays. Polled: a
 * file that is replaced by a rename, or lies on a share, is found too. Answers how to stop.
 */
export function watchConfig(
  path: string,
  log: Logger,
  onChange: (config: EdgeAgentConfig) => Promise<void>,
): () => void {
  const listener = (): void => {
    readAgentConfig(path)
      .then(onChange)
      .catch((error: unknown) =>
        log.error({ why: messageOf(error) }, 'the changed configuration cannot be used; the former stays'),
      );
  };
  watchFile(path, { interval: INTERVAL_MS, persistent: false }, listener);
  return () => unwatchFile(path, listener);
}
