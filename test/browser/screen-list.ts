const SPEED = 'brest/cnc-01/Monitoring/Spindle1/Speed';
const PRESSURE = 'brest/pump-01/Operational/Measurements/OutletPressure';

/** Every screen, with the address that shows it on the double of the API. */
export const SCREENS = [
  ['the plant overview', '/'],
  ['the wall', '/wall'],
  ['a machine', '/machine/brest/cnc-01'],
  ['a machine with a state machine', '/machine/brest/packaging-01'],
  ['a machine of an unknown kind', '/machine/brest/skab-01'],
  ['several signals in one picture', `/explore?signal=${SPEED}&signal=${PRESSURE}&overlay=before`],
  ['alarms and events', '/alarms'],
  ['the pipeline', '/pipeline'],
  ['the quality', '/quality'],
  ['the log-in', '/login'],
  ['an unknown machine', '/machine/brest/nobody'],
  ['an address that leads nowhere', '/nowhere/at/all'],
] as const;

export const addressOf = (path: string, choices: Record<string, string>): string =>
  `${path}${path.includes('?') ? '&' : '?'}${new URLSearchParams(choices).toString()}`;
