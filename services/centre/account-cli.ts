// `npm run account -- edge-2`: lets an edge agent on another host in.
import { explainEnd, readOptions } from '#platform/command-line.ts';
import { StartError } from '#platform/errors.ts';
import { makeAgentAccount } from './agent-account.ts';

const HELP_COMMAND = 'npm run account -- --help';
const USAGE = `Lets an edge agent on another host deliver to this centre.

  npm run account -- AGENT [options]

  AGENT         id of the new agent, such as edge-2
  --broker HOST name or address under which the agent's host reaches this one (default: 127.0.0.1)
  --data DIR    the centre's data folder (default: var)

Makes the account on the centre's broker, which takes it over while it runs, and a folder with the agent's
configuration, password and certificate authority: copy it to the agent's host. Beyond loopback the centre has to
listen there: npm start -- --host ADDR.
`;
const OPTIONS = {
  data: { type: 'string', default: 'var' },
  broker: { type: 'string', default: '127.0.0.1' },
  help: { type: 'boolean', short: 'h' },
} as const;

async function main(args: readonly string[]): Promise<number> {
  try {
    const { values, positionals } = readOptions(
      { args: [...args], options: OPTIONS, allowPositionals: true },
      HELP_COMMAND,
    );
    if (values.help === true) {
      process.stdout.write(USAGE);
      return 0;
    }
    const [agent, ...others] = positionals;
    if (agent === undefined || others.length > 0)
      throw new StartError('BAD_OPTION', 'Name one agent, such as edge-2', `\`${HELP_COMMAND}\` tells more`);
    const { folder, url, isLocalOnly } = await makeAgentAccount({
      dataDir: values.data,
      agent,
      broker: values.broker,
    });
    process.stdout.write(
      `${agent} may deliver to ${url}. On its host, with this project installed:\n` +
        `  1. copy ${folder} there, its files are readable by their owner alone\n` +
        `  2. npm run edge -- run --config ${agent}/edge-agent.yaml\n` +
        `  3. npm run edge -- trust opc.tcp://HOST:4840 --config ${agent}/edge-agent.yaml\n` +
        `  4. npm run edge -- add opc.tcp://HOST:4840 --id press-01 --config ${agent}/edge-agent.yaml\n`,
    );
    if (isLocalOnly)
      process.stdout.write(
        'The centre listens on this host only: start it with `npm start -- --host ADDR` for agents elsewhere, and\n' +
          `run this command again with --broker ADDR then.\n`,
      );
    return 0;
  } catch (error) {
    return explainEnd(error);
  }
}

process.exitCode = await main(process.argv.slice(2));
