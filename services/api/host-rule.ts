/** Whether a request that names this host (`Host`, with port) may be answered. */
export type HostRule = (host: string | undefined) => boolean;

export const isLoopbackName = (name: string): boolean =>
  name === 'localhost' || name === '::1' || name === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(name);

/**
 * A server on loopback answers to loopback's names only: else any page on the web could read along under a name of its
 * own that leads to 127.0.0.1 (DNS rebinding). Beyond loopback the name in the certificate does that.
 */
export function hostRuleFor(boundHost: string, alsoAllowed: readonly string[]): HostRule {
  if (!isLoopbackName(boundHost)) return () => true;
  return (host) => {
    if (host === undefined) return true;
    const name = URL.parse(`http://${host}`)?.hostname ?? '';
    return isLoopbackName(name) || alsoAllowed.includes(name);
  };
}
