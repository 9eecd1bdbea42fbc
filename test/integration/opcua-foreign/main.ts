import { commandOptions } from '#platform/command-line.ts';
import { startVitest } from 'vitest/node';
import { installPython, REMEDY } from './python.ts';

const USAGE = `Fetches a Python with asyncua, once, then runs the agent against servers of it.

  npm run foreign -- [--install-only]
`;
const values = commandOptions({ 'install-only': { type: 'boolean', default: false } }, USAGE);

try {
  const python = await installPython();
  process.stdout.write(`asyncua is in ${python}\n`);
} catch (error) {
  const why = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
  process.stderr.write(
    `The foreign OPC UA stack cannot be had here: ${why}\nTests that need it are skipped. To have it: ${REMEDY}\n`,
  );
  process.exit(1);
}
if (!values['install-only']) {
  process.env['OPCUA_FOREIGN_RESTARTS'] ??= '20';
  const vitest = await startVitest('test', ['test/integration/opcua-foreign'], { watch: false });
  await vitest.close();
}
