import { existsSync } from 'node:fs';
import path from 'node:path';
import { centreConfigSchema } from '#contracts/config/centre.ts';
import type { CentreConfig } from '#contracts/config/centre.ts';
import { plantSchema } from '#contracts/config/plant.ts';
import type { Plant } from '#contracts/config/plant.ts';
import { readConfigFile } from '#platform/config-file.ts';
import { StartError } from '#platform/errors.ts';
import { writeFileAtomic } from './atomic-file.ts';
import type { CentreOptions } from './cli-options.ts';
import type { DataFolder } from './data-folder.ts';

const TEMPLATE = `# What \`npm start\` does when its command line does not say otherwise. These are the defaults:
# host: 127.0.0.1
# http: 8080
# mqtt: 1883
# mqttWebSocket: null
# opcua: 4840
# plant: simulators/plants/brest.yaml
# store: embedded
# without: []
# replays: []
`;

/** The centre's own file, made on the first run, with the command line laid over it. @throws ConfigError */
export async function readCentreConfig(folder: DataFolder, options: CentreOptions): Promise<CentreConfig> {
  const file = path.join(folder.config, 'centre.yaml');
  if (!existsSync(file)) writeFileAtomic(file, TEMPLATE);
  const config = await readConfigFile(file, centreConfigSchema);
  return { ...config, ...options.overrides };
}

/** @throws StartError when a recording's mapping file is not one */
export function assertReplays(projectRoot: string, { replays }: CentreConfig): void {
  const check =
    'mapping files are described in simulators/replay/README.md, examples lie in simulators/replay/mappings';
  for (const replay of replays) {
    if (!existsSync(path.resolve(projectRoot, replay))) {
      throw new StartError('NO_REPLAY', `The recording's mapping file ${replay} does not exist`, check);
    }
    if (!/\.ya?ml$/.test(replay)) {
      throw new StartError(
        'NO_MAPPING',
        `${replay} is not a mapping file (YAML) that names a recording`,
        check,
      );
    }
  }
}

/** @throws ConfigError when the plant's file cannot be read or is wrong */
export async function readPlant(projectRoot: string, config: CentreConfig): Promise<Plant> {
  return await readConfigFile(path.resolve(projectRoot, config.plant), plantSchema);
}
