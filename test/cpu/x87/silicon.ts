// Asks the host's own FPU: compiles oracle.c and passes records through it. Record layout: see
// oracle.c.

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const RECORD_SIZE = 320;

const SOURCE = fileURLToPath(new URL('../../../../test/cpu/x87/oracle.c', import.meta.url));

export class Silicon {
  private constructor(private readonly directory: string) {}

  /** Undefined where there is no x86-64 processor or no gcc. */
  static find(): Silicon | undefined {
    if (process.arch !== 'x64' || process.platform !== 'linux') return undefined;
    const directory = mkdtempSync(join(tmpdir(), 'x87-oracle-'));
    const silicon = new Silicon(directory);
    try {
      execFileSync('gcc', ['-O1', '-o', silicon.program, SOURCE], { stdio: 'ignore' });
      return silicon;
    } catch {
      silicon.close();
      return undefined;
    }
  }

  get program(): string {
    return join(this.directory, 'oracle');
  }

  /** "vendor/family/model/stepping" of the processor that answers. */
  get processor(): string {
    const info = readFileSync('/proc/cpuinfo', 'latin1');
    const field = (name: string) => new RegExp(`^${name}\\s*: (.*)$`, 'm').exec(info)?.[1] ?? '?';
    return ['vendor_id', 'cpu family', 'model', 'stepping'].map(field).join('/');
  }

  run(records: Uint8Array): Uint8Array {
    const { status, stdout } = spawnSync(this.program, {
      input: records,
      maxBuffer: records.length + 4096,
    });
    if (status !== 0 || stdout.length !== records.length) {
      throw new Error(`the oracle stopped with status ${status} after ${stdout.length} bytes`);
    }
    return new Uint8Array(stdout);
  }

  close(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}
