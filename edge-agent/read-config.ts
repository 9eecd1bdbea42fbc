import { dirname, resolve } from 'node:path';
import { edgeAgentConfigSchema, type EdgeAgentConfig } from '#contracts/config/edge-agent.ts';
import { readConfigFile } from '#platform/config-file.ts';

/** The agent's file; relative paths in it are relative to its folder, wherever the process was started. @throws ConfigError */
export async function readAgentConfig(path: string): Promise<EdgeAgentConfig> {
  return withAbsolutePaths(await readConfigFile(path, edgeAgentConfigSchema), path);
}

export function withAbsolutePaths(config: EdgeAgentConfig, configPath: string): EdgeAgentConfig {
  const folder = dirname(resolve(configPath));
  const at = <Key extends string>(
    holder: Partial<Record<Key, string | undefined>>,
    ...keys: readonly Key[]
  ): Partial<Record<Key, string>> =>
    Object.fromEntries(
      keys.flatMap((key) => {
        const path = holder[key];
        return path === undefined ? [] : [[key, resolve(folder, path)]];
      }),
    ) as Partial<Record<Key, string>>;
  return {
    ...config,
    dataDir: resolve(folder, config.dataDir),
    mqtt: { ...config.mqtt, ...at(config.mqtt, 'passwordFile', 'caFile', 'certificateFile', 'keyFile') },
    journal: { ...config.journal, ...at(config.journal, 'dir') },
    opcua: { ...config.opcua, ...at(config.opcua, 'pkiDir') },
    machines: config.machines.map((machine) => ({
      ...machine,
      opcua: { ...machine.opcua, ...at(machine.opcua, 'passwordFile', 'userCertificateFile', 'userKeyFile') },
    })),
  };
}
