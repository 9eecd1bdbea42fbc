import { StatusCode, StatusCodes } from 'node-opcua';

const known = new Map<number, StatusCode>();
for (const each of Object.values(StatusCodes) as unknown[])
  if (each instanceof StatusCode) known.set(each.value, each);

/** The library's object for one of the standard codes. @throws RangeError for a code that it does not know. */
export function statusCodeOf(code: number): StatusCode {
  const found = known.get(code >>> 0);
  if (!found) throw new RangeError(`0x${(code >>> 0).toString(16)} is no standard OPC UA StatusCode`);
  return found;
}
