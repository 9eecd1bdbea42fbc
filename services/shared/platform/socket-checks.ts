/** What a person checks when a machine cannot be reached, by the code of the socket's error; follows "check". */
export const SOCKET_CHECKS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'that the server runs and listens on this port',
  ENOTFOUND: 'the host name and the name service (DNS) of this host',
  EAI_AGAIN: 'the network of this host: its name service (DNS) does not answer',
  EHOSTUNREACH: 'cable, address and route to the machine',
  ENETUNREACH: 'cable, address and route to the machine',
  ETIMEDOUT: 'cable, address and firewall: nothing answers there',
};
