/** Asks the API of a running centre; anything but 200 is an error with the problem's text. */
export async function getJson<Body>(
  baseUrl: string,
  route: string,
  query: Record<string, string> = {},
): Promise<Body> {
  const url = new URL(route, baseUrl);
  for (const [key, value] of Object.entries(query)) url.searchParams.append(key, value);
  const response = await fetch(url, { signal: AbortSignal.timeout(10_000) });
  if (!response.ok) throw new Error(`${url.href} answered ${response.status}: ${await response.text()}`);
  return (await response.json()) as Body;
}
