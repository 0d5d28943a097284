#!/usr/bin/env node
// Starts the bundled command line from V8's code cache, which spares compiling it each time. The
// build makes the cache with the Node it runs on; another Node rejects it and compiles as usual.
import fs = require('node:fs');
import path = require('node:path');
import v8 = require('node:v8');
import vm = require('node:vm');

// as lib/v8-flags.ts sets it, but before the cache is looked at: it is for these flags alone
v8.setFlagsFromString('--experimental-wasm-branch-hinting');

const bundle = path.join(__dirname, 'bundle.cjs');
const cache = path.join(__dirname, 'bundle.cache');

const script = new vm.Script(
  `(function (exports, require, module, __filename, __dirname) {${fs.readFileSync(bundle, 'utf8')}\n})`,
  { filename: bundle, ...(fs.existsSync(cache) && { cachedData: fs.readFileSync(cache) }) },
);
script.runInThisContext()(exports, require, module, bundle, __dirname);

// for the build: what has run by now is in the cache, too
if (process.env.RELIBC_PTRACE_WRITE_CACHE) {
  process.on('exit', () => fs.writeFileSync(cache, script.createCachedData()));
}
