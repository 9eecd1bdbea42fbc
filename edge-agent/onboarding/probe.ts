/** Looks at a server from the outside in, step by step, each with one plain sentence and what to do about it. */
import { X509Certificate } from 'node:crypto';
import { lookup } from 'node:dns/promises';
import type { OpcUaEndpoint } from '#contracts/config/edge-agent.ts';
import {
  chooseEndpoint,
  hostAndPort,
  listEndpoints,
  reach,
  type OfferedEndpoint,
} from '../sources/opcua/discovery.ts';
import { UaFailure, toFailure } from '../sources/opcua/failure.ts';
import { certificateSha256, formatFingerprint, type OwnIdentity } from '../sources/opcua/pki.ts';
import { openSession } from '../sources/opcua/session.ts';

export type ProbeStepName = 'name' | 'network' | 'endpoints' | 'certificate' | 'clock' | 'login';

export interface ProbeStep {
  readonly step: ProbeStepName;
  readonly outcome: 'ok' | 'warning' | 'failed' | 'skipped';
  readonly says: string;
  readonly remedy?: string | undefined;
}

export interface ProbeReport {
  readonly endpoint: string;
  readonly steps: readonly ProbeStep[];
  readonly offered: readonly OfferedEndpoint[];
  readonly certificateSha256: string | undefined;
}

export interface ProbeOptions {
  /** With the pinned certificate, where there is one. */
  readonly endpoint: OpcUaEndpoint;
  readonly identity: OwnIdentity;
  readonly timeoutMs: number;
  /** What to type next for this server, with another security where the asked one is not to be had. */
  readonly next: (command: 'probe' | 'trust' | 'add', security?: Security) => string;
  readonly onStep?: (step: ProbeStep) => void;
}

export interface Security {
  readonly mode: string;
  readonly policy: string;
}

const DAY_MS = 86_400_000;
/** Beyond this, certificates and signed requests begin to be refused, and charts look wrong. */
const CLOCK_SKEW_MS = 5_000;

export async function probe(options: ProbeOptions): Promise<ProbeReport> {
  const { endpoint, identity, timeoutMs } = options;
  const steps: ProbeStep[] = [];
  const say = (step: ProbeStep): void => {
    steps.push(step);
    options.onStep?.(step);
  };
  const report = (offered: readonly OfferedEndpoint[], sha256?: string): ProbeReport => ({
    endpoint: endpoint.endpoint,
    steps,
    offered,
    certificateSha256: sha256,
  });
  const failedAt = (step: ProbeStepName, error: unknown): void => {
    const failure = toFailure(error, endpoint.endpoint);
    say({ step, outcome: 'failed', says: `${failure.message}.`, remedy: `${failure.remedy}.` });
  };
  try {
    say(await resolveName(endpoint.endpoint));
  } catch (error) {
    failedAt('name', error);
    return report([]);
  }
  try {
    const { address, tookMs } = await reach(endpoint.endpoint, timeoutMs);
    say({
      step: 'network',
      outcome: 'ok',
      says: `${address} accepts connections (${tookMs.toFixed(1)} ms).`,
    });
  } catch (error) {
    failedAt('network', error);
    return report([]);
  }
  let offered: OfferedEndpoint[];
  let skewMs: number | undefined;
  try {
    offered = await listEndpoints(endpoint.endpoint, identity, timeoutMs, (serverMs) => {
      skewMs = serverMs - Date.now();
    });
  } catch (error) {
    failedAt('endpoints', error);
    return report([]);
  }
  say(sayEndpoints(offered, options));
  say(sayClock(skewMs));
  const certificate = offered.find((one) => one.certificate)?.certificate;
  const isUsed =
    endpoint.securityMode !== 'None' && offered.some(({ securityMode }) => securityMode !== 'None');
  for (const step of isUsed ? sayCertificate(certificate, options) : [UNUSED_CERTIFICATE]) say(step);
  await login(options, offered, say, failedAt);
  return report(offered, certificate && certificateSha256(certificate));
}

async function resolveName(endpoint: string): Promise<ProbeStep> {
  const { host, port } = hostAndPort(endpoint);
  const { address } = await lookup(host);
  return {
    step: 'name',
    outcome: 'ok',
    says: address === host ? `The address is ${host}, port ${port}.` : `${host} is ${address}, port ${port}.`,
  };
}

const NO_SECURITY: Security = { mode: 'None', policy: 'None' };

function sayEndpoints(offered: readonly OfferedEndpoint[], { endpoint, next }: ProbeOptions): ProbeStep {
  const ways = [
    ...new Set(offered.map(({ securityMode, securityPolicy }) => `${securityMode}/${securityPolicy}`)),
  ];
  const name = offered[0]?.serverName || 'The server';
  const logins = [...new Set(offered.flatMap((one) => one.logins))];
  const secure = offered.find(({ securityMode }) => securityMode === 'SignAndEncrypt');
  const has = offered.some(
    ({ securityMode, securityPolicy }) =>
      securityMode === endpoint.securityMode && securityPolicy === endpoint.securityPolicy,
  );
  return {
    step: 'endpoints',
    outcome: has ? 'ok' : secure ? 'warning' : 'failed',
    says: `${name} offers ${ways.join(', ') || 'nothing'}; logins: ${logins.join(', ') || 'none'}.`,
    ...(!has && {
      remedy: secure
        ? `Switch ${endpoint.securityMode}/${endpoint.securityPolicy} on at the server, or: ${next('probe', { mode: secure.securityMode, policy: secure.securityPolicy })}`
        : `Switch Basic256Sha256 with SignAndEncrypt on at the server; without it nothing can be taken over after a restart. For a test only: ${next('probe', NO_SECURITY)}`,
    }),
  };
}

function sayClock(skewMs: number | undefined): ProbeStep {
  if (skewMs === undefined)
    return { step: 'clock', outcome: 'skipped', says: 'The server did not tell its time.' };
  const off = `${(Math.abs(skewMs) / 1000).toFixed(1)} s ${skewMs < 0 ? 'behind' : 'ahead of'} this host`;
  if (Math.abs(skewMs) <= CLOCK_SKEW_MS)
    return { step: 'clock', outcome: 'ok', says: `Its clock is ${off}.` };
  return {
    step: 'clock',
    outcome: 'warning',
    says: `Its clock is ${off}.`,
    remedy: 'Let both follow the same time server (NTP); values carry the time of the machine.',
  };
}

const UNUSED_CERTIFICATE: ProbeStep = {
  step: 'certificate',
  outcome: 'skipped',
  says: 'Without security no certificate is looked at: whoever answers is believed.',
};

function sayCertificate(der: Buffer | undefined, { endpoint, next }: ProbeOptions): ProbeStep[] {
  if (!der)
    return [
      {
        step: 'certificate',
        outcome: 'failed',
        says: 'The server shows no certificate.',
        remedy: 'Give the server a certificate.',
      },
    ];
  const certificate = new X509Certificate(der);
  const sha256 = certificateSha256(der);
  const pinned = endpoint.serverCertificateSha256;
  const steps: ProbeStep[] = [
    {
      step: 'certificate',
      outcome: pinned === sha256 ? 'ok' : pinned === undefined ? 'warning' : 'failed',
      says: `Certificate "${certificate.subject.replaceAll('\n', ', ')}", SHA-256 ${formatFingerprint(sha256)}${pinned === sha256 ? ', confirmed' : pinned === undefined ? ', not confirmed yet' : ', NOT the confirmed one'}.`,
      ...(pinned !== sha256 && {
        remedy: `Compare it with what the server itself shows, then: ${next('trust')}`,
      }),
    },
  ];
  const from = Date.parse(certificate.validFrom);
  const to = Date.parse(certificate.validTo);
  const now = Date.now();
  if (now < from || now > to)
    steps.push({
      step: 'certificate',
      outcome: 'warning',
      says: `It is valid from ${new Date(from).toISOString()} to ${new Date(to).toISOString()}, which is not now.`,
      remedy: 'Renew it at the server, or correct the clocks.',
    });
  else
    steps.push({
      step: 'certificate',
      outcome: to - now < 30 * DAY_MS ? 'warning' : 'ok',
      says: `It is valid until ${new Date(to).toISOString().slice(0, 10)}, ${Math.floor((to - now) / DAY_MS)} days from now.`,
      ...(to - now < 30 * DAY_MS && { remedy: 'Renew it soon and confirm the new one.' }),
    });
  return steps;
}

async function login(
  { endpoint, identity, timeoutMs, next }: ProbeOptions,
  offered: readonly OfferedEndpoint[],
  say: (step: ProbeStep) => void,
  failedAt: (step: ProbeStepName, error: unknown) => void,
): Promise<void> {
  try {
    chooseEndpoint(endpoint, offered);
  } catch (error) {
    const isUntrusted = error instanceof UaFailure && error.code === 'UNTRUSTED';
    if (isUntrusted)
      say({
        step: 'login',
        outcome: 'skipped',
        says: 'No login is tried before the certificate is confirmed.',
      });
    else failedAt('login', error);
    return;
  }
  try {
    const ua = await openSession({ endpoint, identity, timeoutMs, clientName: 'edge agent, probe' });
    await ua.close('remove');
    say({
      step: 'login',
      outcome: 'ok',
      says: `A session as ${endpoint.username ?? (endpoint.userCertificateFile ? 'the user of the certificate' : 'anonymous')} works. Plug it in: ${next('add')}`,
    });
  } catch (error) {
    failedAt('login', error);
  }
}
