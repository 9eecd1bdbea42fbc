import type { StatusCode, StatusCodeCallback } from 'node-opcua';
import { createHash, X509Certificate } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { callbackify } from 'node:util';
import { OPCUACertificateManager, StatusCodes } from 'node-opcua';

/** DER bytes. */
type Certificate = Buffer;

/** As many unknown ones are kept for somebody to look at; who sends more is not to fill the disk. */
const MOST_REJECTED = 20;

/**
 * Certificates by which people log in to one server: those in `trusted`, PEM or DER, whatever their files are called; unknown ones are
 * put into `rejected`. The folder is read at each log-in, so that a file that was moved or copied counts at once. The library's own
 * store would be in the home folder of whoever runs the process, and there a certificate that was once rejected stays so even
 * when a copy of it is trusted.
 */
export class UserCertificates extends OPCUACertificateManager {
  readonly #trusted: string;
  readonly #rejected: string;

  /** @param folder made with its two folders by `initialize`. */
  constructor(folder: string) {
    super({ rootFolder: folder, disableFileWatchers: true });
    this.#trusted = join(folder, 'trusted');
    this.#rejected = join(folder, 'rejected');
  }

  /** Without a key of its own: it is never shown to anybody. */
  override async initialize(): Promise<void> {
    for (const folder of [this.#trusted, this.#rejected])
      await mkdir(folder, { recursive: true, mode: 0o700 });
  }

  override async dispose(): Promise<void> {}

  override checkCertificate(chain: Certificate | Certificate[]): Promise<StatusCode>;
  override checkCertificate(chain: Certificate | Certificate[], callback: StatusCodeCallback): void;
  override checkCertificate(
    chain: Certificate | Certificate[],
    callback?: StatusCodeCallback,
  ): Promise<StatusCode> | void {
    const verdict = this.#judge(chain).catch(() => StatusCodes.BadCertificateInvalid);
    if (!callback) return verdict;
    callbackify(() => verdict)(callback);
  }

  /** @throws Error where it is no certificate */
  async #judge(chain: Certificate | Certificate[]): Promise<StatusCode> {
    const leaf = new X509Certificate(Array.isArray(chain) ? (chain[0] ?? Buffer.alloc(0)) : chain);
    if (!(await certificatesIn(this.#trusted)).has(leaf.fingerprint256)) {
      await this.#keepRejected(leaf);
      return StatusCodes.BadCertificateUntrusted;
    }
    const now = Date.now();
    const isValid = leaf.validFromDate.getTime() <= now && now <= leaf.validToDate.getTime();
    return isValid ? StatusCodes.Good : StatusCodes.BadCertificateTimeInvalid;
  }

  async #keepRejected(leaf: X509Certificate): Promise<void> {
    const kept = await readdir(this.#rejected);
    const name = `${createHash('sha256').update(leaf.raw).digest('hex')}.pem`;
    if (kept.includes(name) || kept.length >= MOST_REJECTED) return;
    await writeFile(join(this.#rejected, name), leaf.toString(), { mode: 0o600 });
  }
}

/** Fingerprints of the certificates in a folder; what is none is passed over. */
async function certificatesIn(folder: string): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (!entry.isFile()) continue;
    try {
      found.add(new X509Certificate(await readFile(join(folder, entry.name))).fingerprint256);
    } catch {
      // Somebody else's file, or one that is just being written.
    }
  }
  return found;
}
