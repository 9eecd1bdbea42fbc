// `npm run foreign [-- --install-only]`: makes a Python with asyncua, once, then runs the agent against servers of it.
import { startVitest } from 'vitest/node';
import { installPython, REMEDY } from './python.ts';

try {
  const python = await installPython();
  process.stdout.write(`asyncua is in ${python}\n`);
} catch (error) {
  const why = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
  process.stderr.write(`The foreign OPC UA stack cannot be had here: ${why}\nTests that need it are skipped. To have it: ${REMEDY}\n`); // prettier-ignore
  process.exit(1);
}
if (!process.argv.includes('--install-only')) {
  process.env['OPCUA_FOREIGN_RESTARTS'] ??= '20';
  const vitest = await startVitest('test', ['test/integration/opcua-foreign'], { watch: false });
  await vitest.close();
}
