import { existsSync } from 'node:fs';
import { stringify } from 'yaml';
import { brokerClientsSchema } from '#contracts/config/broker.ts';
import type { BrokerClient, BrokerRole } from '#contracts/config/broker.ts';
import { readConfigFile } from '#platform/config-file.ts';
import { hashPassword, verifyPassword } from '#platform/password-hash.ts';
import { writeFileAtomic } from './atomic-file.ts';

/** An account that the centre keeps on its broker. */
export type ManagedAccount = { readonly username: string; readonly password: string } & (
  | { readonly role: 'agent'; readonly site: string; readonly agent: string }
  | { readonly role: Exclude<BrokerRole, 'agent'> }
);

const HEADER = `# Accounts of the MQTT broker. The centre keeps its own ones in order; add others below, they stay.
# passwordHash is scrypt, as services/shared/platform/password-hash.ts writes it.
`;

async function toClient(account: ManagedAccount, present: BrokerClient | undefined): Promise<BrokerClient> {
  const keep = present !== undefined && (await verifyPassword(account.password, present.passwordHash));
  const passwordHash = keep ? present.passwordHash : await hashPassword(account.password);
  const { password: _password, ...rest } = account;
  return { ...rest, passwordHash };
}

/** Puts the centre's accounts into the broker's clients file; accounts added by hand stay as they are. */
export async function ensureBrokerClients(file: string, accounts: readonly ManagedAccount[]): Promise<void> {
  const { clients } = existsSync(file) ? await readConfigFile(file, brokerClientsSchema) : { clients: [] };
  const own = await Promise.all(
    accounts.map((account) =>
      toClient(
        account,
        clients.find(({ username }) => username === account.username),
      ),
    ),
  );
  const managed = new Set(accounts.map(({ username }) => username));
  const others = clients.filter(({ username }) => !managed.has(username));
  writeFileAtomic(file, HEADER + stringify({ clients: [...own, ...others] }), 0o600);
}
