// The version, from the package file above this one (in the sources and in dist/ alike).
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export function version(): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    const file = join(folder, 'package.json');
    if (existsSync(file)) {
      const about: unknown = JSON.parse(readFileSync(file, 'utf8'));
      if (typeof about === 'object' && about !== null && 'name' in about && about.name === 'tocsin') {
        return 'version' in about ? String(about.version) : 'unknown';
      }
    }
    if (folder === dirname(folder)) return 'unknown';
  }
}
