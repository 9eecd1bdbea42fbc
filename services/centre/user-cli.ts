// `npm run user -- set anna --role operator`: who may log in to the dashboards.
import { text } from 'node:stream/consumers';
import { ROLES, type Role } from '#contracts/access.ts';
import { explainEnd, readOptions } from '#platform/command-line.ts';
import { StartError } from '#platform/errors.ts';
import { dataFolder } from './data-folder.ts';
import { listUsers, removeUser, setUser } from './users.ts';

const HELP_COMMAND = 'npm run user -- --help';
const USAGE = `Who may log in to the dashboards. A running centre takes changes over at once.

  npm run user -- list
  npm run user -- set NAME [--role ROLE] [--stdin]
  npm run user -- remove NAME

  --role ROLE   operator: acknowledges alarms; engineer and admin: read the log of actions, too.
                Needed for a new user, keeps the role of a known one when left out
  --stdin       reads the password from the standard input; without it one is made and printed once
  --data DIR    the centre's data folder (default: var)

A new password or role ends the open sessions of that user.
`;
const OPTIONS = {
  role: { type: 'string' },
  stdin: { type: 'boolean', default: false },
  data: { type: 'string', default: 'var' },
  help: { type: 'boolean', short: 'h' },
} as const;

async function main(args: readonly string[]): Promise<number> {
  try {
    const { values, positionals } = readOptions(
      { args: [...args], options: OPTIONS, allowPositionals: true },
      HELP_COMMAND,
    );
    const [command, name, ...others] = positionals;
    const { secrets } = dataFolder(values.data);
    if (values.help === true || command === undefined) {
      process.stdout.write(USAGE);
    } else if (command === 'list' && name === undefined) {
      for (const user of await listUsers(secrets))
        process.stdout.write(`${user.name.padEnd(20)} ${user.role.padEnd(9)} password of ${user.since}\n`);
    } else if (command === 'set' && name !== undefined && others.length === 0) {
      const password = values.stdin ? (await text(process.stdin)).trimEnd() : undefined;
      const made = await setUser(secrets, { name, role: roleOf(values.role), password });
      process.stdout.write(
        password === undefined ? `${name} has the password ${made}\n` : `${name} is set\n`,
      );
    } else if (command === 'remove' && name !== undefined && others.length === 0) {
      await removeUser(secrets, name);
      process.stdout.write(`${name} may no longer log in\n`);
    } else
      throw new StartError('BAD_OPTION', 'The command is not understood', `\`${HELP_COMMAND}\` tells more`);
    return 0;
  } catch (error) {
    return explainEnd(error);
  }
}

function roleOf(text: string | undefined): Role | undefined {
  const role = ROLES.find((each) => each === text);
  if (text === undefined || role !== undefined) return role;
  throw new StartError('BAD_OPTION', `--role ${text} is none`, `one of ${ROLES.join(', ')}`);
}

process.exitCode = await main(process.argv.slice(2));
