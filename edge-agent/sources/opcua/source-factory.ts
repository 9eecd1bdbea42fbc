import { join } from 'node:path';
import type { EdgeAgentConfig, MachineConfig } from '#contracts/config/edge-agent.ts';
import type { Clock } from '#platform/clock.ts';
import type { Logger } from '#platform/logger.ts';
import type { Source } from '../../pipeline/source.ts';
import { createOpcUaSource } from './opcua-source.ts';
import { ownIdentity, type OwnIdentity } from './pki.ts';
import { silenceLibrary } from './session.ts';

/**
 * Makes the source of each machine of an agent; all share one key and certificate, made on first use. Paths in the
 * configuration are taken as they are: whoever read the file has made them absolute.
 */
export function opcUaSourceFactory(
  log: Logger,
  clock?: Clock,
): (machine: MachineConfig, config: EdgeAgentConfig) => Source {
  silenceLibrary();
  const identities = new Map<string, Promise<OwnIdentity>>();
  return (machine, config) => {
    const pkiDir = config.opcua.pkiDir ?? join(config.dataDir, 'pki');
    const { applicationName } = config.opcua;
    const identity = (): Promise<OwnIdentity> => {
      const known = identities.get(pkiDir) ?? ownIdentity(pkiDir, applicationName);
      identities.set(pkiDir, known);
      // A full disk now may have room at the next attempt.
      known.catch(() => identities.delete(pkiDir));
      return known;
    };
    return createOpcUaSource({
      config: machine,
      machine: {
        id: machine.id,
        kind: machine.kind,
        name: machine.name ?? { en: machine.id },
        provenance: machine.provenance,
        assetPath: machine.assetPath ?? config.assetPath,
      },
      client: config.opcua,
      identity,
      log,
      ...(clock && { clock }),
    });
  };
}
