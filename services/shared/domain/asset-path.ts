/** Ids as they appear in topics, URLs, files and tables. Immutable; names for people live in the catalogue. */

const SEGMENT = /^[a-z0-9][a-z0-9-]{0,62}$/;

/** A site, agent or machine id: `brest`, `edge-1`, `cnc-01`. Safe in an MQTT topic, a URL and a file name. */
export const isIdSegment = (text: string): boolean => SEGMENT.test(text);

export const ID_SEGMENT_RULE =
  'lower-case letters, digits and hyphens, 1-63 characters, first one a letter or digit';

/** `brest/cnc-01` */
export type MachineId = `${string}/${string}`;

/** `brest/cnc-01/Spindle/Load` */
export type SignalId = `${string}/${string}/${string}`;

/** A signal's path within its machine: `Spindle/Load`. No empty segment, no `+ # /` inside one, at most 255 characters. */
export function isSignalPath(text: string): boolean {
  return (
    text.length > 0 &&
    text.length <= 255 &&
    text
      .split('/')
      .every((part) => part.length > 0 && part.trim() === part && !/[+#\u0000-\u001f\u007f]/.test(part))
  );
}

export function machineId(site: string, machine: string): MachineId {
  return `${site}/${machine}`;
}

export function signalId(site: string, machine: string, path: string): SignalId {
  return `${site}/${machine}/${path}`;
}

export interface SignalIdParts {
  site: string;
  machine: string;
  path: string;
}

/** Inverse of {@link signalId}; `undefined` when the text is not a signal id. */
export function parseSignalId(text: string): SignalIdParts | undefined {
  const [site = '', machine = '', ...rest] = text.split('/');
  const path = rest.join('/');
  if (!isIdSegment(site) || !isIdSegment(machine) || !isSignalPath(path)) return undefined;
  return { site, machine, path };
}
