import type { ProblemKey } from './problem-keys.ts';

export const problems: Readonly<Record<ProblemKey, string>> = {
  'problem.not-listening':
    '{endpoint} refuses the connection. Check that the OPC UA server runs and listens on this port.',
  'problem.no-answer':
    '{endpoint} does not answer. Check cable, address and firewall, and whether the machine is on.',
  'problem.unknown-host':
    'The host name of {endpoint} is not known. Check the name and the name service (DNS) of the agent’s host.',
  'problem.broke-off':
    'The connection to {endpoint} broke off. Check that an OPC UA server listens there, and the network.',
  'problem.own-certificate':
    '{endpoint} does not accept the certificate of the agent. Trust it on the server: move it from the rejected to the trusted ones.',
  'problem.clock':
    '{endpoint} finds the agent’s certificate outside its dates. Compare the clocks of agent and server.',
  'problem.login':
    '{endpoint} does not accept the login. Check user name and password (or user certificate) in the agent’s configuration, and that user’s rights.',
  'problem.too-many':
    '{endpoint} has no session left. Close other clients, or raise the server’s limit of sessions.',
  'problem.starting': '{endpoint} is not ready yet, or is shutting down. Wait until the server has started.',
  'problem.security':
    '{endpoint} does not offer the security that is configured. “npm run edge -- probe” lists what it offers.',
  'problem.unconfirmed':
    'The certificate of {endpoint} was never confirmed. Confirm it by “npm run edge -- trust”.',
  'problem.certificate-changed':
    '{endpoint} shows another certificate than the confirmed one. Ask whether it was renewed, then confirm it by “npm run edge -- trust”.',
  'problem.silent':
    '{endpoint} is connected, but sends no sign of life. Check the load of the server and the network.',
  'problem.no-signals':
    'At {endpoint} there is nothing to read where the configuration looks. “npm run edge -- browse” shows what there is.',
  'problem.wrong-path':
    '{endpoint} does not know the path of this address. Compare it with those that “npm run edge -- probe” lists.',
  'problem.language':
    '{endpoint} does not go back to English names. The agent opens a new session by itself and asks for English ones only.',
};
